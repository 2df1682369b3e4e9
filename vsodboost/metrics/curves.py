"""Figures along 256 thresholds: a frame's counts at each, and the mean curve whose maximum is reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.frame_pair import adaptive_threshold

Curve = NDArray[np.float64]
THRESHOLDS = 256


@dataclass(frozen=True)
class Counts:
    """Pixels at or above each threshold 255/255, 254/255 ... 0: ``hits`` inside the truth, ``misses`` outside it.

    Both are ``int64[256]``; ``adaptive`` are the two at twice the map's mean, ``foreground`` is the truth's size and
    ``pixels`` the frame's, in px.
    """

    hits: NDArray[np.int64]
    misses: NDArray[np.int64]
    adaptive: tuple[int, int]
    foreground: int
    pixels: int


def threshold_counts(prediction: NDArray[np.float64], truth: NDArray[np.bool_]) -> Counts:
    """Counts of one frame, from one histogram; the map is ``float64[H, W]`` in [0, 1], the truth ``bool[H, W]``."""
    histogram = np.bincount((steps(prediction) + 256 * truth.astype(np.int16)).ravel(), minlength=512)
    found = prediction >= adaptive_threshold(float(prediction.mean()))
    hits = int(np.count_nonzero(found & truth))
    return counts_of(histogram[256:], histogram[:256], (hits, int(np.count_nonzero(found)) - hits))


def counts_of(inside: NDArray[np.int64], outside: NDArray[np.int64], adaptive: tuple[int, int]) -> Counts:
    """Counts from how many pixels inside and outside the truth have each of the ``steps``, ``int64[256]`` each."""
    hits, misses = (np.cumsum(part[::-1]) for part in (inside, outside))
    return Counts(hits, misses, adaptive, foreground=int(hits[-1]), pixels=int(hits[-1] + misses[-1]))


def steps(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The highest of the thresholds 0 to 255 that each value in [0, 1] reaches: downwards, as the reference
    implementations round."""
    return (values * 255).astype(np.uint8)


@dataclass(frozen=True)
class CurveScore:
    """A figure of one frame at 256 falling thresholds, ``float64[256]``, and at the adaptive one."""

    curve: Curve
    adaptive: float


class CurveMean:
    """Mean curve over frames (or over sequences): the largest value of a *mean* curve is what papers report as max."""

    def __init__(self) -> None:
        self._sum: Curve = np.zeros(THRESHOLDS)
        self._adaptive = 0.0
        self.count = 0

    def add(self, score: CurveScore) -> None:
        """Take in one frame."""
        self._sum += score.curve
        self._adaptive += score.adaptive
        self.count += 1

    def merge(self, other: CurveMean) -> None:
        """Take in every frame another mean has seen."""
        self._sum += other._sum
        self._adaptive += other._adaptive
        self.count += other.count

    @property
    def curve(self) -> Curve:
        """The mean curve, ``float64[256]``."""
        return self._sum / self._at_least_one()

    @property
    def adaptive(self) -> float:
        """The mean at each frame's adaptive threshold."""
        return self._adaptive / self._at_least_one()

    @property
    def max(self) -> float:
        """Maximum of the mean curve."""
        return float(self.curve.max())

    @property
    def mean(self) -> float:
        """Mean of the mean curve."""
        return float(self.curve.mean())

    def _at_least_one(self) -> int:
        if self.count == 0:
            raise ValueError("no frame was added")
        return self.count


def ratio(above: NDArray[Any], below: NDArray[Any]) -> Curve:
    """``above / below``, 0 where ``below`` is 0."""
    quotient: Curve = np.divide(above, below, out=np.zeros(np.shape(above)), where=np.asarray(below) != 0)
    return quotient
