"""The long-term booster on small videos: a square that moves past a thing that stands still."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from small_network import drawn_network
from small_plans import bright_student, small_plan
from vsodboost_plugins.detectors import blobs

from vsodboost.boosters import cards
from vsodboost.boosters.longterm import booster as longterm
from vsodboost.boosters.longterm import paper as longterm_paper
from vsodboost.data.cards import DetectorCard, SpatialModelCard
from vsodboost.data.errors import UsageError
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.types import Frames, Maps, Proposals
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.engine import Engine, PredictedBuffer, training_set_of
from vsodboost.pipeline.plan import Plan, set_up
from vsodboost.registry.booster import Booster
from vsodboost.registry.discovery import Registry
from vsodboost.registry.hookspecs import RegisterDetector, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.spatial.student import Student

SIZE = (64, 96)
LITE = SpatialModelCard(summary="drawn", learning_rate=1e-3)


def video(count: int, step: int = 4) -> Frames:
    """A red square that moves ``step`` px a frame over a textured ground, and a blue one that stands."""
    ground = np.random.default_rng(0).integers(90, 140, (*SIZE, 3)).astype(np.uint8)
    frames = np.repeat(ground[None], count, axis=0)
    for t in range(count):
        frames[t, 40:58, 6:24] = (30, 40, 220)
        frames[t, 8:28, 8 + step * t : 28 + step * t] = (220, 40, 30)
    return frames


def colourful(frames: Frames) -> Maps:
    """A target that is taken in by colour: both squares are salient to it, the standing one more."""
    red, blue = frames[..., 0] > 180, frames[..., 2] > 180
    return (0.7 * red + 0.9 * blue).astype(np.float32)


class Moving:
    """The true flow of ``video``: ``step`` px to the right where it is red."""

    def __init__(self, step: float = 4) -> None:
        self.step = step

    def estimate(self, first: Frames, second: Frames) -> np.ndarray:
        flow = np.zeros((*first.shape[:3], 2), np.float32)
        ahead = 1 if (first[0].astype(int) != second[0]).any() else 0
        leftmost = [np.flatnonzero((f[0] > 180).any(axis=0)) for f in first.transpose(0, 3, 1, 2)]
        after = [np.flatnonzero((f[0] > 180).any(axis=0)) for f in second.transpose(0, 3, 1, 2)]
        for field, frame, here, there in zip(flow, first, leftmost, after, strict=True):
            if ahead and len(here) and len(there):
                field[frame[..., 0] > 180, 0] = float(there[0] - here[0])
        return flow


class Standing:
    """No flow at all."""

    def estimate(self, first: Frames, second: Frames) -> np.ndarray:
        return np.zeros((*first.shape[:3], 2), np.float32)


@cache
def registry() -> Registry:
    found = Registry()
    found.manager.add_hookspecs(__import__("vsodboost.registry.hookspecs", fromlist=["hookspecs"]))
    found.add(blobs, "blobs")
    return found


class Idle(Booster):
    """Mines nothing."""

    def mine(self, scene: Scene) -> Mined:
        return Mined.nothing(scene)


def plan_for(
    options: dict[str, str] | None = None,
    *,
    target: Callable[[Frames], Any] = colourful,
    flow: Any = None,
    plugins: Registry | None = None,
    **chosen: Any,
) -> Plan:
    # Two clusters for two squares: a drawn network would part them further at random, and its map says nothing.
    given = {"clusters": "2", "motion-value": "mean", "keyframe-truth": "binary"}
    booster = longterm.build(Request(options={**given, **(options or {})}))
    plan = replace(
        small_plan(Idle(), target, flow=flow or Moving(), **chosen),
        fusion=Student(drawn_network(), LITE),
        registry=plugins or registry(),
        working=lambda size: size,
    )
    return with_booster(plan, booster)


def with_booster(plan: Plan, booster: Booster) -> Plan:
    """The plan with that booster, which tunes as it says."""
    tuning = plan.booster.context.tuning
    return set_up(replace(plan, booster=booster, booster_card=cards.LONGTERM, tuning=tuning))


def predictions(frames: Frames, *arguments: Any, **options: Any) -> list[PredictedBuffer]:
    return list(Engine(plan_for(*arguments, **options)).predict(ArraySource(frames)))


def test_the_moving_square_is_mined_and_the_standing_one_is_not() -> None:
    frames = video(12)
    (predicted,) = predictions(frames)
    notes = predicted.mined.notes
    moving = [b for b in notes["boxes"] if b["kind"] == "salient"]
    assert len(moving) >= 8
    red = np.stack([f[..., 0] > 180 for f in frames])
    blue = np.stack([f[..., 2] > 180 for f in frames])

    def share(box: dict[str, Any], where: np.ndarray) -> float:
        x0, y0, x1, y1 = (round(side) for side in box["box"])
        return float(where[box["frame"], y0:y1, x0:x1].mean())

    assert np.mean([share(b, red) for b in moving]) > 0.6
    assert max(share(b, blue) for b in moving) < 0.2
    rejected = [b for b in notes["boxes"] if b["kind"] == "background"]
    assert max(share(b, blue) for b in rejected) > 0.8


def test_its_notes_are_json_and_name_clusters_iterations_boxes_and_keyframes() -> None:
    (predicted,) = predictions(video(12))
    notes = json.loads(json.dumps(predicted.mined.notes))
    assert sum(cluster["proposals"] for cluster in notes["clusters"]) == notes["proposals"] == len(notes["boxes"])
    assert [cluster["motion"] for cluster in notes["clusters"]] == sorted(
        (cluster["motion"] for cluster in notes["clusters"]), reverse=True
    )
    assert notes["clusters"][0]["salient"]
    assert [turn["iteration"] for turn in notes["iterations"]] == [0, 1, 2, 3]
    salient = [turn["salient"] for turn in notes["iterations"]]
    assert salient == sorted(salient)
    assert {b["kind"] for b in notes["boxes"]} <= {"salient", "background", "undecided"}
    assert sum(b["kind"] == "salient" for b in notes["boxes"]) == salient[-1]
    assert [k["frame"] for k in notes["keyframes"]] == [predicted.scene.names[t] for t in predicted.mined.indices]


def test_one_keyframe_of_five_teaches_with_weights_of_mean_one() -> None:
    (predicted,) = predictions(video(12))
    mined = predicted.mined
    assert sorted(int(t) // 5 for t in mined.indices) == [0, 1, 2]
    assert mined.pseudo_truth.shape == (3, *SIZE)
    assert 0 <= mined.pseudo_truth.min() <= mined.pseudo_truth.max() <= 1
    assert mined.weights.mean() == pytest.approx(1, abs=1e-5)
    assert len(predicted.losses) == 3


def test_two_runs_are_the_same_and_another_seed_is_another_run() -> None:
    first, second = (predictions(video(8))[0] for _ in range(2))
    assert first.mined.notes == second.mined.notes
    assert (first.mined.pseudo_truth == second.mined.pseudo_truth).all()
    assert first.losses == second.losses


def test_a_long_video_is_mined_as_a_whole_and_its_end_teaches_its_beginning() -> None:
    parts = predictions(video(14, step=3), buffer=5)
    assert [len(p.scene) for p in parts] == [5, 5, 4]
    assert len({json.dumps(p.mined.notes["clusters"]) for p in parts}) == 1
    extra = parts[0].mined.extra
    assert extra is not None
    assert [p.mined.extra for p in parts[1:]] == [None, None]
    known = [f.tobytes() for f in video(14, step=3)]
    places = [known.index(f.tobytes()) for f in extra.frames]
    assert places[-1] >= 10
    assert len(training_set_of(parts[0].scene, parts[0].mined)) == len(extra) + len(parts[0].mined)


def test_the_next_video_starts_a_new_pool_even_after_a_broken_one() -> None:
    plan = plan_for()
    engine = Engine(plan)
    (first,) = list(engine.predict(ArraySource(video(8))))
    broken = engine._surveyed(ArraySource([*video(6), np.zeros((9, 9, 3), np.uint8)]))
    with pytest.raises(Exception, match="9x9"):
        next(broken)
    (again,) = list(engine.predict(ArraySource(video(8))))
    assert again.mined.notes == first.mined.notes


# Degenerate videos.


def test_a_one_frame_video_mines_nothing() -> None:
    (predicted,) = predictions(video(1))
    assert len(predicted.mined) == 0
    assert predicted.mined.notes["reason"] == "nothing moves"
    assert predicted.losses == ()


@pytest.mark.parametrize("rule", ["predictions", "mean"])
def test_where_nothing_moves_nothing_is_mined(rule: str) -> None:
    (predicted,) = predictions(video(6, step=0), {"motion-value": rule}, flow=Standing())
    assert predicted.mined.notes["reason"] == "nothing moves"
    assert all(not cluster["salient"] for cluster in predicted.mined.notes["clusters"])
    assert predicted.mined.notes["boxes"]


class Scripted:
    """A detector plugin that proposes what was written down for it, frame by frame."""

    def __init__(self, *said: list[tuple[float, float, float, float]]) -> None:
        self.said = said
        self.asked = 0

    def detect(self, frames: Frames) -> Sequence[Proposals]:
        found = []
        for _ in frames:
            boxes = np.array(self.said[self.asked % len(self.said)], np.float32).reshape(-1, 4)
            found.append(Proposals(boxes, np.full(len(boxes), 0.5, np.float32)))
            self.asked += 1
        return found


def scripted(*said: list[tuple[float, float, float, float]]) -> Registry:
    class Plugin:
        @hookimpl
        def vsodboost_register_detectors(self, register: RegisterDetector) -> None:
            register("scripted", lambda request: Scripted(*said), DetectorCard(summary="scripted"))

    found = Registry()
    found.manager.add_hookspecs(__import__("vsodboost.registry.hookspecs", fromlist=["hookspecs"]))
    found.add(Plugin(), "scripted")
    return found


def test_no_proposals_in_any_frame() -> None:
    (predicted,) = predictions(video(5), plugins=scripted([]), detector="scripted")
    assert len(predicted.mined) == 0
    assert predicted.mined.notes["reason"] == "nothing is proposed in any frame"


def test_no_proposals_in_some_frames() -> None:
    left, right = (0, 36, 30, 62), (60, 36, 94, 62)
    moving = [(8 + 4 * t, 8, 28 + 4 * t, 28) for t in range(10)]
    said = [[m, left, right] if t % 2 else [] for t, m in enumerate(moving)]
    (predicted,) = predictions(video(10), plugins=scripted(*said), detector="scripted")
    assert {b["frame"] for b in predicted.mined.notes["boxes"]} == {1, 3, 5, 7, 9}
    assert len(predicted.mined)
    assert all(t % 2 for t in predicted.mined.indices)


def test_one_cluster_is_all_salient_and_teaches_no_classifier() -> None:
    (predicted,) = predictions(video(6), {"clusters": "1"})
    notes = predicted.mined.notes
    assert [cluster["salient"] for cluster in notes["clusters"]] == [True]
    assert len(notes["iterations"]) == 1
    assert {b["probability"] for b in notes["boxes"]} == {0.5}


def test_identical_features_are_one_cluster() -> None:
    whole = [(0, 0, 96, 64)] * 3
    (predicted,) = predictions(
        np.repeat(video(1), 4, axis=0), plugins=scripted(whole), detector="scripted", flow=Drifting()
    )
    assert len(predicted.mined.notes["clusters"]) == 1
    assert predicted.mined.notes["proposals"] == 12


class Drifting:
    """A patch drifts although the frames are all alike."""

    def estimate(self, first: Frames, second: Frames) -> np.ndarray:
        flow = np.zeros((*first.shape[:3], 2), np.float32)
        flow[:, 10:30, 10:40, 0] = 5
        return flow


# Options.


def test_the_papers_rules_tune_ten_epochs_on_frames_alone() -> None:
    booster = longterm_paper.build(Request())
    plan = with_booster(plan_for(), booster)
    assert plan.tuning == longterm_paper.TUNING
    with_steps = replace(plan, options=replace(plan.options, steps=6))
    assert with_booster(with_steps, booster).tuning.passes is None
    script = with_booster(plan, longterm_paper.build(Request(options={"tune-flips": "off"})))
    assert script.tuning == longterm_paper.SCRIPT


def test_the_papers_rules_run() -> None:
    frames = video(10)
    plan = plan_for({"follow": "paper"})
    (predicted,) = list(Engine(plan).predict(ArraySource(frames)))
    assert len(predicted.mined) == 2
    assert predicted.mined.weights.tolist() == [1, 1]
    assert len(predicted.losses) == 10


def test_the_fusion_network_must_be_lite() -> None:
    plan = replace(plan_for(), fusion=bright_student())
    with pytest.raises(UsageError, match="fusion network"):
        set_up(plan)


def test_the_map_before_any_tuning_is_at_hand() -> None:
    plan = plan_for()
    engine = Engine(plan)
    (predicted,) = list(engine.predict(ArraySource(video(8))))
    booster = engine.plan.booster
    assert isinstance(booster, longterm.Longterm)
    maps = booster.saliency(predicted.scene)
    assert maps.shape == (8, *SIZE)
    assert maps.max() > 0
