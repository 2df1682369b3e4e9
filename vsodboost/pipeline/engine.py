"""The buffered stream: perceive, mine, tune, predict, fuse, gate. Data goes left to right, once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray

from vsodboost.data.errors import InputError
from vsodboost.data.scene import (
    Booster,
    FusingBooster,
    KnowingBooster,
    Mined,
    PreparingBooster,
    ReadingBooster,
    ReviewingBooster,
    Scene,
    SurveyingBooster,
    TellingBooster,
)
from vsodboost.data.types import Clip, Frames, Maps
from vsodboost.decision.fusion import Predictions, ask, fuse
from vsodboost.decision.gate import Decision, gate
from vsodboost.io.buffers import buffers
from vsodboost.io.video import VideoSource
from vsodboost.ops.resize import resize_frames, resize_maps, working_size
from vsodboost.ops.s_measure import s_measure
from vsodboost.perception.links import joined, smooth_along_flow
from vsodboost.perception.perceive import perceive
from vsodboost.perception.shots import CutDetector, shots_between
from vsodboost.pipeline.plan import Plan
from vsodboost.spatial.finetune import TrainingSet, tune
from vsodboost.spatial.replay import ReplayBuffer, at_size, join
from vsodboost.targets.network_target import run_target


@dataclass
class StageTimer:
    """Seconds spent by stage, over the whole video."""

    spent: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Adds the block's time to ``stage``."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.spent[stage] = self.spent.get(stage, 0.0) + time.perf_counter() - started


@dataclass(frozen=True)
class BoostedBuffer:
    """One buffer, done: source ``frames``, the ``scene``, what was ``mined``, and the ``decision`` result.

    ``maps`` are the final ones ``float32[T, H, W]`` at the source size, ``target`` the target's at the same size.
    """

    frames: Frames
    scene: Scene
    mined: Mined
    decision: Decision
    maps: Maps
    target: Maps
    losses: tuple[float, ...]


@dataclass(frozen=True)
class PredictedBuffer:
    """One buffer before the gate: the source ``clip``, the target's maps float32[T, H, W] at its size, what was mined
    and learned, and the student's ``predictions`` (None: it was not asked)."""

    clip: Clip
    scene: Scene
    target: Maps
    mined: Mined
    losses: tuple[float, ...]
    predictions: Predictions | None
    learned: bool


