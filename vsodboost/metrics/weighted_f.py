"""Weighted F-measure (Margolin, Zelnik-Manor, Tal, "How to Evaluate Foreground Maps?", CVPR 2014)."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.frame_pair import EPSILON, frame_pair

RADIUS = 3
"""The paper's Gaussian is 7x7 px, sigma 5."""
SIGMA = 5.0
HALF_LIFE = 5.0
"""px of distance from the foreground over which the weight of a false alarm goes half the way from 1 to 2."""
CHUNK = 1 << 14
"""Pixels whose surroundings are looked through at once."""
FAR = 260
"""px from which on a false alarm weighs 2: what is missing there, 2e-16, float64 has no place for."""


def weighted_f(prediction: NDArray[Any], truth: NDArray[np.bool_], beta_squared: float = 1.0) -> float:
    """Weighted F-measure of one frame: errors count less inside a well-found object and more far away from it.

    Args:
        prediction: ``uint8``, ``uint16`` or float in [0, 1], [H, W].
        truth: ``bool[H, W]``; an empty one scores 0.
        beta_squared: weight of precision against recall, 1 in the paper.

    Raises:
        ValueError: see ``frame_pair``.
    """
    return weighted_f_of(*frame_pair(prediction, truth), beta_squared)


def weighted_f_of(values: NDArray[np.float64], mask: NDArray[np.bool_], beta_squared: float = 1.0) -> float:
    """Weighted F-measure of a map ``float64[H, W]`` in [0, 1] that was checked; see ``weighted_f``."""
    foreground = int(np.count_nonzero(mask))
    if foreground == 0:
        return 0.0
    rows, columns = _span(mask, 1), _span(mask, 0)
    inside = _smoothed_where_it_helps(*_part(rows, columns, RADIUS, values, mask))
    hits = foreground - float(inside.sum())
    if columns[1] - columns[0] + 2 * FAR > 0.8 * mask.shape[1]:
        columns = 0, mask.shape[1]  # whole rows need no copies
    near, there = _part(rows, columns, FAR, values, mask)
    nearer = _lost_weight(near, there)
    false_alarms = 2 * (float(values.sum()) - float(near[there].sum())) - nearer
    recall = 1 - float(inside.mean())
    precision = hits / (hits + false_alarms + EPSILON)
    return (1 + beta_squared) * recall * precision / (recall + beta_squared * precision + EPSILON)


def _lost_weight(values: NDArray[np.float64], mask: NDArray[np.bool_]) -> float:
    """By how much less than twice their sum the false alarms around the foreground weigh: each loses e^(ln .5 / 5 d) of
    its error at a distance of d px. Squared distances are whole numbers, so errors are summed by them first."""
    distance = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    squared = cv2.multiply(distance, distance)  # right to less than .1 within FAR
    np.minimum(squared, FAR**2, out=squared)
    squared += 0.5
    errors = np.bincount(squared.astype(np.intp).ravel(), weights=values.ravel(), minlength=FAR**2)
    return float((errors[1 : FAR**2] * _decay()[1:]).sum())


@cache
def _decay() -> NDArray[np.float64]:
    decay: NDArray[np.float64] = np.exp(np.log(0.5) / HALF_LIFE * np.sqrt(np.arange(FAR**2)))
    return decay


def _smoothed_where_it_helps(own: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Errors of the foreground pixels in row order (eq. 7): the smaller of each one's own and its Gaussian mean.

    Background pixels enter the mean with the error of the foreground pixel nearest to them. Only those within the
    Gaussian's reach matter, so the nearest ones are looked up there and the rest of the frame is left alone.
    """
    error = np.where(mask, 1 - own, 0)
    spread = error.copy()
    y, x, from_y, from_x = _nearest_foreground(mask)
    spread[y, x] = error[from_y, from_x]
    line = _gaussian()
    mean = cv2.sepFilter2D(spread, cv2.CV_64F, line, line, borderType=cv2.BORDER_CONSTANT)
    smaller: NDArray[np.float64] = np.minimum(error, mean)[mask]
    return smaller


def _span(mask: NDArray[np.bool_], axis: int) -> tuple[int, int]:
    """Where the foreground begins and ends along the other axis."""
    found = np.flatnonzero(mask.any(axis=axis))
    return int(found[0]), int(found[-1]) + 1


def _part(
    rows: tuple[int, int], columns: tuple[int, int], around: int, values: NDArray[np.float64], mask: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Map and mask within those rows and columns and ``around`` px more."""
    window = tuple(slice(max(start - around, 0), stop + around) for start, stop in (rows, columns))
    return values[window], mask[window]


def _nearest_foreground(mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], ...]:
    """Background pixels within the reach of a foreground pixel and the nearest such pixel: arrays y, x, from_y, from_x.

    Exact (Euclidean), the first of the offsets in the order of their length; OpenCV's nearest-pixel labels are not.
    Ties fall as in SciPy's distance transform.
    """
    pad = int(np.sqrt(2) * RADIUS)
    padded = cv2.copyMakeBorder(mask.view(np.uint8), pad, pad, pad, pad, cv2.BORDER_CONSTANT)
    width, flat = padded.shape[1], padded.ravel()
    reach = np.ones((2 * RADIUS + 1, 2 * RADIUS + 1), np.uint8)
    y, x = np.nonzero(cv2.dilate(mask.view(np.uint8), reach) > mask.view(np.uint8))
    offsets = np.array(_offsets())
    steps, places = offsets @ (width, 1), (y + pad) * width + x + pad
    nearest = np.zeros(len(y), np.intp)
    for start in range(0, len(y), CHUNK):
        some = slice(start, start + CHUNK)
        nearest[some] = flat[places[some] + steps[:, None]].argmax(axis=0)
    return y, x, y + offsets[nearest, 0], x + offsets[nearest, 1]


@cache
def _offsets() -> list[tuple[int, int]]:
    """Offsets up to the corner of the Gaussian's window (3√2 px), nearest first; of equally near ones the leftmost."""
    limit = 2 * RADIUS**2
    side = range(-int(np.sqrt(limit)), int(np.sqrt(limit)) + 1)
    inside = [(dy, dx) for dy in side for dx in side if 0 < dy**2 + dx**2 <= limit]
    return sorted(inside, key=lambda offset: (offset[0] ** 2 + offset[1] ** 2, offset[1], offset[0]))


def _gaussian() -> NDArray[np.float64]:
    line = np.exp(-(np.arange(-RADIUS, RADIUS + 1) ** 2) / (2 * SIGMA**2))
    return np.asarray(line / line.sum(), np.float64)
