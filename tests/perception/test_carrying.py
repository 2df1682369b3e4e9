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


def test_every_second_frame_of_a_shot_and_its_last_are_predicted() -> None:
    links = Links.concat([moving(5), moving(4), unlinked(1, SIZE)])
    chosen = to_predict(links, [(0, 5), (5, 9), (9, 10)])
    assert chosen.tolist() == [True, False, True, False, True, True, False, True, True, True]


def test_a_frame_that_flow_tells_nothing_of_is_predicted() -> None:
    astray = np.full((4, *SIZE, 2), 6, np.float32)  # there and there again: leads nowhere home
    assert to_predict(link(astray, astray), [(0, 5)]).all()


def test_what_lies_between_two_frames_is_carried_along_the_flow() -> None:
    known = np.array([True, False, True])
    maps = carry(np.stack([bar(4), bar(8)]), known, moving(3))
    assert maps[[0, 2]] == pytest.approx(np.stack([bar(4), bar(8)]))
    assert maps[1] == pytest.approx(bar(6), abs=1e-3)
