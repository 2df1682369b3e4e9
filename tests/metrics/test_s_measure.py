from __future__ import annotations

import numpy as np
import pytest
import torch
from map_files import frames
from sod_oracle import oracle_one

from vsodboost.metrics.s_measure import s_measure
from vsodboost.ops.s_measure import s_measure as on_tensors


@pytest.mark.parametrize("size", [(48, 64), (31, 17)])
def test_equals_pysodmetrics(size: tuple[int, int]) -> None:
    for saliency, truth in frames(12, size):
        assert s_measure(saliency, truth) == pytest.approx(oracle_one(saliency, truth)["S"], abs=1e-9)


def test_equals_the_one_on_tensors() -> None:
    pairs = list(frames(12))
    batch = on_tensors(
        torch.tensor(np.array([saliency for saliency, _ in pairs])), torch.tensor(np.array([t for _, t in pairs]))
    )
    assert batch.tolist() == pytest.approx([s_measure(saliency, truth) for saliency, truth in pairs], abs=1e-5)


def test_a_perfect_map_scores_one_and_its_inverse_zero() -> None:
    truth = np.zeros((20, 30), bool)
    truth[5:12, 8:20] = True
    assert s_measure(truth, truth) == pytest.approx(1)
    assert s_measure(~truth, truth) == 0


def test_a_centroid_in_the_last_column_leaves_two_quadrants_empty() -> None:
    truth = np.zeros((8, 6), bool)
    truth[3:5, 5] = True
    assert s_measure(truth, truth) == pytest.approx(1)
