from __future__ import annotations

import numpy as np
import pytest
from map_files import frame, frames
from sod_oracle import oracle_one

from vsodboost.metrics.weighted_f import RADIUS, _nearest_foreground, weighted_f


@pytest.mark.parametrize("size", [(48, 64), (31, 17), (5, 6)])
def test_equals_pysodmetrics(size: tuple[int, int]) -> None:
    for saliency, truth in frames(12, size):
        assert weighted_f(saliency, truth) == pytest.approx(oracle_one(saliency, truth)["wF"], abs=1e-6)


def test_scattered_foreground_equals_pysodmetrics() -> None:
    random = np.random.default_rng(0)
    truth, saliency = random.random((60, 70)) > 0.995, random.random((60, 70))
    assert weighted_f(saliency, truth) == pytest.approx(oracle_one(saliency, truth)["wF"], abs=1e-6)


def test_the_nearest_foreground_pixels_are_exact() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    for density in (0.5, 0.95, 0.995):
        mask = np.random.default_rng(1).random((50, 60)) > density
        y, x, from_y, from_x = _nearest_foreground(mask)
        distance = ndimage.distance_transform_edt(~mask)
        assert mask[from_y, from_x].all()
        assert np.hypot(from_y - y, from_x - x) == pytest.approx(distance[y, x])
        reached = ndimage.maximum_filter(mask, 2 * RADIUS + 1, mode="constant") & ~mask
        assert len(y) == reached.sum()


def test_errors_far_from_the_object_cost_more() -> None:
    truth = np.zeros((40, 40), bool)
    truth[15:25, 15:25] = True
    near, far = truth.copy(), truth.copy()
    near[18:22, 26:28] = far[0:4, 0:2] = True
    assert weighted_f(truth, truth) == pytest.approx(1)
    assert weighted_f(far, truth) < weighted_f(near, truth) < 1


def test_an_empty_truth_scores_zero() -> None:
    saliency, _ = frame(0)
    assert weighted_f(saliency, np.zeros(saliency.shape, bool)) == 0
