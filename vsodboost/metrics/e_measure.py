"""E-measure (Fan et al., "Enhanced-alignment Measure for Binary Foreground Map Evaluation", IJCAI 2018)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.curves import Counts, CurveScore, threshold_counts
from vsodboost.metrics.frame_pair import EPSILON, frame_pair


def e_measure(prediction: NDArray[Any], truth: NDArray[np.bool_]) -> CurveScore:
    """E-measure of one frame, the map binarised at each of 256 thresholds.

    Both binary maps are taken relative to their means; the alignment 2ab / (a² + b²) of each pixel, moved to [0, 1] and
    squared, is summed and divided by (pixels - 1) (eq. 4 to 6). A pixel can only be in one of four states, so the four
    counts at a threshold are all that is needed.

    Args:
        prediction: ``uint8``, ``uint16`` or float in [0, 1], [H, W].
        truth: ``bool[H, W]``; where it is empty (full) the score is the share of background (foreground) found.

    Returns:
        The curve at the thresholds 255/255 down to 0 and the value at the adaptive threshold (twice the map's mean).

    Raises:
        ValueError: see ``frame_pair``.
    """
    return e_of(threshold_counts(*frame_pair(prediction, truth)))


def e_of(counts: Counts) -> CurveScore:
    """E-measure of one frame from its counts; see ``e_measure``."""
    curve = _e(counts.hits, counts.misses, counts.foreground, counts.pixels)
    hits, misses = (np.array([number]) for number in counts.adaptive)
    adaptive = _e(hits, misses, counts.foreground, counts.pixels)
    return CurveScore(curve=curve, adaptive=float(adaptive[0]))


def _e(hits: NDArray[Any], misses: NDArray[Any], foreground: int, pixels: int) -> NDArray[np.float64]:
    found = hits + misses
    if foreground == 0:
        aligned = (pixels - found).astype(np.float64)
    elif foreground == pixels:
        aligned = found.astype(np.float64)
    else:
        mean_prediction, mean_truth = found / pixels, foreground / pixels
        lost = foreground - hits
        aligned = np.zeros(len(hits))
        for number, p, t in ((hits, 1, 1), (misses, 1, 0), (lost, 0, 1), (pixels - found - lost, 0, 0)):
            a, b = p - mean_prediction, t - mean_truth
            aligned += number * (2 * a * b / (a**2 + b**2 + EPSILON) + 1) ** 2 / 4
    score: NDArray[np.float64] = aligned / (pixels - 1 + EPSILON)
    return score
