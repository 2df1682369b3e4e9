"""What every estimator does with the two stacks of frames that it is given."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import FlowField, Frames


def check_frame_pairs(first: Frames, second: Frames) -> tuple[int, int, int]:
    """(N, H, W) of two stacks ``uint8[N, H, W, 3]``; ValueError when they are anything else or differ."""
    for frames in (first, second):
        if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8 or 0 in frames.shape[1:3]:
            raise ValueError(f"frames must be uint8[N, H, W, 3], got {frames.dtype}{list(frames.shape)}")
    if first.shape != second.shape:
        raise ValueError(f"first and second frames differ in shape: {list(first.shape)} and {list(second.shape)}")
    count, height, width = first.shape[:3]
    return count, height, width


def enlarge_by_border(frames: Frames, least: int) -> Frames:
    """Repeat the last row and column of ``uint8[N, H, W, 3]`` until no side is shorter than ``least`` px."""
    missing = [max(0, least - side) for side in frames.shape[1:3]]
    if not any(missing):
        return frames
    return np.pad(frames, ((0, 0), (0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")


def grey(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luma ``uint8[H, W]`` of an RGB frame ``uint8[H, W, 3]``."""
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)


def no_flow(count: int, height: int, width: int) -> FlowField:
    """Zero flow ``float32[N, H, W, 2]`` to be written into."""
    return np.zeros((count, height, width, 2), np.float32)
