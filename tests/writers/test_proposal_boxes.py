"""Proposals drawn on a frame."""

from __future__ import annotations

import numpy as np

from vsodboost.writers.proposal_boxes import COLOURS, with_boxes

FRAME = np.zeros((60, 80, 3), np.uint8)


def test_each_kind_has_its_colour_and_the_frame_stays_as_it_was() -> None:
    boxes = [
        {"box": [5, 5, 30, 30], "kind": "background"},
        {"box": [40, 5, 70, 30], "kind": "undecided"},
        {"box": [20, 20, 60, 55], "kind": "salient", "iteration": None},
        {"box": [0, 0, 10, 10], "kind": "of another booster"},
    ]
    picture = with_boxes(FRAME, boxes)
    assert FRAME.max() == 0
    assert tuple(picture[5, 10]) == COLOURS["background"]
    assert tuple(picture[29, 66]) == COLOURS["undecided"]
    assert tuple(picture[54, 40]) == COLOURS["salient"]
    assert picture[0, :5].max() == 0


def test_the_salient_ones_lie_on_top_and_say_their_iteration() -> None:
    same = {"box": [10, 10, 50, 50]}
    picture = with_boxes(FRAME, [{**same, "kind": "salient", "iteration": 3}, {**same, "kind": "background"}])
    assert tuple(picture[10, 30]) == COLOURS["salient"]
    without = with_boxes(FRAME, [{**same, "kind": "salient", "iteration": None}])
    inside = (slice(13, 47), slice(13, 47))
    assert without[inside].max() == 0
    assert picture[inside].max() > 0


def test_no_boxes_is_the_frame() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    assert (with_boxes(noise, []) == noise).all()
