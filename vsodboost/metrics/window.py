"""The part of a frame that a figure needs to look at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vsodboost.ops.boxes import enclosing

Window = tuple[slice, slice]
"""Rows and columns."""


def around(mask: NDArray[np.bool_], margin: int) -> Window | None:
    """Return the smallest window that holds all of ``mask bool[H, W]`` and ``margin`` px on every side, as far as the
    frame goes; None where the mask is empty."""
    box = enclosing(mask)
    if box is None:
        return None
    rows, columns = (
        slice(max(part.start - margin, 0), min(part.stop + margin, length))
        for part, length in zip(box, mask.shape, strict=True)
    )
    return rows, columns


def within(outer: Window, inner: Window) -> Window:
    """Return a window of a window as one of the frame."""
    rows, columns = (
        slice(whole.start + part.start, whole.start + part.stop) for whole, part in zip(outer, inner, strict=True)
    )
    return rows, columns
