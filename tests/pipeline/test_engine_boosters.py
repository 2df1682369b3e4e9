"""What a booster may do beside mining: set up the plan, read the video, guide, fuse, decide, fix maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from small_plans import bright_student, numbered, small_plan, weights_of

from vsodboost.data.decision import Decision
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.training_set import TrainingSet, TuneSettings
from vsodboost.data.types import Maps
from vsodboost.data.video import VideoSource
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.engine import Engine, training_set_of
from vsodboost.registry.booster import Booster, Context, Overrides

FRAMES = numbered(np.random.default_rng(0).integers(0, 255, (6, 64, 96, 3), np.uint8))


class Idle(Booster):
    """Mines nothing."""

    def mine(self, scene: Scene) -> Mined:
        return Mined.nothing(scene)


def test_a_booster_may_bring_its_student_and_its_tuning() -> None:
    class Preparing(Idle):
        def setup(self, context: Context) -> Overrides:
            self.before = weights_of(context.student)
            return Overrides(student=bright_student(), tuning=TuneSettings(steps=7))

        def mine(self, scene: Scene) -> Mined:
            return Mined(np.array([1]), 1 - scene.target[[1]], np.ones(1, np.float32))

    booster = Preparing()
    engine = Engine(small_plan(booster))
    (done,) = engine.boost(ArraySource(FRAMES))
    assert len(done.losses) == 7
    assert engine.plan.student is not booster.context.student
    assert (weights_of(booster.context.student) == booster.before).all()
    assert (weights_of(engine.plan.student) != booster.before).any()


def test_a_booster_reads_each_video_once_before_its_first_scene() -> None:
    class Reading(Idle):
        def __init__(self) -> None:
            self.said: list[str] = []

        def begin_video(self, source: VideoSource) -> None:
            self.said.append(f"{source.name}: {sum(1 for _ in source.frames())} frames")

        def mine(self, scene: Scene) -> Mined:
            self.said.append(f"scene at {scene.first}")
            return Mined.nothing(scene)

    booster = Reading()
    list(Engine(small_plan(booster, buffer=3)).boost(ArraySource(FRAMES, name="clip")))
    assert booster.said == ["clip: 6 frames", "scene at 0", "scene at 3"]


def test_a_booster_fuses_even_when_nothing_was_mined() -> None:
    class Fusing(Idle):
        def fuse(self, scene: Scene, predictions: Predictions) -> Maps:
            assert predictions.guided.shape == predictions.unguided.shape == scene.target.shape
            return np.full_like(predictions.guided, 0.25)

        def decide(self, scene: Scene, boosted: Maps, decision: Decision) -> Decision:
            return replace(decision, maps=boosted, weight=np.ones(len(scene), np.float32))

    (done,) = Engine(small_plan(Fusing(), lambda f: np.zeros(f.shape[:3], np.float32))).boost(ArraySource(FRAMES))
    assert np.allclose(done.decision.maps, 0.25)
    assert done.decision.weight.tolist() == [1.0] * 6


def test_the_student_is_guided_by_what_a_booster_gives_it() -> None:
    class Guiding(Idle):
        def guidance(self, scene: Scene) -> Maps:
            return np.full_like(scene.target, 0.75)

        def mine(self, scene: Scene) -> Mined:
            return Mined(np.array([1]), 1 - scene.target[[1]], np.ones(1, np.float32))

    engine = Engine(small_plan(Guiding()))
    (found,) = engine.mined_frames(ArraySource(FRAMES))
    assert np.allclose(found.target, 0.75)
    ((_, scene, _),) = engine.scenes(ArraySource(FRAMES))
    (predicted,) = engine.predict(ArraySource(FRAMES))
    assert (predicted.scene.target == scene.target).all()  # the decision still compares with the target's own
    assert not np.isin(0.75, scene.target)


def test_fixed_maps_come_back_as_they_are_at_the_frames_size() -> None:
    given = np.zeros((32, 48), np.float32)
    given[8:16, 8:24] = 0.75
    exact = np.random.default_rng(1).random((64, 96)).astype(np.float32)

    class Fixing(Idle):
        def fixed_maps(self, scene: Scene) -> Mapping[int, NDArray[np.float32]]:
            return {5 - scene.first: exact, 4 - scene.first: given} if scene.first == 3 else {}

    first, second = Engine(small_plan(Fixing(), buffer=3)).boost(ArraySource(FRAMES))
    assert (second.maps[2] == exact).all()
    assert second.maps[1][18:30, 20:46].min() == 0.75  # twice the size, edges apart
    assert not np.isin(0.75, first.maps)


def test_extra_frames_from_outside_the_scene_come_first() -> None:
    class Extra(Idle):
        def mine(self, scene: Scene) -> Mined:
            shape = scene.target.shape[1:]
            far = TrainingSet(
                scene.frames[:2], np.ones((2, *shape), np.float32), np.full(2, 3, np.float32),
                np.zeros((2, *shape, 2), np.float32), np.full((2, *shape), 0.5, np.float32),
            )  # fmt: skip
            return Mined(np.array([4]), scene.target[[4]], np.ones(1, np.float32), extra=far)

    engine = Engine(small_plan(Extra()))
    (clip_scene_target,) = engine.scenes(ArraySource(FRAMES))
    training_set = training_set_of(clip_scene_target[1], Extra().mine(clip_scene_target[1]))
    assert training_set.weights.tolist() == [3, 3, 1]
    assert (training_set.frames[2] == clip_scene_target[1].frames[4]).all()
