"""Means over boxes: of a map (Eq. 8's ``avg(crop(...))``) and of a feature grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import Boxes


def box_means(values: NDArray[np.float32], boxes: Boxes, size: tuple[int, int]) -> NDArray[np.float32]:
    """The mean of ``values`` over each box, exact to a fraction of a cell.

    Args:
        values: ``float32[h, w]`` or ``float32[C, h, w]``, cells that cover the frame evenly.
        boxes: ``float32[N, 4]`` px of a frame of ``size`` (H, W); what lies outside the frame does not count.
        size: (H, W) px of the frame that the boxes are drawn in.

    Returns:
        ``float32[N]`` for one channel, ``float32[N, C]`` for several. A box without area in the frame has mean 0.
    """
    grid = values if values.ndim == 3 else values[None]
    rows = _shares(boxes[:, 1] * grid.shape[1] / size[0], boxes[:, 3] * grid.shape[1] / size[0], grid.shape[1])
    columns = _shares(boxes[:, 0] * grid.shape[2] / size[1], boxes[:, 2] * grid.shape[2] / size[1], grid.shape[2])
    # [N, 1, h] @ [C, h, w] is the dear product; the rows are pooled first because boxes share none of it.
    pooled = np.einsum("nh,chw->ncw", rows, grid, optimize=True)
    means = np.asarray(np.einsum("ncw,nw->nc", pooled, columns), np.float32)
    return means if values.ndim == 3 else means[:, 0]


def _shares(start: NDArray[np.float32], stop: NDArray[np.float32], cells: int) -> NDArray[np.float32]:
    """What share of each half-open range [start, stop) lies in each of ``cells`` unit cells: ``float32[N, cells]``."""
    edges = np.arange(cells, dtype=np.float32)
    inside = np.minimum(stop[:, None], edges + 1) - np.maximum(start[:, None], edges)
    inside = np.clip(inside, 0, 1)
    total = inside.sum(axis=1, keepdims=True)
    return np.asarray(inside / np.where(total > 0, total, 1), np.float32)
