"""The part around a click."""

from __future__ import annotations

import numpy as np
from moving_pattern import pattern

from vsodboost.studio.parts import part_at


def test_a_part_is_what_looks_like_the_place_and_is_connected_to_it() -> None:
    frame = (pattern(60, 90, seed=1) // 12).astype(np.uint8)
    for y, x in ((10, 10), (10, 60)):
        frame[y : y + 30, x : x + 20] = (40, 190, 220)
    part = part_at(frame, 15 / 90, 20 / 60, (120, 180)) > 0
    inside = np.zeros((120, 180), bool)
    inside[20:80, 20:60] = True
    assert (part & inside).sum() / (part | inside).sum() > 0.9
    assert not part[:, 120:].any()  # the other one is as blue, but apart


def test_the_corners_are_places_too() -> None:
    assert part_at(np.zeros((8, 8, 3), np.uint8), 1.0, 1.0, (8, 8)).all()
