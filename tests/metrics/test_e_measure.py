from __future__ import annotations

import numpy as np
import pytest
from map_files import frame, frames
from sod_oracle import oracle_one

from vsodboost.metrics.e_measure import e_measure


@pytest.mark.parametrize("level", [200, 100, 20])
def test_equals_the_definition_pixel_by_pixel(level: int) -> None:
    saliency, truth = frame(3)
    found = ((saliency * 255).astype(np.uint8) >= level).astype(float)
    a, b = found - found.mean(), truth - truth.mean()
    enhanced = (2 * a * b / (a**2 + b**2) + 1) ** 2 / 4
    assert e_measure(saliency, truth).curve[255 - level] == pytest.approx(enhanced.sum() / (truth.size - 1))


def test_where_the_truth_is_empty_or_full_the_share_found_counts() -> None:
    saliency = np.zeros((4, 5))
    saliency[0, :4] = 1
    assert e_measure(saliency, np.zeros((4, 5), bool)).curve[0] == pytest.approx(16 / 19)
    assert e_measure(saliency, np.ones((4, 5), bool)).curve[0] == pytest.approx(4 / 19)


def test_equals_pysodmetrics() -> None:
    for saliency, truth in frames(12):
        score, expected = e_measure(saliency, truth), oracle_one(saliency, truth)
        assert score.curve == pytest.approx(expected["e_curve"], abs=1e-12)
        assert score.adaptive == pytest.approx(expected["adpE"], abs=1e-12)
