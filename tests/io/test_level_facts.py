"""Statistics of levels, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.io.level_facts import LevelFacts

# Two columns of 1 in a ground of 0, and a 2 that touches both.
PLANE = np.array(
    [
        [0, 0, 0, 0, 0],
        [0, 1, 1, 0, 0],
        [0, 1, 1, 2, 0],
        [0, 1, 1, 0, 0],
        [0, 0, 0, 0, 0],
    ],
    np.uint8,
)


def facts(*planes: np.ndarray, lossy: bool = False) -> LevelFacts:
    """What is known of some planes."""
    found = LevelFacts()
    for plane in planes:
        found.add(plane, lossy=lossy)
    return found


def test_counts_and_borders() -> None:
    found = facts(PLANE)
    assert found.pixels == {0: 18, 1: 6, 2: 1}
    assert {pair: n for pair, n in found.borders.items() if n} == {(0, 1): 9, (1, 2): 1, (0, 2): 3}
    assert found.levels == [1, 2] and found.most == 3 and found.together == {(0, 1, 2)}
    assert found.directness == pytest.approx(3 / 4)  # of the four neighbours of the 2, three are 0
    assert found.raggedness == pytest.approx(13 / 7)


def test_insides_are_pixels_with_eight_neighbours_of_their_level() -> None:
    wide = np.zeros((6, 7), np.uint8)
    wide[1:5, 1:6] = 9  # 4 x 5, of which 2 x 3 lie inside
    found = facts(wide)
    assert (found.inside[9], found.inside[0]) == (6, 0)
    assert found.flatness == 1 and found.share(5, 20) == pytest.approx(6 / 20) and found.share(10, 20) == 0
    corner = np.zeros((4, 4), np.uint8)
    corner[:2, :2] = 3
    assert facts(corner).inside[3] == 1  # beyond the border there is nothing else


def test_ringing_is_one_region() -> None:
    noisy = np.full((5, 5), 200, np.uint8)
    noisy[2, 2] = 205
    assert facts(noisy).inside[200] == 16
    assert sum(facts(noisy, lossy=True).inside.values()) == 25


def test_merging_is_adding_and_levels_can_be_left_out() -> None:
    other = np.where(PLANE == 2, 255, PLANE).astype(np.uint8)
    both, merged = facts(PLANE, other), facts(PLANE)
    merged.merge(facts(other))
    assert (merged.pixels, +merged.borders, merged.together) == (both.pixels, +both.borders, both.together)
    left = both.without(frozenset({255}))
    assert left.levels == [1, 2] and left.directness == pytest.approx(3 / 4)


def test_a_plane_of_many_levels_is_only_counted() -> None:
    ramp = np.arange(100, dtype=np.uint8).reshape(10, 10)
    found = facts(ramp)
    assert found.most == 100 and not found.borders and not found.inside


def test_rings_are_nested_and_regions_are_not() -> None:
    y, x = np.mgrid[:60, :60]
    rings = np.clip(6 - np.hypot(y - 30, x - 30) // 4, 0, 6).astype(np.uint8)
    assert facts(rings).is_nested and facts(rings).directness == 0
    stripes = np.zeros((60, 60), np.uint8)
    for n in range(6):
        stripes[10:50, 2 + 10 * n : 8 + 10 * n] = n + 1
    assert not facts(stripes).is_nested and facts(stripes).directness == 1
