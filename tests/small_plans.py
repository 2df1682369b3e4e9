"""A plan of small parts: a one-layer student, flow known beforehand, and whatever booster and target a test brings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vsodboost.data.cards import BoosterCard, SpatialModelCard, TargetCard
from vsodboost.data.scene import Scene
from vsodboost.data.training_set import TuneSettings
from vsodboost.data.types import FlowField, Frames
from vsodboost.decision.gate import TrustGate
from vsodboost.perception.motion_model import CameraResidual
from vsodboost.pipeline.executors.local import Local
from vsodboost.pipeline.options import Options
from vsodboost.pipeline.plan import Plan, set_up
from vsodboost.registry.booster import as_booster
from vsodboost.registry.discovery import Registry
from vsodboost.spatial.student import Student
from vsodboost.targets.network_target import CallableTarget
from vsodboost.weights.shipped import shipped_path


class BrightNetwork(nn.Module):
    """Bright is salient: one convolution that starts as the mean of the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 1, 1)
        nn.init.constant_(self.layer.weight, 2.0)
        nn.init.zeros_(self.layer.bias)

    def forward(self, images: Tensor) -> Tensor:
        """``[N, 3, h, w]`` -> logits ``[N, 1, h, w]``."""
        logits: Tensor = self.layer(images)
        return logits


class ConstantFlow:
    """The same displacement (dx, dy) everywhere, and its opposite when asked the other way round."""

    def __init__(self, dx: float = 0.0, dy: float = 0.0) -> None:
        self.step = (dx, dy)

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        """Frames tell their time by their upper left pixel's blue; the flow is that many steps."""
        apart = second[:, 0, 0, 2].astype(np.float32) - first[:, 0, 0, 2]
        return np.broadcast_to(apart[:, None, None, None] * np.float32(self.step), (*first.shape[:3], 2)).astype(
            np.float32
        )


def numbered(frames: Frames) -> Frames:
    """The frames with their numbers written into the upper left 8 x 8 px, for ``ConstantFlow``."""
    frames = frames.copy()
    frames[:, :8, :8, 2] = np.arange(len(frames), dtype=np.uint8)[:, None, None]
    return frames


def bright_student() -> Student:
    """A student of one layer; white is 1 after its normalisation, black -1."""
    half = (0.5, 0.5, 0.5)
    return Student(BrightNetwork(), SpatialModelCard(summary="bright", learning_rate=0.05, mean=half, std=half))


def small_plan(
    booster: Any,
    function: Callable[[Frames], Any] | None = None,
    *,
    target: Any = None,
    card: TargetCard | None = None,
    flow: Any = None,
    booster_card: BoosterCard | None = None,
    **options: Any,
) -> Plan:
    """A plan without any network file; the target is ``function`` frames -> maps, or ``target``."""
    target = target or CallableTarget(function or (lambda frames: frames[..., 0] / np.float32(255)))
    plan = Plan(
        options=Options(**{"target": "small", **options}),
        target=target,
        target_card=card or TargetCard(summary="small"),
        flow=flow or ConstantFlow(),
        motion=CameraResidual(),
        booster=as_booster(booster, "booster 'small'"),
        booster_card=booster_card or BoosterCard(summary="small"),
        student=bright_student(),
        fusion=bright_student(),
        decision=TrustGate(shipped_path("trust", ".json")),
        executor=Local(),
        tuning=TuneSettings(steps=3),
        device="cpu",
        registry=Registry(),
    )
    return set_up(plan)


def small_scene(count: int = 4, size: tuple[int, int] = (32, 64), **changes: Any) -> Scene:
    """A scene of ``count`` black frames in one shot with empty maps; ``changes`` are fields to set."""
    empty = np.zeros((count, *size), np.float32)
    scene = Scene(
        video="small",
        names=tuple(f"{t:05d}" for t in range(count)),
        first=0,
        frames=np.zeros((count, *size, 3), np.uint8),
        shots=((0, count),),
        target=empty,
        motion=np.zeros((count, *size, 2), np.float32),
        motion_maps=empty,
        fused=empty,
        quality=np.ones(count, np.float32),
        consistency=np.ones(count, np.float32),
        static=np.zeros(count, bool),
    )
    return replace(scene, **changes)


def weights_of(student: Student) -> Tensor:
    """All weights in one row."""
    return torch.cat([p.detach().flatten() for p in student.network.parameters()])
