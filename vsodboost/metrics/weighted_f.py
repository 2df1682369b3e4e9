"""Weighted F-measure (Margolin, Zelnik-Manor, Tal, "How to Evaluate Foreground Maps?", CVPR 2014)."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.distance import squared_distance
from vsodboost.metrics.frame_pair import EPSILON, frame_pair

RADIUS = 3
"""The paper's Gaussian is 7x7 px, sigma 5."""
SIGMA = 5.0
HALF_LIFE = 5.0
"""px of distance from the foreground over which the weight of a false alarm goes half the way from 1 to 2."""


def weighted_f(prediction: NDArray[Any], truth: NDArray[np.bool_], beta_squared: float = 1.0) -> float:
    """Weighted F-measure of one frame: errors count less inside a well-found object and more far away from it.

    Args:
        prediction: ``uint8``, ``uint16`` or float in [0, 1], [H, W].
        truth: ``bool[H, W]``; an empty one scores 0.
        beta_squared: weight of precision against recall, 1 in the paper.

    Raises:
        ValueError: see ``frame_pair``.
    """
    values, mask = frame_pair(prediction, truth)
    foreground = int(np.count_nonzero(mask))
    if foreground == 0:
        return 0.0
    error = np.abs(values - mask)
    inside = _smoothed_where_it_helps(error, mask)
    distance = np.sqrt(squared_distance(mask)[~mask])
    importance = 2 - np.exp(np.log(0.5) / HALF_LIFE * distance)
    hits = foreground - float(inside.sum())
    false_alarms = float((error[~mask] * importance).sum())
    recall = 1 - float(inside.mean())
    precision = hits / (hits + false_alarms + EPSILON)
    return (1 + beta_squared) * recall * precision / (recall + beta_squared * precision + EPSILON)


def _smoothed_where_it_helps(error: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Errors of the foreground pixels in row order (eq. 7): the smaller of each one's own and its Gaussian mean.

    Background pixels enter the mean with the error of the foreground pixel nearest to them. Only those within the
    Gaussian's reach matter, so the nearest ones are looked up there and the rest of the frame is left alone.
    """
    rows, columns = (_span(np.asarray(mask.any(axis=axis))) for axis in (1, 0))
    own, part = error[rows, columns], mask[rows, columns]
    spread = np.where(part, own, 0)
    y, x, from_y, from_x = _nearest_foreground(part)
    spread[y, x] = own[from_y, from_x]
    mean = cv2.filter2D(spread, cv2.CV_64F, _gaussian(), borderType=cv2.BORDER_CONSTANT)
    smaller: NDArray[np.float64] = np.minimum(own, mean)[part]
    return smaller


def _span(occupied: NDArray[np.bool_]) -> slice:
    """Where the foreground lies along one axis, with the Gaussian's reach on both sides."""
    found = np.flatnonzero(occupied)
    return slice(max(int(found[0]) - RADIUS, 0), int(found[-1]) + RADIUS + 1)


def _nearest_foreground(mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], ...]:
    """Background pixels within the reach of a foreground pixel and the nearest such pixel: arrays y, x, from_y, from_x.

    Exact (Euclidean), by trying the offsets in the order of their length; OpenCV's nearest-pixel labels are not. Ties
    fall as in SciPy's distance transform.
    """
    reach = np.ones((2 * RADIUS + 1, 2 * RADIUS + 1), np.uint8)
    y, x = np.nonzero(cv2.dilate(mask.astype(np.uint8), reach).astype(bool) & ~mask)
    from_y, from_x = np.full(len(y), -1, np.intp), np.full(len(y), -1, np.intp)
    pad = int(np.sqrt(2) * RADIUS)
    padded = np.pad(mask, pad)
    open_ = np.arange(len(y))
    for dy, dx in _offsets():
        hit = padded[y[open_] + dy + pad, x[open_] + dx + pad]
        found = open_[hit]
        from_y[found], from_x[found] = y[found] + dy, x[found] + dx
        open_ = open_[~hit]
        if not len(open_):
            break
    return y, x, from_y, from_x


def _offsets() -> list[tuple[int, int]]:
    """Offsets up to the corner of the Gaussian's window (3√2 px), nearest first; of equally near ones the leftmost."""
    limit = 2 * RADIUS**2
    side = range(-int(np.sqrt(limit)), int(np.sqrt(limit)) + 1)
    inside = [(dy, dx) for dy in side for dx in side if 0 < dy**2 + dx**2 <= limit]
    return sorted(inside, key=lambda offset: (offset[0] ** 2 + offset[1] ** 2, offset[1], offset[0]))


def _gaussian() -> NDArray[np.float64]:
    line = np.exp(-(np.arange(-RADIUS, RADIUS + 1) ** 2) / (2 * SIGMA**2))
    kernel: NDArray[np.float64] = np.outer(line, line) / line.sum() ** 2
    return kernel
