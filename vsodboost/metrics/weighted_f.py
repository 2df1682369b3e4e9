"""Weighted F-measure (Margolin, Zelnik-Manor, Tal, "How to Evaluate Foreground Maps?", CVPR 2014)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.distance import FURTHEST, squared_distance
from vsodboost.metrics.frame_pair import EPSILON, frame_pair
from vsodboost.metrics.window import Window, around, within

Part = Callable[[Window], NDArray[np.float64]]
"""Gives those rows and columns of a map, ``float64[h, w]`` in [0, 1]."""

RADIUS = 3
"""The paper's Gaussian is 7x7 px, sigma 5."""
SIGMA = 5.0
HALF_LIFE = 5.0
"""px of distance from the foreground over which the weight of a false alarm goes half the way from 1 to 2."""
REACH = 2 * RADIUS**2
"""px²: the corners of that window are so far from its centre."""
STRIP = 16
"""Rows in which false alarms are weighed at once."""
FAR = 200
"""px around the foreground beyond which a false alarm weighs 2: what is missing there is less than 1e-12 of it."""


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
    return weighted_f_of(values.__getitem__, float(values.sum()), mask, beta_squared)


def weighted_f_of(part: Part, total: float, mask: NDArray[np.bool_], beta_squared: float = 1.0) -> float:
    """Weighted F-measure of a map that was checked; see ``weighted_f``.

    Of a frame in which map and truth are empty outside a window, that window with ``RADIUS`` px around is enough.

    Args:
        part: reads the map.
        total: sum of the map.
        mask: the truth, ``bool[H, W]``.
        beta_squared: weight of precision against recall.
    """
    window = around(mask, FAR)
    inner = None if window is None else around(mask[window], RADIUS)
    if window is None or inner is None:
        return 0.0
    there = mask[window]
    squared = squared_distance(there)
    errors, smoothed = _errors(part(within(window, inner)), there[inner], squared[inner])
    foreground = len(errors)
    hits = foreground - float(smoothed.sum())
    alarms = total - (foreground - float(errors.sum()))
    false_alarms = 2 * alarms - _lost_weight(part, squared, window)
    recall = 1 - float(smoothed.mean())
    precision = hits / (hits + false_alarms + EPSILON)
    return (1 + beta_squared) * recall * precision / (recall + beta_squared * precision + EPSILON)


def _lost_weight(part: Part, squared: NDArray[np.uint16], window: Window) -> float:
    """By how much less than twice their sum the false alarms in the window weigh, a few rows at a time, which stay in
    the processor's caches."""
    lost = 0.0
    for top in range(0, len(squared), STRIP):
        strip = slice(top, min(top + STRIP, len(squared))), slice(0, squared.shape[1])
        lost += float(np.vdot(part(within(window, strip)), _lost_weights()[squared[strip]]))
    return lost


@cache
def _lost_weights() -> NDArray[np.float64]:
    """By how much less than 2 a false alarm weighs at each squared distance, ``float64[FURTHEST + 1]``: by
    e^(ln .5 / 5 d) at d px (eq. 12). The foreground, at 0, has none."""
    lost: NDArray[np.float64] = np.exp(np.log(0.5) / HALF_LIFE * np.sqrt(np.arange(FURTHEST + 1)))
    lost[[0, FURTHEST]] = 0
    return lost


def _errors(
    own: NDArray[np.float64], mask: NDArray[np.bool_], squared: NDArray[np.uint16]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Errors of the foreground pixels in row order, each one's own, and the smaller of that and its Gaussian mean
    (eq. 7).

    Background pixels enter the mean with the error of the foreground pixel nearest to them. Only those within the
    Gaussian's reach matter, so the nearest ones are looked up there and the rest of the frame is left alone.
    """
    error = np.where(mask, 1 - own, 0)
    spread = error.copy()
    y, x, from_y, from_x = _nearest_foreground(mask, squared)
    spread[y, x] = error[from_y, from_x]
    line = _gaussian()
    mean = cv2.sepFilter2D(spread, cv2.CV_64F, line, line, borderType=cv2.BORDER_CONSTANT)
    return error[mask], np.minimum(error, mean)[mask]


def _nearest_foreground(mask: NDArray[np.bool_], squared: NDArray[np.uint16]) -> tuple[NDArray[np.intp], ...]:
    """Background pixels at most ``REACH`` px² from the foreground ``bool[H, W]`` and the foreground pixel nearest to
    each: arrays y, x, from_y, from_x.

    How far that is, is known, so few offsets are left to try. Ties fall as in SciPy's distance transform, which
    OpenCV's labels of nearest pixels do not.
    """
    y, x = np.nonzero((squared > 0) & (squared <= REACH))
    ordered = np.argsort(squared[y, x], kind="stable")
    y, x = y[ordered], x[ordered]
    pad = int(np.sqrt(REACH))
    padded = cv2.copyMakeBorder(mask.view(np.uint8), pad, pad, pad, pad, cv2.BORDER_CONSTANT)
    places, flat = (y + pad) * padded.shape[1] + x + pad, padded.ravel()
    offsets = np.zeros((len(y), 2), np.intp)
    ends = np.searchsorted(squared[y, x], [*_offsets(), REACH + 1])
    for tried, (start, stop) in zip(_offsets().values(), pairwise(ends), strict=True):
        steps = tried @ (padded.shape[1], 1)
        offsets[start:stop] = tried[flat[places[start:stop] + steps[:, None]].argmax(axis=0)]
    return y, x, y + offsets[:, 0], x + offsets[:, 1]


@cache
def _offsets() -> dict[int, NDArray[np.intp]]:
    """The offsets ``[N, 2]`` (y, x) of each squared length up to ``REACH``, shortest first; of equal ones the leftmost
    first, then the topmost."""
    limit = int(np.sqrt(REACH))
    found: dict[int, list[tuple[int, int]]] = {}
    for dx in range(-limit, limit + 1):
        for dy in range(-limit, limit + 1):
            if 0 < dy**2 + dx**2 <= REACH:
                found.setdefault(dy**2 + dx**2, []).append((dy, dx))
    return {length: np.array(found[length], np.intp) for length in sorted(found)}


def _gaussian() -> NDArray[np.float64]:
    line = np.exp(-(np.arange(-RADIUS, RADIUS + 1) ** 2) / (2 * SIGMA**2))
    return np.asarray(line / line.sum(), np.float64)
