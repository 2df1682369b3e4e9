"""Optical flow as one shift a block, found by normalised cross-correlation: the oldest way there is."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

BLOCK = 32
STEP = 24
REACH = 16
"""px a block may move each way from one frame to the next."""
TEXTURE = 2.0
"""Least standard deviation of a block's grey levels; one with less has nothing to go by and counts as at rest."""


class BlockMatching:
    """A flow estimator: blocks of 32 px every 24 px, outliers among neighbours taken out, bilinear in between."""

    def estimate(self, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Flow ``float32[N, H, W, 2]`` in px, (dx, dy), from ``first[n]`` to ``second[n]``, ``uint8[N, H, W, 3]``."""
        flow = np.zeros((*first.shape[:3], 2), np.float32)
        for n, (a, b) in enumerate(zip(first, second, strict=True)):
            flow[n] = _pair(cv2.cvtColor(a, cv2.COLOR_RGB2GRAY), cv2.cvtColor(b, cv2.COLOR_RGB2GRAY))
        return flow


def _pair(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width = first.shape
    tall, wide = min(BLOCK, height), min(BLOCK, width)
    tops, lefts = _starts(height, tall), _starts(width, wide)
    around = cv2.copyMakeBorder(second, REACH, REACH, REACH, REACH, cv2.BORDER_REPLICATE)
    shifts = np.zeros((len(tops), len(lefts), 2), np.float32)
    for i, top in enumerate(tops):
        for j, left in enumerate(lefts):
            block = first[top : top + tall, left : left + wide]
            if block.std() >= TEXTURE:
                place = around[top : top + tall + 2 * REACH, left : left + wide + 2 * REACH]
                shifts[i, j] = _peak(cv2.matchTemplate(place, block, cv2.TM_CCOEFF_NORMED))
    shifts = np.stack([cv2.medianBlur(np.ascontiguousarray(shifts[..., axis]), 3) for axis in range(2)], axis=-1)
    return cv2.resize(shifts, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, 2)


def _peak(likeness: NDArray[np.float32]) -> tuple[float, float]:
    """The shift (dx, dy) of the highest likeness, to a fraction of a pixel by the parabola through its neighbours."""
    _, _, _, (x, y) = cv2.minMaxLoc(likeness)
    return x - REACH + _fraction(likeness[y], x), y - REACH + _fraction(likeness[:, x], y)


def _fraction(row: NDArray[np.float32], at: int) -> float:
    if not 0 < at < len(row) - 1:
        return 0.0
    before, peak, after = (float(v) for v in row[at - 1 : at + 2])
    bend = before - 2 * peak + after
    return 0.0 if bend >= 0 else 0.5 * (before - after) / bend


def _starts(length: int, block: int) -> list[int]:
    """Where blocks begin, so that they cover ``length`` px evenly."""
    count = max(1, round((length - block) / STEP) + 1)
    return [int(start) for start in np.linspace(0, length - block, count).round()]
