from __future__ import annotations

import cv2
import numpy as np
import pytest
from map_files import frames

from vsodboost.metrics.boundary_f import boundary_f, contour


def square(top: int, left: int, side: int = 40) -> np.ndarray:
    mask = np.zeros((200, 300), bool)
    mask[top : top + side, left : left + side] = True
    return mask


def by_dilation(prediction: np.ndarray, truth: np.ndarray) -> float:
    """The benchmark's procedure word for word: contours dilated by a disc, one against the other."""
    radius = int(np.ceil(0.008 * np.linalg.norm(truth.shape)))
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    disc = (x * x + y * y <= radius * radius).astype(np.uint8)
    found, wanted = contour(prediction > 0.5), contour(truth)
    if not found.any() or not wanted.any():
        return float(found.any() == wanted.any())
    near_found, near_wanted = (cv2.dilate(line.astype(np.uint8), disc) > 0 for line in (found, wanted))
    precision, recall = (found & near_wanted).sum() / found.sum(), (wanted & near_found).sum() / wanted.sum()
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def test_equals_dilation_by_a_disc() -> None:
    scores = []
    for prediction, truth in frames(12, (180, 240)):
        scores.append(boundary_f(prediction, truth))
        assert scores[-1] == pytest.approx(by_dilation(prediction, truth), abs=1e-12)
    assert 0 < np.mean(scores) < 1


def test_a_contour_may_be_off_by_the_tolerance() -> None:
    # .008 of the diagonal of 200 x 300 is 2.9 px, rounded up to 3.
    assert boundary_f(square(50, 50), square(50, 53)) == 1
    assert boundary_f(square(50, 50), square(50, 54)) < 1
    assert boundary_f(square(50, 50), square(150, 200)) == 0


def test_a_mask_without_a_contour() -> None:
    empty = np.zeros((200, 300), bool)
    assert boundary_f(empty, empty) == 1
    assert boundary_f(square(10, 10), empty) == 0
    assert boundary_f(empty, square(10, 10)) == 0


def test_the_contour_lies_one_pixel_towards_the_origin() -> None:
    mask = np.zeros((5, 6), bool)
    mask[2:4, 2:4] = True
    expected = np.zeros((5, 6), bool)
    expected[1, 1:4] = expected[3, 1:4] = expected[2, 1] = expected[2, 3] = True
    assert (contour(mask) == expected).all()
    touching = np.zeros((4, 4), bool)
    touching[2:, 2:] = True
    expected = np.zeros((4, 4), bool)
    expected[1, 1:] = expected[1:, 1] = True
    assert (contour(touching) == expected).all()
