"""Where two maps contradict each other: connected pieces, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import Maps

APART = 0.35
"""Two maps contradict each other where they differ by more."""
LEAST = 1.5e-4
"""Share of the frame below which a piece is no piece but a speck of contour."""


@dataclass(frozen=True)
class Dispute:
    """A connected piece of frame ``frame`` in which one map shows something and the other does not: ``box`` (y0, y1,
    x0, x1), half-open, and ``inside bool[y1 - y0, x1 - x0]``. ``added``: the second map shows it."""

    frame: int
    box: tuple[int, int, int, int]
    inside: NDArray[np.bool_]
    added: bool

    @property
    def window(self) -> tuple[slice, slice]:
        """The slices of a frame that ``box`` is."""
        y0, y1, x0, x1 = self.box
        return slice(y0, y1), slice(x0, x1)

    @property
    def area(self) -> int:
        """Pixels of the piece."""
        return int(self.inside.sum())


def disputes(first: Maps, second: Maps) -> Iterator[Dispute]:
    """Yield the pieces in which maps ``float32[T, h, w]`` contradict each other, by frame."""
    least = max(4, round(LEAST * first.shape[1] * first.shape[2]))
    for t in range(len(first)):
        apart = second[t] - first[t]
        for added in (True, False):
            differs = (apart > APART if added else apart < -APART).astype(np.uint8)
            if not differs.any():
                continue
            _, labels, stats, _ = cv2.connectedComponentsWithStats(differs, connectivity=8)
            for number, (x, y, width, height, area) in enumerate(stats.tolist()):
                if number and area >= least:
                    box = (y, y + height, x, x + width)
                    yield Dispute(t, box, labels[y : y + height, x : x + width] == number, added)
