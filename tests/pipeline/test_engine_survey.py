"""A booster that surveys sees every scene before it mines; what that costs, and what it may not keep."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from small_plans import numbered, small_plan

from vsodboost.data.cards import BoosterCard
from vsodboost.data.scene import Mined, Scene
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.plan import Plan
from vsodboost.registry.booster import Booster

FRAMES = numbered(np.random.default_rng(0).integers(0, 255, (7, 64, 96, 3), np.uint8))


class Surveying(Booster):
    """Writes down what it is asked."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def survey(self, scene: Scene) -> None:
        self.said.append(f"survey {scene.first}+{len(scene)}")
        assert scene.full is not None
        assert (scene.full == FRAMES[scene.first : scene.first + len(scene)]).all()

    def end_survey(self) -> None:
        self.said.append("end_survey")

    def mine(self, scene: Scene) -> Mined:
        self.said.append(f"mine {scene.first}+{len(scene)}")
        return Mined.nothing(scene)


def run(buffer: int) -> tuple[Surveying, Engine, int]:
    """(booster, engine, how many frames the target was asked about)."""
    booster, asked = Surveying(), []

    def target(frames: np.ndarray) -> np.ndarray:
        asked.append(len(frames))
        return frames[..., 0] / np.float32(255)

    plan: Plan = small_plan(booster, target, buffer=buffer)
    engine = Engine(replace(plan, booster_card=BoosterCard(summary="small", passes=2)))
    list(engine.predict(ArraySource(FRAMES)))
    return booster, engine, sum(asked)


def test_every_scene_is_surveyed_before_the_first_is_mined() -> None:
    booster, engine, _ = run(buffer=3)
    passes = ["0+3", "3+3", "6+1"]
    assert booster.said == [*(f"survey {p}" for p in passes), "end_survey", *(f"mine {p}" for p in passes)]
    assert "survey" in engine.seconds.spent


def test_a_video_of_one_buffer_is_perceived_once() -> None:
    booster, _, asked = run(buffer=10)
    assert booster.said == ["survey 0+7", "end_survey", "mine 0+7"]
    assert asked == 7


def test_a_longer_one_is_perceived_twice_and_its_cuts_counted_once() -> None:
    _, engine, asked = run(buffer=3)
    assert asked == 14
    assert len(engine.cuts) == len(set(engine.cuts))
