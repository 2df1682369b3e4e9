"""Hard masks and doubt as pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from small_buffers import discs, small_buffer, written

from vsodboost.registry.interfaces import Request
from vsodboost.writers.doubt import Doubt, doubt_of
from vsodboost.writers.masks import Masks
from vsodboost.writers.shape import Shape


def test_masks_are_black_and_white(tmp_path: Path) -> None:
    frames, maps = discs(2)
    written(Masks(Shape.of(Request(options={"solid": "on"}))), tmp_path, small_buffer(frames, maps))
    mask = cv2.imread(str(tmp_path / "masks" / "00001.png"), cv2.IMREAD_UNCHANGED)
    assert mask.shape == (48, 64) and set(np.unique(mask)) == {0, 255}
    assert ((mask > 0) == (maps[1] >= 0.5)).mean() > 0.98


def test_doubt_is_high_between_yes_and_no_and_where_maps_disagree(tmp_path: Path) -> None:
    frames = np.zeros((1, 32, 64, 3), np.uint8)
    final = np.zeros((1, 32, 64), np.float32)
    final[:, :, 32:] = 1
    final[:, :, 30:32] = 0.5
    target = final.copy()
    target[:, :16, 48:] = 0  # the target says no there, and so does motion
    buffer = small_buffer(frames, final, target=target, motion_maps=target)
    doubt = doubt_of(buffer)
    assert (doubt[0, :, 30:32] == 1).all() and (doubt[0, :, :28] == 0).all()
    assert (doubt[0, :16, 48:] == 1).all() and (doubt[0, 16:, 48:] == 0).all()
    written(Doubt(), tmp_path, buffer)
    image = cv2.imread(str(tmp_path / "doubt" / "00000.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(image, np.rint(doubt[0] * 255).astype(np.uint8))
