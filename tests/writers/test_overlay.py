"""What the overlay draws."""

from __future__ import annotations

import numpy as np
from tiny_videos import plain_frames

from vsodboost.writers.overlay import AMBER, draw_overlay, mark_flag


def half(height: int, width: int) -> np.ndarray:
    """A map that is 1 in the right half and 0 in the left."""
    saliency = np.zeros((height, width), np.float32)
    saliency[:, width // 2 :] = 1
    return saliency


def test_the_tint_follows_the_map_and_the_rest_is_untouched() -> None:
    frame = plain_frames(5)[4]
    before = frame.copy()
    drawn = draw_overlay(frame, half(48, 64))
    np.testing.assert_array_equal(frame, before)
    np.testing.assert_array_equal(drawn[:, :28], frame[:, :28])
    inside = drawn[10:38, 38:60].reshape(-1, 3).astype(int)
    assert (inside[:, 0] > inside[:, 1] + 80).all()
    weak = draw_overlay(frame, half(48, 64) * np.float32(0.4))[10:38, 38:60].astype(int)
    assert 10 < (weak[..., 0] - weak[..., 1]).mean() < (inside[:, 0] - inside[:, 1]).mean()


def test_an_empty_and_a_full_map() -> None:
    frame = plain_frames(1)[0]
    np.testing.assert_array_equal(draw_overlay(frame, np.zeros((48, 64), np.float32)), frame)
    assert (draw_overlay(frame, np.ones((48, 64), np.float32))[..., 0] > 100).all()


def test_specks_get_no_contour() -> None:
    saliency = np.zeros((240, 320), np.float32)
    saliency[50:150, 50:150] = 1
    saliency[200:202, 200:202] = 1
    drawn = draw_overlay(np.zeros((240, 320, 3), np.uint8), saliency)
    contoured = drawn[..., 1] > 100  # a contour is yellow, the tint is red
    assert contoured[50, 60:140].all() and not contoured[195:207, 195:207].any()


def test_a_flagged_frame_has_an_edge_and_its_words() -> None:
    image = np.zeros((120, 200, 3), np.uint8)
    mark_flag(image, "low trust 0.41")
    assert (image[0] == AMBER).all() and (image[:, -1] == AMBER).all() and not image[60:110, 20:180].any()
    corner = image[2:12, 2:60].reshape(-1, 3)
    assert (corner == AMBER).all(axis=1).mean() > 0.4 and (corner.max(axis=1) < 120).any()
