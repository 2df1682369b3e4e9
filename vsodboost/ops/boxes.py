"""Boxes of objects and proposals: enclosing, overlap, suppression of doubles, clipping. NumPy only.

Boxes of proposals are ``float32[N, 4]``: x0, y0, x1, y1 in px, half-open.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import Boxes, Proposals

Scores = NDArray[np.float32]


def enclosing(mask: NDArray[Any]) -> tuple[slice, slice] | None:
    """Return the rows and columns between which ``mask [H, W]`` is anything but zero; None where it is all zero."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if len(rows) == 0:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def areas(boxes: Boxes) -> NDArray[np.float32]:
    """Area ``float32[N]`` in px² of each box; 0 for boxes that end before they begin."""
    return np.asarray(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1), np.float32)


def iou(first: Boxes, second: Boxes) -> NDArray[np.float32]:
    """Intersection over union ``float32[N, M]`` in [0, 1] of every pair; 0 where both boxes are empty."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    union = areas(first)[:, None] + areas(second)[None] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0), np.float32)


def non_maximum_suppression(
    boxes: Boxes, scores: Scores, threshold: float, most: int | None = None
) -> NDArray[np.intp]:
    """Greedy, class-agnostic suppression: of boxes that overlap, the best stays.

    Args:
        boxes: ``float32[N, 4]`` px.
        scores: ``float32[N]``; of equal scores the earlier box comes first.
        threshold: a box goes when its IoU with a better one that stays is greater than this.
        most: stop when so many are found (None: all).

    Returns:
        Indices of the boxes that stay, best first.
    """
    waiting = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(waiting) and (most is None or len(kept) < most):
        best, waiting = waiting[0], waiting[1:]
        kept.append(int(best))
        waiting = waiting[iou(boxes[best : best + 1], boxes[waiting])[0] <= threshold]
    return np.array(kept, np.intp)


def clipped(boxes: Boxes, height: int, width: int) -> Boxes:
    """``boxes`` cut at the border of a frame of (height, width) px; a box outside becomes empty."""
    return np.asarray(np.clip(boxes, 0, (width, height, width, height)), np.float32)


def best_proposals(
    boxes: Boxes, scores: Scores, size: tuple[int, int], *, least: float, overlap: float, most: int
) -> Proposals:
    """Proposals of one frame from raw detections: clipped, scored at least ``least``, without doubles, best first.

    Args:
        boxes: ``float32[N, 4]`` px; any order, may leave the frame, may be empty or not finite (then they go).
        scores: ``float32[N]``, clipped to [0, 1].
        size: (H, W) of the frame in px.
        least: lowest score that counts.
        overlap: highest IoU that two of them may have.
        most: number of proposals at most.
    """
    sound = np.isfinite(boxes).all(axis=1) & (scores >= least)
    boxes, scores = clipped(boxes[sound], *size), np.clip(scores[sound], 0, 1).astype(np.float32)
    visible = areas(boxes) > 0
    boxes, scores = boxes[visible], scores[visible]
    kept = non_maximum_suppression(boxes, scores, overlap, most)
    return Proposals(boxes[kept], scores[kept])
