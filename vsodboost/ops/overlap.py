"""How far two soft maps overlap."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import Maps, PerFrame

Energy: TypeAlias = NDArray[np.float64]


def soft_overlap(a: Maps, b: Maps, energies: tuple[Energy, Energy] | None = None) -> PerFrame:
    """2·Σab / Σ(a² + b²) of each pair of maps ``float32[T, h, w]``: ``float32[T]`` in [0, 1]; two empty maps give 1.

    ``energies`` are those of both, if they are at hand.
    """
    of_a, of_b = energies or (energy(a), energy(b))
    shared, total = 2 * _products(a, b), of_a + of_b
    small = 1e-6 * a.shape[1] * a.shape[2]
    return np.where(total <= small, 1.0, shared / np.maximum(total, small)).astype(np.float32)


def energy(maps: Maps) -> Energy:
    """Σa² of each of the maps ``float32[T, h, w]``: ``float64[T]``."""
    return _products(maps, maps)


def _products(a: Maps, b: Maps) -> NDArray[np.float64]:
    """Σab of each pair; BLAS, whose partial sums keep seven digits, is several times as fast as sums in float64."""
    return np.array([np.dot(x.ravel(), y.ravel()) for x, y in zip(a, b, strict=True)], np.float64)
