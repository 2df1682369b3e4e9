"""Statistics of grey planes that tell object numbers from degrees of saliency: which levels occur, and how they lie.

Numbers make flat regions, and each region touches the background. Degrees of a soft map go up and down in steps, so a
high level lies within the next lower one; where a map is sharp, its middle levels are only edges, never regions.
Measured on the maps of real models, also dimmed and shrunk to few levels: see ``mask_kind``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.io.raw_image import Pixels

MANY = 64
"""Levels in one plane above which it is soft whatever else it is; how they lie is not looked at then."""
SAME = 6
"""How far apart levels of one region may be in a file with ringing."""
NESTED = 0.2
"""``directness`` up to which levels are degrees of a smooth map: at most .15 in soft maps however dim, .1 to .4 in
blocky ones, .5 and more in object numbers (CSNet's maps of davis-dev times 1 to 1/80; davis-dev's masks cut into 2 to 5
objects)."""
EXACT = 1 << 24
"""OpenCV counts in float32, in which larger whole numbers have no place of their own."""
_AROUND = np.ones((3, 3), np.uint8)


@dataclass
class LevelFacts:
    """What is known of the planes of a sequence: pixels by level, those of them that lie ``inside`` a region of their
    level (with all eight neighbours), and neighbours of two levels, by (lower, higher). ``most`` is the largest number
    of levels in one plane, ``together`` the levels of each plane of few."""

    pixels: Counter[int] = field(default_factory=Counter)
    inside: Counter[int] = field(default_factory=Counter)
    borders: Counter[tuple[int, int]] = field(default_factory=Counter)
    most: int = 0
    together: set[tuple[int, ...]] = field(default_factory=set)

    def add(self, plane: Pixels, *, lossy: bool = False) -> None:
        """Take in one plane ``[H, W]`` of whole numbers; in a ``lossy`` one, levels close by are one region."""
        levels, counts = _histogram(plane)
        self.pixels.update(dict(zip(levels, counts, strict=True)))
        self.most = max(self.most, len(levels))
        if len(levels) > MANY and not lossy:
            return
        part = _marked(plane)
        self.inside.update({0: plane.size - part.size} if part.size < plane.size else {})
        low, high = cv2.erode(part, _AROUND), cv2.dilate(part, _AROUND)
        if len(levels) > MANY:
            self.inside.update(dict(zip(*_histogram(part, high - low <= SAME), strict=True)))
            return
        self.together.add(tuple(levels))
        same = high - low <= SAME if lossy else high == low
        self.inside.update(dict(zip(*_histogram(part, same), strict=True)))
        flat, count, width = part.ravel(), len(levels), part.shape[1]
        for step, in_row in ((1, True), (width, False)):
            at = np.flatnonzero(flat[step:] != flat[:-step])
            if in_row:
                at = at[(at + 1) % width > 0]  # the last of a row is no neighbour of the next row's first
            first, second = (np.searchsorted(levels, flat[place]) for place in (at, at + step))
            pairs = np.bincount(first * count + second, minlength=count * count)
            both = pairs.reshape(count, count) + pairs.reshape(count, count).T
            for i, j in np.argwhere(np.triu(both)):
                self.borders[levels[i], levels[j]] += int(both[i, j])

    def merge(self, other: LevelFacts) -> None:
        """Take in every plane that another has seen."""
        self.pixels += other.pixels
        self.inside += other.inside
        self.borders += other.borders
        self.most = max(self.most, other.most)
        self.together |= other.together

    def without(self, levels: frozenset[int]) -> LevelFacts:
        """Return the facts of the planes as if pixels of these levels were not there."""
        return LevelFacts(
            Counter({v: n for v, n in self.pixels.items() if v not in levels}),
            Counter({v: n for v, n in self.inside.items() if v not in levels}),
            Counter({pair: n for pair, n in self.borders.items() if not levels & set(pair)}),
            self.most,
            {tuple(v for v in plane if v not in levels) for plane in self.together},
        )

    @property
    def levels(self) -> list[int]:
        """Levels that occur, but zero, from the lowest."""
        return sorted(v for v in self.pixels if v)

    @property
    def flatness(self) -> float:
        """Share of the levels of which at least a fifth lies inside regions, in [0, 1]."""
        levels = self.levels
        return sum(self.inside[v] >= 0.2 * self.pixels[v] for v in levels) / max(1, len(levels))

    @property
    def directness(self) -> float | None:
        """How far levels but the lowest touch the background, in [0, 1]: the mean share of zero among the lower levels
        beside a level. None where they touch no lower level at all."""
        levels = self.levels[1:]
        lower = Counter[int]()
        for (_, high), count in self.borders.items():
            lower[high] += count
        shares = [self.borders[(0, v)] / lower[v] for v in levels if lower[v]]
        return float(np.mean(shares)) if shares else None

    @property
    def is_nested(self) -> bool:
        """Whether five levels or more lie within each other, as those of a smooth map do."""
        direct = self.directness
        return len(self.levels) > 4 and direct is not None and direct <= NESTED

    @property
    def raggedness(self) -> float:
        """Borders a pixel that is not zero: below 1 in regions, 2 and more in scattered pixels."""
        return sum(self.borders.values()) / max(1, sum(n for v, n in self.pixels.items() if v))

    def share(self, low: int, high: int) -> float:
        """Share of pixels inside regions of levels from ``low`` to ``high`` among all that are not zero, in [0, 1]."""
        found = sum(n for v, n in self.inside.items() if low <= v <= high)
        return found / max(1, sum(n for v, n in self.pixels.items() if v))


def _marked(plane: Pixels) -> Pixels:
    """The part of a plane ``[H, W]`` outside of which all is zero, with one px of that around."""
    x, y, width, height = cv2.boundingRect((plane > 0).view(np.uint8))
    return np.ascontiguousarray(plane[max(y - 1, 0) : y + height + 1, max(x - 1, 0) : x + width + 1])


def _histogram(plane: Pixels, among: NDArray[np.bool_] | None = None) -> tuple[list[int], list[int]]:
    """Levels that occur in a plane ``[H, W]`` (or in a part of it), and how often."""
    if plane.dtype == np.uint8 and plane.size < EXACT:
        part = None if among is None else among.view(np.uint8)
        counts = np.asarray(cv2.calcHist([plane], [0], part, [256], [0, 256])).ravel().astype(np.int64)
    else:
        counts = np.bincount(plane.ravel() if among is None else plane[among])
    levels = np.flatnonzero(counts)
    return levels.tolist(), counts[levels].tolist()
