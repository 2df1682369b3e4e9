"""How far two soft maps overlap."""

from __future__ import annotations

import numpy as np

from vsodboost.data.types import Maps, PerFrame


def soft_overlap(a: Maps, b: Maps) -> PerFrame:
    """2·Σab / Σ(a² + b²) of each pair of maps ``float32[T, h, w]``: ``float32[T]`` in [0, 1]; two empty maps give 1."""
    shared = 2 * np.einsum("thw,thw->t", a, b, dtype=np.float64)
    total = np.einsum("thw,thw->t", a, a, dtype=np.float64) + np.einsum("thw,thw->t", b, b, dtype=np.float64)
    small = 1e-6 * a.shape[1] * a.shape[2]
    return np.where(total <= small, 1.0, shared / np.maximum(total, small)).astype(np.float32)
