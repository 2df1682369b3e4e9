"""Links between frames, and maps smoothed along them."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.data.links import Links
from vsodboost.perception.links import link, smooth_along_flow, unlinked

SIZE = (8, 16)


def flow(count: int, dx: float) -> np.ndarray:
    field = np.zeros((count, *SIZE, 2), np.float32)
    field[..., 0] = dx
    return field


def dot(column: int) -> np.ndarray:
    m = np.zeros(SIZE, np.float32)
    m[4, column] = 1
    return m


def test_a_point_that_moves_along_the_flow_stays_whole() -> None:
    maps = np.stack([dot(4), dot(6), dot(8)])
    calm = smooth_along_flow(maps, link(flow(2, 2), flow(2, -2)))
    assert calm == pytest.approx(maps, abs=2e-3)


def test_what_shows_in_one_frame_only_fades() -> None:
    maps = np.stack([dot(4) * 0, dot(6), dot(8) * 0])
    once = smooth_along_flow(maps, link(flow(2, 2), flow(2, -2)), rounds=1)
    weight = 2 ** -(0 / 0.58)  # both flows agree to the last digit: full weight
    assert once[1, 4, 6] == pytest.approx(1 / (1 + 2 * weight), abs=1e-3)  # itself and two neighbours without it
    assert once[0, 4, 4] == pytest.approx(weight / (1 + weight), abs=1e-3)  # its only neighbour has it
    assert once[2, 4, 8] == pytest.approx(weight / (1 + weight), abs=1e-3)


def test_flows_that_contradict_each_other_carry_nothing() -> None:
    maps = np.stack([dot(4), dot(4) * 0])
    calm = smooth_along_flow(maps, link(flow(1, 6), flow(1, 6)))
    assert calm == pytest.approx(maps, abs=1e-3)


def test_cuts_and_single_frames_are_not_crossed() -> None:
    shots = Links.concat([link(flow(1, 0), flow(1, 0)), unlinked(1, SIZE)])
    assert len(shots) == 3
    maps = np.stack([dot(4), dot(4), dot(9)])
    assert smooth_along_flow(maps, shots) == pytest.approx(maps)


def test_fixed_frames_count_but_stay_as_they_are() -> None:
    maps = np.stack([dot(4), dot(6) * 0, dot(8) * 0])
    links = link(flow(2, 2), flow(2, -2))
    calm = smooth_along_flow(maps, links, rounds=3, fixed={0})
    assert (calm[0] == maps[0]).all()
    free = smooth_along_flow(maps, links, rounds=3)
    assert calm[1, 4, 6] > free[1, 4, 6] > 0.2
    assert (smooth_along_flow(maps, links, fixed=(0, 1, 2)) == maps).all()
