"""Mean absolute error of a saliency map (Perazzi et al., "Saliency Filters", CVPR 2012)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.frame_pair import frame_pair


def mae(prediction: NDArray[Any], truth: NDArray[np.bool_]) -> float:
    """Mean of |map - truth| over the pixels of one frame, in [0, 1]; 0 is perfect.

    Args:
        prediction: ``uint8``, ``uint16`` or float in [0, 1], [H, W].
        truth: ``bool[H, W]``.

    Raises:
        ValueError: see ``frame_pair``.
    """
    values, mask = frame_pair(prediction, truth)
    return float(np.abs(values - mask).mean())
