"""Exact Euclidean distance to a mask."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FURTHEST = (1 << 16) - 1
"""px², which stands for larger squared distances, too."""


def squared_distance(mask: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Squared distance in px² from every pixel to the nearest one in ``bool[H, W]``, which must not be empty;
    ``FURTHEST`` from 256 px on.

    OpenCV's distance is float32 and differs in its last bits from call to call; squared distances are whole numbers, so
    rounding makes them exact.
    """
    distance = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(cv2.multiply(distance, distance, dtype=cv2.CV_16U))
