"""Equations 6 and 7 of the plug-and-play paper, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.boosters.keyframe.low_level import low_level_saliency, non_overlap


def maps(*values: float) -> np.ndarray:
    """One map of one row."""
    return np.array([[values]], np.float32)


def test_low_level_saliency_is_the_product() -> None:
    assert low_level_saliency(maps(0.5, 1, 0, 0.2), maps(0.5, 0.3, 1, 0)).ravel() == pytest.approx([0.25, 0.3, 0, 0])


def test_non_overlap_by_hand() -> None:
    # T drops the .05 and the .09. Terms: |.8 - .4| / 1.201; |.6 - 0| / .601; 0 / .001; |0 - .5| / .501; 0.
    # T(MS + CS) is not 0 in the 1st, 2nd, 4th and 5th pixel (.09 + .05 = .14 counts, .03 + .03 does not).
    motion = maps(0.8, 0.6, 0.03, 0.05, 0.09)
    colour = maps(0.4, 0.0, 0.03, 0.5, 0.05)
    expected = (0.4 / 1.201 + 0.6 / 0.601 + 0.5 / 0.501) / 4
    assert non_overlap(motion, colour) == pytest.approx([expected], rel=1e-5)


@pytest.mark.parametrize(
    ("motion", "colour", "ratio"),
    [
        (maps(1, 1, 0), maps(1, 1, 0), 0.0),
        (maps(1, 0, 0), maps(0, 1, 0), 1 / 1.001),
        (maps(0, 0, 0), maps(0, 0, 0), 1.0),  # two empty maps: nothing to learn from
        (maps(0.04, 0.05, 0), maps(0.05, 0.04, 0), 1.0),  # empty after the threshold
        (maps(0, 0, 0), maps(0, 1, 0), 1 / 1.001),
    ],
)
def test_ends_of_the_range(motion: np.ndarray, colour: np.ndarray, ratio: float) -> None:
    assert non_overlap(motion, colour) == pytest.approx([ratio], rel=1e-5)


def test_size_does_not_matter() -> None:
    """The size-invariant factor: the same share of overlap gives the same ratio, whatever the object's size."""
    small, large = np.zeros((2, 20, 20), np.float32), np.zeros((2, 20, 20), np.float32)
    small[0, :2, :2] = large[0, :10, :10] = 1
    small[1, :2, 1:3] = large[1, :10, 5:15] = 1
    ratios = [non_overlap(m[:1], m[1:])[0] for m in (small, large)]
    assert ratios[0] == pytest.approx(ratios[1])
    assert ratios[0] == pytest.approx(2 / 3 / 1.001)


def test_each_frame_for_itself() -> None:
    motion = np.zeros((3, 4, 4), np.float32)
    colour = np.zeros((3, 4, 4), np.float32)
    motion[0], colour[0], motion[1] = 1, 1, 1
    assert non_overlap(motion, colour) == pytest.approx([0, 1 / 1.001, 1])
