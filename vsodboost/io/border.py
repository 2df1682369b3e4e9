"""The border of a picture: what lies along it is seldom the object."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

P = TypeVar("P", bound=np.generic)


def border_of(picture: NDArray[P]) -> NDArray[P]:
    """Return the pixels along the border of ``[H, W]``, the corners twice: ``[2 (H + W)]``."""
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
