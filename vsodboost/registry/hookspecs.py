"""The whole plugin surface. Implement any of these with ``@vsodboost.hookimpl`` and name your module in pyproject:

    [project.entry-points.vsodboost]
    mymodel = "my_package.vsod_plugin"

Every ``register`` takes ``(name, factory, card)``; ``factory(request)`` is called when the plugin is used, not before.
"""

from __future__ import annotations

from typing import Any, Protocol

import pluggy

from vsodboost.data.cards import BoosterCard, Card, DetectorCard, FlowCard, SpatialModelCard, TargetCard
from vsodboost.registry.interfaces import Request

hookspec = pluggy.HookspecMarker("vsodboost")
hookimpl = pluggy.HookimplMarker("vsodboost")


class Factory(Protocol):
    """Builds the plugin object for one run."""

    def __call__(self, request: Request, /) -> Any: ...


class RegisterTarget(Protocol):
    """``register(name, factory, card)``; the factory returns a Target, an nn.Module or a callable frames -> maps."""

    def __call__(self, name: str, factory: Factory, card: TargetCard) -> None: ...


class RegisterFlow(Protocol):
    """``register(name, factory, card)``; the factory returns a FlowEstimator."""

    def __call__(self, name: str, factory: Factory, card: FlowCard) -> None: ...


class RegisterDetector(Protocol):
    """``register(name, factory, card)``; the factory returns a Detector."""

    def __call__(self, name: str, factory: Factory, card: DetectorCard) -> None: ...


class RegisterBooster(Protocol):
    """``register(name, factory, card)``; the factory returns a Booster."""

    def __call__(self, name: str, factory: Factory, card: BoosterCard) -> None: ...


class RegisterSpatialModel(Protocol):
    """``register(name, factory, card)``; the factory returns an nn.Module: images [N,3,h,w] -> logits [N,1,h,w]."""

    def __call__(self, name: str, factory: Factory, card: SpatialModelCard) -> None: ...


class RegisterMotionModel(Protocol):
    """``register(name, factory, card)``; the factory returns a MotionModel or a FlowReader."""

    def __call__(self, name: str, factory: Factory, card: Card) -> None: ...


class RegisterFusionNetwork(Protocol):
    """``register(name, factory, card)``; the factory returns a FusionNetwork, or an nn.Module: images [N,3,h,w] and
    guidance channels [N,4,h,w] -> logits [N,1,h,w]."""

    def __call__(self, name: str, factory: Factory, card: SpatialModelCard) -> None: ...


class RegisterDecision(Protocol):
    """``register(name, factory, card)``; the factory returns a DecisionRule."""

    def __call__(self, name: str, factory: Factory, card: Card) -> None: ...


class RegisterWriter(Protocol):
    """``register(name, factory, card)``; the factory returns a Writer."""

    def __call__(self, name: str, factory: Factory, card: Card) -> None: ...


class RegisterExecutor(Protocol):
    """``register(name, factory, card)``; the factory returns an Executor."""

    def __call__(self, name: str, factory: Factory, card: Card) -> None: ...


class RegisterLayout(Protocol):
    """``register(name, factory, card)``; the factory returns a ``vsodboost.Layout`` of that name, or several."""

    def __call__(self, name: str, factory: Factory, card: Card) -> None: ...


@hookspec
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """Add target models: what ``--target NAME`` finds."""


@hookspec
def vsodboost_register_flows(register: RegisterFlow) -> None:
    """Add optical flow estimators: what ``--flow NAME`` finds."""


@hookspec
def vsodboost_register_detectors(register: RegisterDetector) -> None:
    """Add object-proposal detectors: what ``--detector NAME`` finds."""


@hookspec
def vsodboost_register_boosters(register: RegisterBooster) -> None:
    """Add boosters: what ``--booster NAME`` finds."""


@hookspec
def vsodboost_register_spatial_models(register: RegisterSpatialModel) -> None:
    """Add spatial models, the students that are fine-tuned: what ``--spatial-model NAME`` finds."""


@hookspec
def vsodboost_register_motion_models(register: RegisterMotionModel) -> None:
    """Add motion models, which say what moves and how well: what ``--motion NAME`` finds."""


@hookspec
def vsodboost_register_fusion_networks(register: RegisterFusionNetwork) -> None:
    """Add fusion networks, which read frame, motion and the target's map: what ``--fusion-network NAME`` finds."""


@hookspec
def vsodboost_register_decisions(register: RegisterDecision) -> None:
    """Add decisions, trust and gate in one: what ``--decision NAME`` finds."""


@hookspec
def vsodboost_register_writers(register: RegisterWriter) -> None:
    """Add writers, one an output: what ``--write NAME`` finds."""


@hookspec
def vsodboost_register_executors(register: RegisterExecutor) -> None:
    """Add executors, which decide where videos are processed: what ``--executor NAME`` finds."""


@hookspec
def vsodboost_register_layouts(register: RegisterLayout) -> None:
    """Add layouts of data sets: what is recognised, and what ``--layout NAME`` finds."""


@hookspec
def vsodboost_video_started(video: str) -> None:
    """A video is opened. ``video`` is its name."""


@hookspec
def vsodboost_video_mined(video: str, first: int, mined: list[int]) -> None:
    """A buffer was mined: ``first`` is the buffer's first frame index, ``mined`` the frame indices in the video."""


@hookspec
def vsodboost_video_tuned(video: str, first: int, losses: list[float]) -> None:
    """The spatial model was fine-tuned on a buffer; ``losses`` holds the loss of each step."""


@hookspec
def vsodboost_video_finished(video: str, summary: dict[str, Any]) -> None:
    """A video is done; ``summary`` is what ``run.json`` says of it."""
