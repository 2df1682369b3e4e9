"""Region similarity J of DAVIS (Perazzi et al., "A Benchmark Dataset and Evaluation Methodology ...", CVPR 2016)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.frame_pair import frame_pair


def jaccard(prediction: NDArray[Any], truth: NDArray[np.bool_], threshold: float = 0.5) -> float:
    """Intersection over union of ``prediction > threshold`` and the truth of one frame; 1 where both are empty.

    Args:
        prediction: ``uint8``, ``uint16``, ``bool`` or float in [0, 1], [H, W].
        truth: ``bool[H, W]``.
        threshold: in [0, 1].

    Raises:
        ValueError: see ``frame_pair``.
    """
    values, mask = frame_pair(prediction, truth)
    found = values > threshold
    union = np.count_nonzero(found | mask)
    return np.count_nonzero(found & mask) / union if union else 1.0
