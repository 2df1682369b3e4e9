"""Precision and recall at 256 thresholds, from which PR curves are drawn (Achanta et al., CVPR 2009)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.curves import Counts, CurveScore, ratio, threshold_counts
from vsodboost.metrics.frame_pair import frame_pair


def precision_recall(prediction: NDArray[Any], truth: NDArray[np.bool_]) -> tuple[CurveScore, CurveScore]:
    """Precision and recall of one frame; a precision of nothing found is 0, and so is the recall of an empty truth.

    Args:
        prediction: ``uint8``, ``uint16`` or float in [0, 1], [H, W].
        truth: ``bool[H, W]``.

    Returns:
        Both at the thresholds 255/255 down to 0 and at the adaptive threshold (twice the map's mean). The curve of a
        set is the mean over its frames at each threshold, as PySODMetrics and the DAVSOD toolbox draw it.

    Raises:
        ValueError: see ``frame_pair``.
    """
    return precision_recall_of(threshold_counts(*frame_pair(prediction, truth)))


def precision_recall_of(counts: Counts) -> tuple[CurveScore, CurveScore]:
    """Precision and recall of one frame from its counts; see ``precision_recall``."""
    (hits, misses), size = counts.adaptive, max(counts.foreground, 1)
    return (
        CurveScore(ratio(counts.hits, counts.hits + counts.misses), hits / max(hits + misses, 1)),
        CurveScore(np.asarray(counts.hits / size, np.float64), hits / size),
    )
