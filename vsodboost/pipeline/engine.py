"""The buffered stream: perceive, mine, tune, predict, fuse, decide. Data goes left to right, once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.decision import Decision
from vsodboost.data.errors import InputError
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.training_set import TrainingSet, TuneSettings
from vsodboost.data.types import Clip, Maps
from vsodboost.data.video import VideoSource
from vsodboost.decision.fusion import predict
from vsodboost.decision.gate import at_source_size
from vsodboost.io.buffers import START, Position, buffers, resident
from vsodboost.ops.freed_memory import give_back
from vsodboost.ops.resize import resize_maps, working_size
from vsodboost.perception.shots import shots_between
from vsodboost.pipeline.checkpoint import VideoMemory, restored, taken
from vsodboost.pipeline.plan import Plan
from vsodboost.pipeline.seeing import see
from vsodboost.pipeline.stage_timer import StageTimer
from vsodboost.registry.booster import overrides
from vsodboost.registry.checks import checked_decision, checked_fixed_maps, checked_mined, checked_scene_maps
from vsodboost.registry.guard import guarded
from vsodboost.registry.world import stepwise
from vsodboost.spatial.finetune import tune
from vsodboost.spatial.replay import at_size


@dataclass(frozen=True)
class PredictedBuffer:
    """One buffer before the decision: the source ``clip``, the ``scene``, the target's maps float32[T, H, W] at the
    source size, what was ``mined``, the tuning's ``losses``, and the student's ``predictions`` (None: it was not
    asked). ``tuned``: the student has learned something of this video."""

    clip: Clip
    scene: Scene
    target: Maps
    mined: Mined
    losses: tuple[float, ...]
    predictions: Predictions | None
    tuned: bool


class Engine:
    """Boosts videos one after another; the student forgets each video before the next.

    ``memory`` is what is known of the present video.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.memory = VideoMemory()

    @property
    def seconds(self) -> StageTimer:
        """Those of the present video by stage."""
        return self.memory.seconds

    @property
    def cuts(self) -> list[int]:
        """The frames of the present video that begin a new shot."""
        return self.memory.cuts

    def boost(
        self,
        source: VideoSource,
        *,
        weights: dict[str, torch.Tensor] | None = None,
        saved: dict[str, Any] | None = None,
        surveyed: Callable[[], None] = lambda: None,
    ) -> Iterator[BoostedBuffer]:
        """Yield the video buffer by buffer, boosted.

        Args:
            source: the video.
            weights: tuned ones of the student, to be used as they are (dataset scope).
            saved: what ``checkpoint`` gave between two buffers: go on there.
            surveyed: called after every buffer of the first of two passes, when a checkpoint may be taken, too.

        Raises:
            VideoError: a frame, a map or a plugin's answer is not usable.
            Stale: it is not the video of ``saved``.
        """
        return stepwise(self._boost(source, weights, saved, surveyed))

    def checkpoint(self) -> dict[str, Any]:
        """Return what the next buffer depends on, as plain values, between two buffers of ``boost``."""
        return taken(self.plan, self.memory)

    def predict(self, source: VideoSource) -> Iterator[PredictedBuffer]:
        """Yield the video buffer by buffer, up to the decision. Raises as ``boost`` does."""
        return stepwise(self._predict(source, None))

    def scenes(self, source: VideoSource) -> Iterator[tuple[Clip, Scene, Maps]]:
        """Yield every buffer with its scene and the target's maps at the source size. Raises as ``boost`` does."""
        self.memory = VideoMemory()
        return stepwise(self._scenes(source))

    def mined_frames(
        self,
        source: VideoSource,
        saved: dict[str, Any] | None = None,
        surveyed: Callable[[], None] = lambda: None,
    ) -> Iterator[TrainingSet]:
        """Yield only what is mined of a video, for the dataset scope. ``saved`` and ``surveyed`` are as in ``boost``,
        and it raises as that does."""
        return stepwise(self._mined_frames(source, saved, surveyed))

    def decide(self, predicted: PredictedBuffer) -> BoostedBuffer:
        """Fuse the predictions, decide between target and boosted maps, and enlarge the result."""
        scene, predictions = predicted.scene, predicted.predictions
        with self.seconds.of("decide"):
            boosted = self._fused(scene, predictions)
            with guarded(self.plan.name("decision")):
                decision = self.plan.decision.decide(scene, boosted, predictions if predicted.tuned else None)
            decision = checked_decision(decision, scene, self.plan.name("decision"))
            with guarded(self.plan.name("booster"), "in decide"):
                decision = self.plan.booster.decide(scene, boosted, decision)
            decision = checked_decision(decision, scene, self.plan.name("booster"))
            give_back()
            maps = self._at_source_size(scene, decision, predicted.target)
            if scene.silent.any():
                decision = replace(
                    decision, target_trust=np.where(scene.silent, np.float32(np.nan), decision.target_trust)
                )
        frames = predicted.clip.frames
        return BoostedBuffer(frames, scene, predicted.mined, decision, maps, predicted.target, predicted.losses)

    def _boost(
        self,
        source: VideoSource,
        weights: dict[str, torch.Tensor] | None,
        saved: dict[str, Any] | None,
        surveyed: Callable[[], None],
    ) -> Iterator[BoostedBuffer]:
        for predicted in self._predict(source, weights, saved, surveyed):
            yield self.decide(predicted)
            del predicted  # before the next buffer is read: one at a time is resident

    def _predict(
        self,
        source: VideoSource,
        weights: dict[str, torch.Tensor] | None,
        saved: dict[str, Any] | None = None,
        surveyed: Callable[[], None] = lambda: None,
    ) -> Iterator[PredictedBuffer]:
        plan = self.plan
        if not plan.options.carry_over:
            plan.student.reset()
        for clip, scene, target in self._surveyed(source, saved, surveyed):
            mined = self._mine(scene)
            guided = self._with_guidance(scene)
            losses: list[float] = []
            if weights is not None:
                plan.student.load(weights)
            else:
                with self.seconds.of("tune"):
                    chosen = training_set_of(guided, mined, plan.tuning.pixels)
                    replay = self.memory.replay
                    settings = plan.tuning if replay.size == 0 else self._later_tuning(clip)
                    losses = tune(plan.student, replay.with_earlier(chosen), settings, plan.options.seed)
            give_back()
            tuned = weights is not None or self.memory.replay.size > 0
            with self.seconds.of("predict"):
                asked = tuned or overrides(plan.booster, "fuse")
                predictions = predict(plan.student, guided, every_frame=plan.asks_of_every_frame) if asked else None
            give_back()
            yield PredictedBuffer(clip, scene, target, mined, tuple(losses), predictions, tuned)
            del clip, scene, guided, target, mined, predictions
        if self.memory.position.frames == 0:
            raise InputError(f"{source.path}: no frame in it")

    def _later_tuning(self, clip: Clip) -> TuneSettings:
        """Return the tuning of a buffer after the first: the student begins where the last one left it, so a buffer
        that frame size cuts short takes a part of the steps."""
        limit = self.plan.options.buffer
        kept = resident(clip.frames.shape[1:3], limit)
        return replace(self.plan.tuning, steps=math.ceil(self.plan.tuning.steps * kept / limit))

    def _mined_frames(
        self, source: VideoSource, saved: dict[str, Any] | None, surveyed: Callable[[], None]
    ) -> Iterator[TrainingSet]:
        for _, scene, _ in self._surveyed(source, saved, surveyed):
            mined = self._mine(scene)
            yield training_set_of(self._with_guidance(scene), mined, self.plan.tuning.pixels)

    def _surveyed(
        self,
        source: VideoSource,
        saved: dict[str, Any] | None = None,
        surveyed: Callable[[], None] = lambda: None,
    ) -> Iterator[tuple[Clip, Scene, Maps]]:
        """Yield the scenes, after the booster has surveyed the whole video if its card says so; one of a single buffer
        is seen once only."""
        self.memory = VideoMemory()
        booster, name = self.plan.booster, self.plan.name("booster")
        with self.seconds.of("survey"), guarded(name, "in begin_video"):
            booster.begin_video(source)
        if saved is not None:
            self.memory = restored(self.plan, saved)
        memory = self.memory
        if memory.is_surveyed or self.plan.booster_card.passes < 2 or not overrides(booster, "survey"):
            memory.is_surveyed = True
            yield from self._scenes(source, memory.position)
            return
        count, only = int(saved is not None), None
        for seen in self._scenes(source, memory.position):
            count, only = count + 1, seen if count == 0 else None
            with self.seconds.of("survey"), guarded(name, "in survey"):
                booster.survey(seen[1])
            del seen  # the next buffer need not share the memory with it
            surveyed()
        with self.seconds.of("survey"), guarded(name, "in end_survey"):
            booster.end_survey()
        memory.is_surveyed = True
        if only is not None:
            yield only
            return
        memory.rewind()
        surveyed()
        yield from self._scenes(source)

    def _scenes(self, source: VideoSource, start: Position = START) -> Iterator[tuple[Clip, Scene, Maps]]:
        stream = buffers(source, self.plan.options.buffer, start)
        while True:
            with self.seconds.of("read"):
                clip = next(stream, None)
            if clip is None:
                return
            with self.seconds.of("shots"):
                self.memory.position = self.memory.position.after(clip.frames)
                cuts = self.memory.detector.cuts(clip.frames)
            self.memory.cuts += [clip.first + c for c in cuts]
            scene, target = see(self.plan, clip, shots_between(cuts, len(clip)), self.seconds)
            _read_only(scene)
            give_back()
            yield clip, scene, target
            del clip, scene, target

    def _mine(self, scene: Scene) -> Mined:
        name = self.plan.name("booster")
        with self.seconds.of("mine"), guarded(name, f"on frames {scene.names[0]} to {scene.names[-1]}"):
            mined = self.plan.booster.mine(scene)
        return checked_mined(mined, scene, name)

    def _with_guidance(self, scene: Scene) -> Scene:
        """Return the scene as the student reads it."""
        name = self.plan.name("booster")
        with guarded(name, "in guidance"):
            guidance = self.plan.booster.guidance(scene)
        return (
            scene
            if guidance is scene.target
            else replace(scene, target=checked_scene_maps(guidance, scene, name, "guidance"))
        )

    def _fused(self, scene: Scene, predictions: Predictions | None) -> Maps:
        if predictions is None:
            return scene.fused
        name = self.plan.name("booster")
        with guarded(name, "in fuse"):
            boosted = self.plan.booster.fuse(scene, predictions)
        return checked_scene_maps(boosted, scene, name, "fused maps")

    def _at_source_size(self, scene: Scene, decision: Decision, target: Maps) -> Maps:
        maps = at_source_size(decision, target)
        name = self.plan.name("booster")
        with guarded(name, "in fixed_maps"):
            fixed = self.plan.booster.fixed_maps(scene)
        for t, known in checked_fixed_maps(fixed, scene, name).items():
            maps[t] = resize_maps(known[None], (int(maps.shape[1]), int(maps.shape[2])))[0]
        return maps


def training_set_of(scene: Scene, mined: Mined, pixels: int | None = None) -> TrainingSet:
    """Return the mined frames with everything the student may learn from, after the extra ones from outside the scene;
    shrunk to about ``pixels`` a frame (None: as they are)."""
    chosen = mined.indices
    own = TrainingSet(
        scene.frames[chosen], mined.pseudo_truth, mined.weights, scene.motion[chosen], scene.target[chosen]
    )
    found = own if mined.extra is None else TrainingSet.concat([mined.extra, own])
    size = (int(scene.frames.shape[1]), int(scene.frames.shape[2]))
    return found if pixels is None or size[0] * size[1] <= pixels else at_size(found, working_size(size, pixels))


def _read_only(scene: Scene) -> None:
    """Close the scene's arrays to boosters that would write into them."""
    for f in fields(scene):
        value = getattr(scene, f.name)
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
