"""F-measure at 256 thresholds (Achanta et al., "Frequency-tuned salient region detection", CVPR 2009)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.curves import Counts, CurveScore, ratio, threshold_counts
from vsodboost.metrics.frame_pair import frame_pair

BETA_SQUARED = 0.3


def f_measure(prediction: NDArray[Any], truth: NDArray[np.bool_], beta_squared: float = BETA_SQUARED) -> CurveScore:
    """F-measure of one frame: (1 + β²) P R / (β² P + R), 0 where nothing is hit.

    Args:
        prediction: ``uint8``, ``uint16`` or float in [0, 1], [H, W].
        truth: ``bool[H, W]``; an empty one scores 0 at every threshold.
        beta_squared: weight of the precision, .3 throughout the field.

    Returns:
        The curve at the thresholds 255/255 down to 0 and the value at the adaptive threshold (twice the map's mean);
        maxF and meanF are the maximum and mean of a ``CurveMean`` over frames.

    Raises:
        ValueError: see ``frame_pair``.
    """
    return f_of(threshold_counts(*frame_pair(prediction, truth)), beta_squared)


def f_of(counts: Counts, beta_squared: float = BETA_SQUARED) -> CurveScore:
    """F-measure of one frame from its counts; see ``f_measure``."""
    hits, misses = (np.array([number]) for number in counts.adaptive)
    adaptive = _f(hits, hits + misses, counts.foreground, beta_squared)
    curve = _f(counts.hits, counts.hits + counts.misses, counts.foreground, beta_squared)
    return CurveScore(curve=curve, adaptive=float(adaptive[0]))


def _f(hits: NDArray[Any], found: NDArray[Any], foreground: int, beta_squared: float) -> NDArray[np.float64]:
    precision, recall = ratio(hits, found), hits / max(foreground, 1)
    return ratio((1 + beta_squared) * precision * recall, beta_squared * precision + recall)
