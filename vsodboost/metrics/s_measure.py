"""S-measure of one frame (Fan et al., "Structure-measure: A New Way to Evaluate Foreground Maps", ICCV 2017).

``vsodboost.ops.s_measure`` computes the same on batches of tensors, for use within a run.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.frame_pair import EPSILON, frame_pair


def s_measure(prediction: NDArray[Any], truth: NDArray[np.bool_], alpha: float = 0.5) -> float:
    """S-measure: ``alpha`` object-aware plus ``1 - alpha`` region-aware similarity, as the authors' Matlab code has it.

    Args:
        prediction: ``uint8``, ``uint16`` or float in [0, 1], [H, W].
        truth: ``bool[H, W]``; an empty one scores ``1 - mean(prediction)``, a full one ``mean(prediction)``.
        alpha: .5 in the paper.

    Returns:
        A score in [0, 1]. A quadrant without pixels (the centroid lies in the last row or column) weighs nothing; the
        reference implementations give NaN there.

    Raises:
        ValueError: see ``frame_pair``.
    """
    values, mask = frame_pair(prediction, truth)
    foreground = float(mask.mean())
    if foreground == 0:
        return 1 - float(values.mean())
    if foreground == 1:
        return float(values.mean())
    return max(0.0, alpha * _object_term(values, mask, foreground) + (1 - alpha) * _region_term(values, mask))


def _object_term(values: NDArray[np.float64], mask: NDArray[np.bool_], foreground: float) -> float:
    return foreground * _likeness(values[mask]) + (1 - foreground) * _likeness(1 - values[~mask])


def _likeness(values: NDArray[np.float64]) -> float:
    """2m / (m² + 1 + s): the released form of eq. 4, whose s has Matlab's n - 1."""
    mean = float(values.mean())
    deviation = float(values.std(ddof=1)) if values.size > 1 else 0.0
    return 2 * mean / (mean**2 + 1 + deviation + EPSILON)


def _region_term(values: NDArray[np.float64], mask: NDArray[np.bool_]) -> float:
    """Eq. 6: SSIM of the four quadrants around the truth's centroid, weighted by their share of the frame."""
    # Matlab counts from 1 and its ranges include the end: the centroid's own row and column go to the first part.
    row, column = (_rounded_mean(mask.sum(axis=axis)) + 1 for axis in (1, 0))
    reference = mask.astype(np.float64)
    total = 0.0
    for rows in (slice(0, row), slice(row, None)):
        for columns in (slice(0, column), slice(column, None)):
            part = values[rows, columns]
            if part.size:
                total += _ssim(part, reference[rows, columns]) * part.size / values.size
    return total


def _rounded_mean(counts: NDArray[Any]) -> int:
    return int(np.round(np.arange(len(counts)) @ counts / counts.sum()))


def _ssim(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    mean_x, mean_y = float(x.mean()), float(y.mean())
    dx, dy = (x - mean_x).ravel(), (y - mean_y).ravel()
    freedom = x.size - 1 + EPSILON
    var_x, var_y, covariance = (float(product) / freedom for product in (dx @ dx, dy @ dy, dx @ dy))
    above = 4 * mean_x * mean_y * covariance
    below = (mean_x**2 + mean_y**2) * (var_x + var_y)
    if above != 0:
        return above / (below + EPSILON)
    return 1.0 if below == 0 else 0.0
