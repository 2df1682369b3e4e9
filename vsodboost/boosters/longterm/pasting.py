"""Pasting refined patches back into the frame: Eq. 19 of paper 000."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.rules import PasteRule

Window = tuple[int, int, int, int]
"""x0, y0, x1, y1 in whole px, half-open, inside the frame and not empty."""


def stretched(patch: NDArray[np.float32]) -> NDArray[np.float32]:
    """Z of Eq. 19: the patch ``float32[h, w]`` min-max normalised to [0, 1]; a constant one says nothing and is 0."""
    low, high = float(patch.min()), float(patch.max())
    if high - low < 1e-6:
        return np.zeros_like(patch)
    return np.asarray((patch - low) / (high - low), np.float32)


def pasted(
    patches: Sequence[NDArray[np.float32]],
    windows: Sequence[Window],
    size: tuple[int, int],
    rule: PasteRule = "max",
) -> NDArray[np.float32]:
    """FS of one frame, ``float32[H, W]`` in [0, 1] of ``size``, zero where no patch lies.

    ``patches`` are ``float32[h, w]`` in [0, 1] of any size; each is scaled to its window. ``max`` is Eq. 19; ``mean``
    averages where patches overlap (Table II's AVE); ``add`` is the script's, adding up to at most 1 and stretching the
    frame to [0, 1] after every patch.
    """
    frame = np.zeros(size, np.float32)
    count = np.zeros(size, np.float32)
    for patch, (x0, y0, x1, y1) in zip(patches, windows, strict=True):
        fitted = cv2.resize(patch, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
        region = frame[y0:y1, x0:x1]
        if rule == "max":
            np.maximum(region, fitted, out=region)
        else:
            region += fitted
            count[y0:y1, x0:x1] += 1
        if rule == "add":
            frame = stretched(np.minimum(frame, 1))
    if rule == "mean":
        frame /= np.maximum(count, 1)
    return np.clip(frame, 0, 1, out=frame)
