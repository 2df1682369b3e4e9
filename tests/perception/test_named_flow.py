"""Estimators that must know their frames get clips; all others get frames, as ever."""

import numpy as np

from vsodboost.data.types import Clip, FlowField, Frames
from vsodboost.perception.perceive import pair_flow, shot_flow


class ByName:
    """Flow whose length is the frame's number and whose sign is the direction; knows nothing without names."""

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        raise AssertionError("called without names")

    def estimate_named(self, first: Clip, second: Clip) -> FlowField:
        flow = np.zeros((*first.frames.shape[:3], 2), np.float32)
        for n, name in enumerate(first.names):
            flow[n] = int(name) * (second.first - first.first)
        assert first.video == second.video == "walk"
        return flow


class Plain:
    def estimate(self, first: Frames, second: Frames) -> FlowField:
        return np.full((*first.shape[:3], 2), second.mean() - first.mean(), np.float32)


def clip() -> Clip:
    frames = np.stack([np.full((6, 8, 3), 10 * n, np.uint8) for n in range(5, 9)])
    return Clip(frames, ("5", "6", "7", "8"), "walk", first=5)


def test_a_clip_is_asked_for_by_name_both_ways() -> None:
    forward, backward = shot_flow(ByName(), clip(), "named")
    assert forward[:, 0, 0, 0].tolist() == [5, 6, 7] and backward[:, 0, 0, 0].tolist() == [-6, -7, -8]
    part = clip().part(2, 4)
    assert pair_flow(ByName(), part.part(0, 1), part.part(1, 2), "named")[0, 0, 0].tolist() == [7, 7]


def test_an_estimator_without_names_gets_the_clips_frames() -> None:
    for shot in (clip(), clip().frames):
        forward, backward = shot_flow(Plain(), shot, "plain")
        assert forward.shape == (3, 6, 8, 2) and (forward == 10).all() and (backward == -10).all()
