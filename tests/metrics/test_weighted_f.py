from __future__ import annotations

import cv2
import numpy as np
import pytest
from map_files import blob, frame, frames
from numpy.typing import NDArray
from sod_oracle import oracle_one

from vsodboost.metrics.distance import squared_distance
from vsodboost.metrics.frame_pair import stretched
from vsodboost.metrics.levels import Levels
from vsodboost.metrics.weighted_f import REACH, _nearest_foreground, weighted_f


@pytest.mark.parametrize("size", [(48, 64), (31, 17), (5, 6)])
def test_equals_pysodmetrics(size: tuple[int, int]) -> None:
    for saliency, truth in frames(12, size):
        assert weighted_f(saliency, truth) == pytest.approx(oracle_one(saliency, truth)["wF"], abs=1e-6)


def test_scattered_foreground_equals_pysodmetrics() -> None:
    random = np.random.default_rng(0)
    truth, saliency = random.random((60, 70)) > 0.995, random.random((60, 70))
    assert weighted_f(saliency, truth) == pytest.approx(oracle_one(saliency, truth)["wF"], abs=1e-6)


def test_the_nearest_foreground_pixels_are_those_of_scipy_ties_too() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    for density in (0.0, 0.5, 0.95, 0.995):
        mask = np.random.default_rng(1).random((50, 60)) >= density
        y, x, *found = _nearest_foreground(mask, squared_distance(mask))
        distance, indices = ndimage.distance_transform_edt(~mask, return_indices=True)
        reached = (distance > 0) & (distance**2 < REACH + 0.5)
        assert sorted(zip(y, x, strict=True)) == sorted(zip(*np.nonzero(reached), strict=True))
        assert (np.array(found) == indices[:, y, x]).all()


def places() -> dict[str, NDArray[np.bool_]]:
    """Truth at places where windows end at the border, or hold next to nothing or all."""
    found = {name: np.zeros((90, 700), bool) for name in ("corner", "far corner", "a pixel", "ends", "rim", "all")}
    found["corner"][:9, :14] = True
    found["far corner"][-9:, -14:] = True
    found["a pixel"][40, 350] = True
    found["ends"][30:60, [0, 1, -1]] = True
    found["rim"][[0, -1]] = found["rim"][:, [0, -1]] = True
    found["all"][:] = True
    return found


@pytest.mark.parametrize("place", places())
@pytest.mark.parametrize("kind", ["soft", "blob", "binary", "black", "white", "the truth", "speck"])
def test_wherever_the_truth_and_the_false_alarms_lie(place: str, kind: str) -> None:
    truth = places()[place]
    soft = np.random.default_rng(2).integers(0, 256, truth.shape).astype(np.uint8)
    levels = {
        "soft": soft,
        "blob": (blob(3, truth.shape) * 255).astype(np.uint8),
        "binary": (cv2.blur(soft, (9, 9)) > 130).astype(np.uint8) * 255,
        "black": np.zeros_like(soft),
        "white": np.full_like(soft, 255),
        "the truth": truth.astype(np.uint8) * 255,
        "speck": np.zeros_like(soft),
    }[kind]
    if kind == "speck":
        levels[70, 600:604] = 255
    values = stretched(levels / 255)
    expected = oracle_one(values, truth)["wF"]
    assert weighted_f(values, truth) == pytest.approx(expected, abs=1e-11)
    assert Levels(levels, truth).weighted_f == pytest.approx(expected, abs=1e-11)


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
