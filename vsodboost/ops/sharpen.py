"""Taking the blur out of soft maps."""

from __future__ import annotations

import math

import numpy as np

from vsodboost.data.types import Maps

SLOPE = 6.0
"""Slope of the curve that takes the blur out of a mean of predictions; between 5 and 8 nothing but MAE changes."""
PSEUDO_TRUTH_SLOPE = 10.0


def sharpen(maps: Maps, slope: float = SLOPE) -> Maps:
    """Return maps ``float32[T, h, w]`` pushed towards 0 and 1; 0, one half and 1 stay where they are."""
    sharp = np.empty(maps.shape, np.float32)
    for made, given in zip(sharp, maps, strict=True):  # map by map all of it stays in the processor's caches
        np.clip(0.5 + np.tanh(slope / 2 * (given - 0.5)) / (2 * math.tanh(slope / 4)), 0, 1, out=made)
    return sharp


def sigmoid_of(maps: Maps, slope: float = PSEUDO_TRUTH_SLOPE) -> Maps:
    """Return soft maps pushed towards 0 and 1, as pseudo ground truth: sigmoid(slope · (map - ½))."""
    return np.asarray(1 / (1 + np.exp(-slope * (maps - 0.5))), np.float32)
