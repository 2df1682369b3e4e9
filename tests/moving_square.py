"""Labels of a square that moves over a pattern, for tests of the labels booster."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from moving_pattern import pattern
from numpy.typing import NDArray

from vsodboost.data.types import Frames

SIZE = (64, 112)
STEP = 4
"""px the square moves to the right from one frame to the next."""


def square_video(count: int) -> tuple[Frames, NDArray[np.uint8]]:
    """``count`` frames ``uint8[T, 64, 112, 3]`` and their masks ``uint8[T, 64, 112]``: a textured square of 24 px."""
    background, texture = pattern(*SIZE, seed=1) // 2, 128 + pattern(24, 24, seed=2) // 2
    frames = np.repeat(background[None], count, axis=0)
    masks = np.zeros((count, *SIZE), np.uint8)
    for t in range(count):
        x = 8 + STEP * t
        frames[t, 20:44, x : x + 24] = texture
        masks[t, 20:44, x : x + 24] = 255
    return frames, masks


def write_labels(folder: Path, masks: NDArray[np.uint8], which: Iterable[int]) -> Path:
    """Write some masks as ``00000.png`` ... and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for t in which:
        assert cv2.imwrite(str(folder / f"{t:05d}.png"), masks[t])
    return folder
