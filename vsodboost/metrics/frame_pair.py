"""One frame's saliency map beside its truth, checked: what every metric in this package starts from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

EPSILON = float(np.spacing(1))
"""Matlab's ``eps``, which the reference implementations add to their denominators."""


def unit_map(prediction: NDArray[Any]) -> NDArray[np.float64]:
    """A saliency map as ``float64[H, W]`` in [0, 1].

    Args:
        prediction: ``uint8`` or ``uint16`` (divided by their largest value), ``bool``, or floats in [0, 1].

    Raises:
        ValueError: not [H, W], empty, not finite, out of range, or of another dtype.
    """
    if prediction.ndim != 2 or prediction.size == 0:
        raise ValueError(f"a saliency map is [H, W], got {list(prediction.shape)}")
    if prediction.dtype in (np.uint8, np.uint16):
        return prediction / np.float64(np.iinfo(prediction.dtype).max)
    if prediction.dtype == bool:
        return prediction.astype(np.float64)
    if not np.issubdtype(prediction.dtype, np.floating):
        raise ValueError(f"a saliency map is uint8, uint16 or float, got {prediction.dtype}")
    low, high = float(prediction.min()), float(prediction.max())
    if not (low >= 0 and high <= 1):  # false for NaN, too
        raise ValueError(f"a float saliency map is in [0, 1], got {low:g} to {high:g}")
    return prediction.astype(np.float64, copy=False)


def frame_pair(prediction: NDArray[Any], truth: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The map as ``float64[H, W]`` in [0, 1] and the truth as ``bool[H, W]``.

    Raises:
        ValueError: a bad map (see ``unit_map``), a truth that is not bool, or two shapes that differ.
    """
    if truth.dtype != bool:
        raise ValueError(f"truth is bool, got {truth.dtype}: binarise it first")
    if prediction.shape != truth.shape:
        raise ValueError(f"map {list(prediction.shape)} and truth {list(truth.shape)} differ in size")
    return unit_map(prediction), truth


def stretched(prediction: NDArray[np.float64]) -> NDArray[np.float64]:
    """The map stretched to [0, 1] by its own minimum and maximum; a constant map stays as it is.

    Source: ``mapminmax`` in the DAVSOD toolbox (Fan et al., CVPR 2019), ``prepare_data`` in PySODMetrics.
    """
    low, high = prediction.min(), prediction.max()
    return prediction if low == high else (prediction - low) / (high - low)


def adaptive_threshold(mean: float) -> float:
    """Twice the mean of the map, at most 1 (Achanta et al., CVPR 2009)."""
    return min(2 * mean, 1.0)
