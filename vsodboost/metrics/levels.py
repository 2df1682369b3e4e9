"""An 8-bit map beside its truth as counts of its 256 levels, from which most figures follow without another look."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.boundary_f import boundary_f_of
from vsodboost.metrics.curves import Counts, counts_of, steps
from vsodboost.metrics.frame_pair import adaptive_threshold
from vsodboost.metrics.weighted_f import RADIUS, weighted_f_of
from vsodboost.metrics.window import around
from vsodboost.ops.s_measure import halves, score_of_sums

EXACT = 1 << 24
"""OpenCV counts in float32, in which larger whole numbers have no place of their own."""
HALF = 0.5


class Levels:
    """The counts of one frame, and what its figures are.

    Args:
        levels: the map, ``uint8[H, W]``.
        mask: the truth, ``bool[H, W]``, in which void is background.
        void: what is not scored, ``bool[H, W]``, not everything; None where all is.
        stretch_masks: the map is binarised after it was stretched.
    """

    def __init__(
        self,
        levels: NDArray[np.uint8],
        mask: NDArray[np.bool_],
        void: NDArray[np.bool_] | None = None,
        *,
        stretch_masks: bool = False,
    ) -> None:
        self._unscored = np.zeros(256, np.int64)
        unit = np.arange(256) / np.float64(255)
        values = _stretched(unit, levels)
        if void is not None:  # void counts as the lowest level of what is scored, by which the map is stretched
            scored = levels[~void]
            values = _stretched(values, scored)
            levels = np.where(void, scored.min(), levels)
            self._unscored[int(scored.min())] = np.count_nonzero(void)
        self.values = values
        """What each level means, ``float64[256]``: those that occur are in [0, 1]."""
        self._masks = (self.values if stretch_masks else unit) > HALF
        self._levels, self._mask, self._void = levels, mask, void
        self._pixels, self._inside, self._all = _quadrants(levels, mask)

    @property
    def counts(self) -> Counts:
        """Those at all thresholds; void is left out."""
        inside, outside = self._parts()
        above = self.values >= adaptive_threshold(self._mean(inside + outside))
        step = steps(np.clip(self.values, 0, 1))
        found, missed = (np.bincount(step, part, 256).astype(np.int64) for part in (inside, outside))
        return counts_of(found, missed, (int(inside[above].sum()), int(outside[above].sum())))

    @property
    def mae(self) -> float:
        """Mean absolute error; void is left out."""
        inside, outside = self._parts()
        errors = inside * (1 - self.values) + outside * self.values
        return float(errors.sum() / (inside.sum() + outside.sum()))

    @property
    def jaccard(self) -> float:
        """Intersection over union of the binarised map and the truth; void is left out."""
        inside, outside = self._parts()
        union = inside.sum() + outside[self._masks].sum()
        return float(inside[self._masks].sum() / union) if union else 1.0

    @property
    def s_measure(self) -> float:
        """S-measure; void is background of both."""
        v = self.values
        sums = [(part * weight).sum(axis=-1)[None] for part, weight in (
            (self._all, v), (self._inside, np.ones(256)), (self._all, v * v), (self._inside, v),
            (self._inside, np.ones(256)),
        )]  # fmt: skip
        squares = (self._inside * (v * v)).sum()
        return float(score_of_sums(np, self._pixels, sums, np.array([squares]))[0])

    @property
    def weighted_f(self) -> float:
        """Weighted F-measure; void is background of both."""
        black = int(np.count_nonzero(self.values <= 0))
        window = around((self._levels >= black) | self._mask, RADIUS)
        if window is None:
            return 0.0
        levels = self._levels[window]
        total = float((self._all.sum(axis=(0, 1)) * self.values).sum())
        return weighted_f_of(lambda part: np.asarray(cv2.LUT(levels[part], self.values)), total, self._mask[window])

    @property
    def boundary_f(self) -> float:
        """F-measure of the contours of the binarised map and the truth; void is background of both."""
        found = self._levels > 255 - int(np.count_nonzero(self._masks))
        return boundary_f_of(found if self._void is None else found & ~self._void, self._mask)

    def _parts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """How many scored pixels inside and outside the truth have each level, ``int64[256]`` each."""
        inside = self._inside.sum(axis=(0, 1))
        return inside, self._all.sum(axis=(0, 1)) - inside - self._unscored

    def _mean(self, counts: NDArray[np.int64]) -> float:
        return float((counts * self.values).sum() / counts.sum())


def _stretched(values: NDArray[np.float64], levels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the ``values`` of all levels stretched so that those of ``levels`` begin at 0 and end at 1."""
    low, high = values[levels.min()], values[levels.max()]
    return values if low == high else (values - low) / (high - low)


def _histogram(levels: NDArray[np.uint8], mask: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """Return how many pixels (of the mask) have each level, ``int64[256]``."""
    counts = np.zeros(256, np.int64)
    if levels.size == 0:
        return counts
    rows = max(1, EXACT // max(1, levels.shape[1]))
    for top in range(0, levels.shape[0], rows):
        among = None if mask is None else mask[top : top + rows].view(np.uint8)
        part = cv2.calcHist([levels[top : top + rows]], [0], among, [256], [0, 256])
        counts += np.asarray(part).ravel().astype(np.int64)
    return counts


def _quadrants(
    levels: NDArray[np.uint8], mask: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the pixels of the quadrants around the truth's centroid ``float64[1, 2, 2]``, and how many of their
    pixels have each level, inside the truth and in all, ``int64[2, 2, 256]`` each."""
    borders, spans = [], []
    for axis in (1, 0):
        counts = cv2.reduce(mask.view(np.uint8), axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
        border = int(halves(np, counts[None].astype(np.float64))[0, 0].sum())
        borders.append(((0, border), (border, len(counts))))
        filled = np.flatnonzero(counts)
        first, last = (int(filled[0]), int(filled[-1]) + 1) if len(filled) else (0, 0)
        spans.append(((min(first, border), min(last, border)), (max(first, border), max(last, border))))
    pixels = np.zeros((1, 2, 2))
    inside, everything = np.zeros((2, 2, 256), np.int64), np.zeros((2, 2, 256), np.int64)
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
        (top, bottom), (left, right) = borders[0][i], borders[1][j]
        pixels[0, i, j] = (bottom - top) * (right - left)
        everything[i, j] = _histogram(levels[top:bottom, left:right])
        (top, bottom), (left, right) = spans[0][i], spans[1][j]
        inside[i, j] = _histogram(levels[top:bottom, left:right], mask[top:bottom, left:right])
    return pixels, inside, everything
