"""Facts of levels, counted where planes are not black, are those of every pixel."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from vsodboost.io.level_facts import LevelFacts


def by_pixels(plane: NDArray[np.uint8]) -> tuple[Counter[int], Counter[tuple[int, int]]]:
    """Pixels of one level with all their neighbours, and neighbours of two levels."""
    inside, borders = Counter[int](), Counter[tuple[int, int]]()
    for y, x in np.ndindex(plane.shape):
        around = plane[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
        if (around == plane[y, x]).all():
            inside[int(plane[y, x])] += 1
        for other in (*plane[y, x + 1 : x + 2], *plane[y + 1 : y + 2, x]):
            if other != plane[y, x]:
                low, high = sorted((int(plane[y, x]), int(other)))
                borders[low, high] += 1
    return inside, borders


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2), (30, 40)])
@pytest.mark.parametrize("share", [0, 0.01, 0.3, 1])
@pytest.mark.parametrize("levels", [2, 5])
def test_facts_are_those_of_every_pixel(size: tuple[int, int], share: float, levels: int) -> None:
    random = np.random.default_rng(0)
    plane = (random.integers(0, levels, size) * (random.random(size) < share)).astype(np.uint8)
    facts = LevelFacts()
    facts.add(plane)
    assert (facts.inside, facts.borders) == by_pixels(plane)
