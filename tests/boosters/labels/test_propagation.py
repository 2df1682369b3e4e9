"""Which labels reach which frame, how far they came, and along which flow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from moving_pattern import pattern
from small_plans import ConstantFlow, numbered

from vsodboost.boosters.labels.labelled_frames import LabelledFrame, VideoLabels
from vsodboost.boosters.labels.propagation import Route, better_flow, propagate
from vsodboost.data.errors import PluginError
from vsodboost.data.types import Clip, FlowField, Frames

COUNT, SIZE = 9, (32, 64)
CLIP = Clip(numbered(np.zeros((COUNT, *SIZE, 3), np.uint8)), tuple("abcdefghi"), "square")


def label(index: int) -> LabelledFrame:
    """A square that moves 2 px to the right from frame to frame."""
    mask = np.zeros(SIZE, np.uint8)
    mask[12:24, 10 + 2 * index : 22 + 2 * index] = 255
    frame = np.zeros((*SIZE, 3), np.uint8)
    frame[:8, :8, 2] = index
    return LabelledFrame(index, str(index), frame, mask, Path(f"{index}.png"))


def labels_at(*indices: int, cuts: tuple[int, ...] = ()) -> VideoLabels:
    """The square's labels of some frames."""
    return VideoLabels(tuple(label(i) for i in indices), cuts)


@pytest.mark.parametrize("route", ["direct", "chain", "best"])
def test_labels_arrive_where_the_object_is(route: Route) -> None:
    propagated = propagate(CLIP, labels_at(2, 6), ConstantFlow(2, 0), "flow", route)
    assert propagated.indices.tolist() == [0, 1, 3, 4, 5, 7, 8]
    assert propagated.distance.tolist() == [2, 1, 1, 2, 1, 1, 2]
    for i, t in enumerate(propagated.indices):
        assert (propagated.left[i] == label(int(t)).map).all()
        assert (propagated.right[i] == label(int(t)).map).all()
    # From frame 3: one step of 2 px back to frame 2 and three ahead to frame 6, of 64 px.
    assert propagated.length_left[2] == pytest.approx(np.full(SIZE, 2 / 64))
    assert propagated.length_right[2] == pytest.approx(np.full(SIZE, 6 / 64))


def test_the_other_side_stands_in_at_the_ends_and_for_a_single_label() -> None:
    propagated = propagate(CLIP, labels_at(4), ConstantFlow(2, 0), "flow", "chain")
    assert propagated.indices.tolist() == [0, 1, 2, 3, 5, 6, 7, 8]
    assert (propagated.left == propagated.right).all()
    assert (propagated.length_left == propagated.length_right).all()
    assert propagated.length_left[0] == pytest.approx(np.full(SIZE, 8 / 64))
    assert propagated.distance.tolist() == [4, 3, 2, 1, 1, 2, 3, 4]


@pytest.mark.parametrize("route", ["direct", "chain", "best"])
def test_labels_outside_the_buffer_reach_into_it(route: Route) -> None:
    """Frames 3 to 5 of the video, labels at 1 and 8."""
    propagated = propagate(CLIP.part(3, 6), labels_at(1, 8), ConstantFlow(2, 0), "flow", route)
    assert propagated.indices.tolist() == [0, 1, 2]
    assert propagated.distance.tolist() == [2, 3, 3]
    for i in range(3):
        assert (propagated.left[i] == label(3 + i).map).all()
        assert (propagated.right[i] == label(3 + i).map).all()


def test_nothing_crosses_a_cut_or_reaches_a_shot_without_labels() -> None:
    propagated = propagate(CLIP, labels_at(1, 7, cuts=(3, 6)), ConstantFlow(2, 0), "flow", "chain")
    assert propagated.indices.tolist() == [0, 2, 6, 8]
    assert propagated.distance.tolist() == [1, 1, 1, 1]
    assert len(propagate(CLIP, labels_at(cuts=()), ConstantFlow(), "flow", "best")) == 0


@pytest.mark.parametrize("route", ["direct", "chain", "best"])
def test_labelled_frames_get_the_labels_next_to_them(route: Route) -> None:
    propagated = propagate(CLIP, labels_at(2, 4, 7), ConstantFlow(2, 0), "flow", route, labelled=True)
    assert propagated.indices.tolist() == list(range(COUNT))
    assert propagated.distance[[2, 4, 7]].tolist() == [2, 2, 3]
    assert propagated.length_left[4] == pytest.approx(np.full(SIZE, 4 / 64))  # from frame 2, not from itself
    assert propagated.length_right[4] == pytest.approx(np.full(SIZE, 6 / 64))
    assert propagated.length_left[2] == pytest.approx(np.full(SIZE, 4 / 64))  # the first: from its right on both sides
    others = propagate(CLIP, labels_at(2, 4, 7), ConstantFlow(2, 0), "flow", route)
    assert (propagated.left[others.indices] == others.left).all()
    assert (propagated.right[others.indices] == others.right).all()
    assert propagate(CLIP, labels_at(4), ConstantFlow(), "flow", route, labelled=True).indices.tolist() == [
        0, 1, 2, 3, 5, 6, 7, 8,
    ]  # fmt: skip


def test_only_some_frames() -> None:
    everything = propagate(CLIP, labels_at(0), ConstantFlow(2, 0), "flow", "chain")
    some = propagate(CLIP, labels_at(0), ConstantFlow(2, 0), "flow", "chain", only=[2, 5])
    assert some.indices.tolist() == [2, 5]
    assert (some.left == everything.left[[1, 4]]).all()
    assert (some.take(slice(1, 2)).left == everything.left[[4]]).all()


def test_an_estimator_that_fails_is_named() -> None:
    class Failing:
        def estimate(self, first: Frames, second: Frames) -> FlowField:
            raise RuntimeError("no luck")

    with pytest.raises(PluginError, match=r"flow 'x' failed.*no luck"):
        propagate(CLIP, labels_at(0), Failing(), "flow 'x'", "chain")


def test_an_estimator_that_wants_to_know_learns_which_frames_it_gets() -> None:
    class Named(ConstantFlow):
        asked: list[str] = []  # noqa: RUF012 - one test

        def estimate_named(self, first: Clip, second: Clip) -> FlowField:
            self.asked.append(f"{first.names[0]}-{second.names[0]} {first.first}-{second.first}")
            return self.estimate(first.frames, second.frames)

    flow = Named()
    propagate(CLIP.part(2, 5), labels_at(0, 4), flow, "flow", "chain")
    assert flow.asked == ["c-0 2-0", "d-c 3-2", "d-4 3-4", "c-d 2-3"]


def test_the_better_flow_is_chosen_place_by_place() -> None:
    here = pattern(64, 128)
    there = here.copy()
    there[:, 64:] = np.roll(here, 5, axis=1)[:, 64:]  # the right half moved by 5 px
    static, moved = np.zeros((64, 128, 2), np.float32), np.zeros((64, 128, 2), np.float32)
    moved[..., 0] = 5
    chosen = better_flow(here, there, static, moved)[..., 0]
    assert (chosen[:, :52] == 0).all()
    assert (chosen[:, 76:118] == 5).all()
