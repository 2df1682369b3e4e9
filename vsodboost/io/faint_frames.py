"""Frames of 10 or 12 bits that were stored as 16: the upper byte, which is what is read, is nearly black."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError
from vsodboost.io.image_file import decode, read_whole

TWELVE_BITS = 4096
"""Levels of 12 bits; a video of 16 bits in which nothing is brighter shows nothing."""


def refuse_faint(first: NDArray[np.uint8], files: Sequence[Path], max_pixels: int) -> None:
    """Refuse the frames in ``files``, of which the ``first`` was read as ``uint8[H, W, 3]``, if they have 16 bits and
    nothing in three of them, over the whole length, reaches beyond 12 bits.

    Raises:
        InputError: it is so, or one of the three cannot be read.
    """
    if first.max(initial=0) >= TWELVE_BITS >> 8:
        return
    brightest = 0
    for file in (files[0], files[len(files) // 2], files[-1]):
        image = decode(file, read_whole(file, max_pixels), cv2.IMREAD_UNCHANGED)
        if image.dtype != np.uint16:
            return
        colours = image[..., :3] if image.ndim == 3 else image
        brightest = max(brightest, int(colours.max(initial=0)))
    if 0 < brightest < TWELVE_BITS:
        factor = 16 if brightest >= TWELVE_BITS // 4 else 64
        raise InputError(
            f"{files[0].parent}: nothing in its frames is brighter than {brightest} of 65535, as when 10 or 12 bits "
            f"are saved as 16; multiply them by {factor}"
        )
