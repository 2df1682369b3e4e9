"""Maps carried to the frames between: along the flow, and only where flow tells enough."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.data.links import Links
from vsodboost.perception.carrying import carry, to_predict
from vsodboost.perception.links import link, unlinked

SIZE = (8, 16)


def moving(count: int, dx: float = 2.0) -> Links:
    """Links of a shot in which everything moves ``dx`` px a frame to the right."""
    field = np.zeros((count - 1, *SIZE, 2), np.float32)
    field[..., 0] = dx
    return link(field, -field)


def bar(column: int) -> np.ndarray:
    m = np.zeros(SIZE, np.float32)
    m[:, column] = 1
    return m


def test_every_third_frame_of_a_shot_its_first_and_its_last_are_predicted() -> None:
    links = Links.concat([moving(9), moving(3), unlinked(1, SIZE)])
    shots, nothing = [(0, 9), (9, 12), (12, 13)], np.zeros((13, *SIZE), np.float32)
    assert np.flatnonzero(to_predict(links, nothing, shots)).tolist() == [0, 3, 6, 8, 9, 11, 12]
    assert np.flatnonzero(to_predict(links, nothing, shots, which=1)).tolist() == [0, 1, 4, 7, 8, 9, 10, 11, 12]


def test_a_frame_that_flow_tells_nothing_of_is_predicted() -> None:
    astray = np.full((4, *SIZE, 2), 6, np.float32)  # there and there again: leads nowhere home
    assert to_predict(link(astray, astray), np.zeros((5, *SIZE), np.float32), [(0, 5)]).all()


def test_a_frame_whose_moving_part_a_neighbour_hides_is_predicted() -> None:
    links, moving_part = moving(5, dx=0), np.stack([bar(4)] * 5)
    moving_part[:, :, 5:8] = 1
    assert not to_predict(links, moving_part, [(0, 5)])[[1, 2]].any()
    links.forward_weight[2, :, 4:8] = 0  # a quarter of the frame, and all that moves
    assert to_predict(links, moving_part, [(0, 5)])[[1, 2]].tolist() == [False, True]
    assert not to_predict(links, np.zeros_like(moving_part), [(0, 5)])[[1, 2]].any()


def test_what_lies_between_two_frames_is_carried_along_the_flow() -> None:
    known = np.array([True, False, True])
    maps = carry(np.stack([bar(4), bar(8)]), known, moving(3))
    assert maps[[0, 2]] == pytest.approx(np.stack([bar(4), bar(8)]))
    assert maps[1] == pytest.approx(bar(6), abs=1e-3)


def test_of_two_frames_between_each_is_nearer_to_the_one_beside_it() -> None:
    known = np.array([True, False, False, True, False, True])
    there, gone = np.ones(SIZE, np.float32), np.zeros(SIZE, np.float32)
    maps = carry(np.stack([there, gone, there]), known, moving(6, dx=0))
    assert maps[:, 0, 0] == pytest.approx([1, 2 / 3, 1 / 3, 0, 0.5, 1], abs=0.01)


def test_a_long_way_counts_less_where_flow_leads_astray_on_it() -> None:
    links = moving(4, dx=0)
    links.forward_weight[2] = 0  # from the third frame to the last
    known = np.array([True, False, False, True])
    maps = carry(np.stack([np.ones(SIZE, np.float32), np.zeros(SIZE, np.float32)]), known, links)
    assert (maps[1:3] > 0.94).all()
