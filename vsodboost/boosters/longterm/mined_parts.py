"""What of a map belongs to salient proposals: whole components, since a proposal may show only a part of its object."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.pasting import Window

LEVEL = 0.3
LEAST_SHARE = 0.1
MARGIN = 5
SOFTNESS = 1.5


def mined_part(values: NDArray[np.float32], windows: Sequence[Window]) -> NDArray[np.float32]:
    """A map ``float32[h, w]`` in [0, 1] without the components that no salient proposal lies on.

    A component of the pixels over ``LEVEL`` stays, edges and all, where it fills a tenth of one of the ``windows``;
    without windows nothing stays.
    """
    count, labels = cv2.connectedComponents((values > LEVEL).astype(np.uint8))
    kept = np.zeros(count, bool)
    for x0, y0, x1, y1 in windows:
        inside = np.asarray(labels)[y0:y1, x0:x1]
        kept |= np.bincount(inside.ravel(), minlength=count) >= LEAST_SHARE * inside.size
    kept[0] = False
    mask = cv2.dilate(kept[labels].astype(np.float32), np.ones((MARGIN, MARGIN), np.uint8))
    return np.asarray(values * cv2.GaussianBlur(mask, (0, 0), SOFTNESS), np.float32)
