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
    rows, columns = (slice(max(part.start - margin, 0), part.stop + margin) for part in box)
    return rows, columns