class Engine:
    """Boosts videos one after another; the student forgets each video before the next."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan.booster.prepare(plan) if isinstance(plan.booster, PreparingBooster) else plan
        self.seconds = StageTimer()
        self.cuts: list[int] = []

    def boost(self, source: VideoSource, *, taught: dict[str, torch.Tensor] | None = None) -> Iterator[BoostedBuffer]:
        """The video, buffer by buffer. ``taught`` are student weights to use as they are (dataset scope).

        Raises:
            VideoError: a frame, a map or a plugin's answer is not usable.
        """
        for thought in self.think(source, taught=taught):
            yield self._finish(predicted)
            del thought  # before the next buffer is read: one at a time is resident

    def think(self, source: VideoSource, *, taught: dict[str, torch.Tensor] | None = None) -> Iterator[PredictedBuffer]:
        """Everything up to the gate: perceive, mine, tune, predict. Raises as ``boost`` does."""
        plan = self.plan
        self.seconds, self.cuts = StageTimer(), []
        if not plan.options.carry_over:
            plan.student.reset()
        memory = ReplayBuffer()
        count = 0
        for clip, scene, target in self._surveyed(source):
            count += len(clip)
            with self.seconds.of("mine"):
                mined = plan.booster.mine(scene)
            told = read(plan.booster, scene)
            losses: list[float] = []
            if taught is not None:
                plan.student.load(taught)
            else:
                with self.seconds.of("tune"):
                    training_set = memory.with_earlier(training_set_of(told, mined, plan.tuning.pixels))
                    losses = tune(plan.student, training_set, plan.tuning, plan.options.seed)
            learned = taught is not None or memory.size > 0
            with self.seconds.of("predict"):
                asked = learned or isinstance(plan.booster, FusingBooster)
                predictions = ask(plan.student, told) if asked else None
            yield PredictedBuffer(clip, scene, target, mined, tuple(losses), predictions, learned)
            del clip, scene, told, target, mined, predictions
        if count == 0:
            raise InputError(f"{source.path}: no frame in it")

    def scenes(self, source: VideoSource) -> Iterator[tuple[Clip, Scene, Maps]]:
        """Every buffer with its scene and the target's maps at the source size."""
        detector = CutDetector()
        stream = buffers(source, self.plan.options.buffer)
        while True:
            with self.seconds.of("read"):
                clip = next(stream, None)
            if clip is None:
                return
            with self.seconds.of("shots"):
                cuts = detector.cuts(clip.frames)
            self.cuts += [clip.first + c for c in cuts]
            scene, target = self._scene(clip, shots_between(cuts, len(clip)))
            yield clip, scene, target
            del clip, scene, target

    def mine_all(self, source: VideoSource) -> Iterator[TrainingSet]:
        """Only the training_set of a video, for the dataset scope."""
        self.seconds, self.cuts = StageTimer(), []
        booster = self.plan.booster
        for _, scene, _ in self._surveyed(source):
            mined = booster.mine(scene)
            yield training_set_of(read(booster, scene), mined, self.plan.tuning.pixels)

    def _surveyed(self, source: VideoSource) -> Iterator[tuple[Clip, Scene, Maps]]:
        """The scenes, after the booster has seen the whole video if it wants to; one of a single buffer is perceived
        once only."""
        booster = self.plan.booster
        if isinstance(booster, ReadingBooster):
            with self.seconds.of("survey"):
                booster.read(source)
        if self.plan.booster_card.passes < 2 or not isinstance(booster, SurveyingBooster):
            yield from self.scenes(source)
            return
        count, only = 0, None
        for seen in self.scenes(source):
            count, only = count + 1, seen if count == 0 else None
            with self.seconds.of("survey"):
                booster.survey(seen[1])
            del seen  # the next buffer need not share the memory with it
        with self.seconds.of("survey"):
            booster.conclude()
        if only is not None:
            yield only
            return
        self.cuts = []
        yield from self.scenes(source)

    def _scene(self, clip: Clip, shots: list[tuple[int, int]]) -> tuple[Scene, Maps]:
        plan = self.plan
        size = plan.working(clip.size)
        small = resize_frames(clip.frames, size)
        with self.seconds.of("perceive"):
            sight = replace(clip, frames=small)
            seen = [perceive(plan.flow, plan.motion, sight.part(a, b), plan.flow_name) for a, b in shots]
        with self.seconds.of("target"):
            target = np.concatenate(
                [
                    run_target(plan.target, plan.target_card, self._shot(clip, a, b, clues.flow), plan.target_name)
                    for (a, b), clues in zip(shots, seen, strict=True)
                ]
            )
        small_target = resize_maps(target, size)
        motion = np.concatenate([c.motion for c in seen])
        motion_maps = np.concatenate([c.maps for c in seen])
        with self.seconds.of("fuse"):
            links = joined([c.links for c in seen])
            fused = smooth_along_flow(plan.fusion.predict(small, motion, small_target), links)
            fused_without_target = smooth_along_flow(plan.fusion.predict(small, motion), links)
        agreement = s_measure(torch.from_numpy(motion_maps), torch.from_numpy(small_target)).clamp(0, 1).numpy()
        scene = Scene(
            video=clip.video,
            names=clip.names,
            first=clip.first,
            frames=small,
            shots=tuple(shots),
            target=small_target,
            motion=motion,
            motion_maps=motion_maps,
            fused=fused,
            quality=np.concatenate([c.quality for c in seen]),
            consistency=agreement,
            still=np.concatenate([c.still for c in seen]),
            full=clip.frames,
            fused_without_target=fused_without_target,
            links=links,
        )
        return scene, target

    def _shot(self, clip: Clip, start: int, stop: int, flow: NDArray[np.float32]) -> Clip:
        part = clip.part(start, stop)
        return replace(part, flow=flow) if self.plan.target_card.needs_flow and stop - start > 1 else part

    def _finish(self, predicted: PredictedBuffer) -> BoostedBuffer:
        booster, scene, predictions = self.plan.booster, predicted.scene, predicted.predictions
        with self.seconds.of("gate"):
            if predictions is None:
                boosted = scene.fused
            elif isinstance(booster, FusingBooster):
                boosted = booster.fuse(scene, predictions)
            else:
                boosted = fuse(scene, predictions)
            decision = gate(scene, boosted, predictions if predicted.learned else None)
            if isinstance(booster, ReviewingBooster):
                decision = booster.review(scene, boosted, decision)
            maps = decision.at_size(predicted.target)
            if isinstance(booster, KnowingBooster):
                for t, known in booster.known(scene).items():
                    maps[t] = resize_maps(known[None], (int(maps.shape[1]), int(maps.shape[2])))[0]
        clip = predicted.clip
        return BoostedBuffer(clip.frames, scene, predicted.mined, decision, maps, predicted.target, predicted.losses)


def read(booster: Booster, scene: Scene) -> Scene:
    """The scene as the student reads it."""
    return replace(scene, target=booster.tell(scene)) if isinstance(booster, TellingBooster) else scene


def training_set_of(scene: Scene, mined: Mined, pixels: int | None = None) -> TrainingSet:
    """The mined frames with everything the student may learn from, after the training_set from beyond the scene; shrunk to
    about ``pixels`` a frame (None: as they are)."""
    chosen = mined.indices
    own = TrainingSet(
        scene.frames[chosen], mined.pseudo_truth, mined.weights, scene.motion[chosen], scene.target[chosen]
    )
    training_set = own if mined.extra is None else join([mined.extra, own])
    size = (int(scene.frames.shape[1]), int(scene.frames.shape[2]))
    return (
        training_set
        if pixels is None or size[0] * size[1] <= pixels
        else at_size(training_set, working_size(size, pixels))
    )
