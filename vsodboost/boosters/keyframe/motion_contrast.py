"""Conventional motion saliency: how far a pixel's motion differs from its surroundings' (Li et al., plug-and-play,
2021, Eq. 4)."""

from __future__ import annotations

import numpy as np

from vsodboost.data.types import FlowField, Maps

RADIUS = 24
"""px at the working size; the paper does not say how large its neighbourhood is."""
STRIDE = 6
"""Every sixth pixel of the neighbourhood is looked at: 80 of 2400, whose motion hardly differs from theirs."""


def motion_contrast(flow: FlowField, *, radius: int = RADIUS, stride: int = STRIDE, weight: float = 1.0) -> Maps:
    """Eq. 4: the sum over neighbours of the distance of motions over ``weight`` times the distance of places.

    Args:
        flow: ``float32[T, h, w, 2]`` px.
        radius: the neighbourhood is the square of this many px to each side, cut off at the frame's edge.
        stride: step of its grid, px.
        weight: ω, which only scales the sum.

    Returns:
        ``float32[T, h, w]`` >= 0, as the equation gives it; see ``contrast_saliency`` for maps in [0, 1].
    """
    reach = range(-(radius // stride) * stride, radius + 1, stride)
    offsets = [(dy, dx) for dy in reach for dx in reach if (dy, dx) != (0, 0)]
    total = np.zeros(flow.shape[:3], np.float32)
    height, width = flow.shape[1:3]
    for dy, dx in offsets:
        if abs(dy) >= height or abs(dx) >= width:
            continue
        (rows, other_rows), (columns, other_columns) = _shifted(dy), _shifted(dx)
        apart = np.linalg.norm(flow[:, rows, columns] - flow[:, other_rows, other_columns], axis=-1)
        total[:, rows, columns] += apart / np.float32(weight * np.hypot(dy, dx))
    return total


def contrast_saliency(flow: FlowField) -> Maps:
    """The contrast as saliency maps in [0, 1]: each frame divided by its 99th percentile and clipped."""
    contrast = motion_contrast(flow)
    top = np.percentile(contrast.reshape(len(flow), -1), 99, axis=1)[:, None, None]
    return np.where(top > 0, np.clip(contrast / np.maximum(top, 1e-6), 0, 1), 0).astype(np.float32)


def _shifted(step: int) -> tuple[slice, slice]:
    """Where along an axis pixels have a neighbour ``step`` away, and where those neighbours are."""
    if step > 0:
        return slice(None, -step), slice(step, None)
    return slice(-step, None), slice(None, step or None)
