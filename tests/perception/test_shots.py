"""Cuts are found, motion is not mistaken for one, and buffers do not matter."""

from __future__ import annotations

import cv2
import numpy as np

from vsodboost.perception.shots import CutDetector, shots_between


def texture(seed: int) -> np.ndarray:
    """A place: smooth random texture in a tint of its own."""
    tint = np.array([(seed * 60) % 130, 40, (seed * 97) % 130])
    coarse = np.random.default_rng(seed).integers(0, 120, (6, 8, 3)) + tint
    return cv2.resize(coarse.astype(np.uint8), (320, 180), interpolation=cv2.INTER_CUBIC)


def pan(seed: int, count: int, step: int = 6) -> list[np.ndarray]:
    return [np.roll(texture(seed), step * t, axis=1) for t in range(count)]


def test_hard_cuts_are_found_and_a_fast_pan_is_none() -> None:
    frames = pan(1, 20) + pan(2, 15, 15) + pan(3, 10)
    assert CutDetector().cuts(frames) == [20, 35]


def test_a_cut_between_two_buffers_is_frame_0_of_the_second() -> None:
    detector = CutDetector()
    assert detector.cuts(pan(1, 20)) == []
    assert detector.cuts(pan(2, 20)) == [0]
    assert detector.cuts(pan(2, 10)) == []


def test_the_first_frame_of_a_video_is_no_cut() -> None:
    assert CutDetector().cuts(pan(1, 1)) == []


def test_shots_between_cuts() -> None:
    assert shots_between([], 5) == [(0, 5)]
    assert shots_between([2, 4], 5) == [(0, 2), (2, 4), (4, 5)]
    assert shots_between([0, 5], 5) == [(0, 5)]
