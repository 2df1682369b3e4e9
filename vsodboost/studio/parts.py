"""The part of a frame that a click means: what lies around it and looks like it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

WORKING = 480
"""px of the long side at which parts are found; larger pictures are shrunk."""
SMOOTHING = (8, 16)
"""Radius in px and in colour within which mean shift makes a part even."""
TOLERANCE = 6
"""Levels by which neighbouring pixels of one part differ at most, after smoothing."""


def part_at(frame: NDArray[np.uint8], x: float, y: float, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the part of ``frame`` uint8[h, w, 3] RGB around the point (x, y), each in [0, 1] of the picture's width
    and height, as a mask ``uint8[H, W]`` of 0 and 255 at ``size`` (H, W).

    The frame is evened out by mean shift (Comaniciu and Meer, PAMI 2002), then filled from the point on as far as
    colours change little from one pixel to the next.
    """
    scale = min(1.0, WORKING / max(frame.shape[:2]))
    width, height = max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale))
    small = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
    even = cv2.pyrMeanShiftFiltering(cv2.cvtColor(small, cv2.COLOR_RGB2BGR), *SMOOTHING)
    seed = min(width - 1, int(x * width)), min(height - 1, int(y * height))
    filled = np.zeros((height + 2, width + 2), np.uint8)
    tolerance = (TOLERANCE,) * 3
    cv2.floodFill(even, filled, seed, (0, 0, 0), tolerance, tolerance, 4 | cv2.FLOODFILL_MASK_ONLY | (255 << 8))
    mask = cv2.morphologyEx(filled[1:-1, 1:-1], cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    whole = cv2.resize(mask, size[::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(whole >= 128, np.uint8(255), np.uint8(0))
