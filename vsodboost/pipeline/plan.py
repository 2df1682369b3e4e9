"""What is to be done with a video: every choice made, every part built, before the first frame is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from vsodboost.data.cards import BoosterCard, Card, TargetCard
from vsodboost.data.errors import UsageError
from vsodboost.data.scene import Booster
from vsodboost.ops.resize import working_size
from vsodboost.perception.motion_model import CameraResidual, FlowReader, MotionModel, TrainedMotion
from vsodboost.registry.device import resolve_device
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import FlowEstimator, Request, Target
from vsodboost.spatial.finetune import TuneSettings
from vsodboost.spatial.student import Student

Scope = Literal["video", "dataset"]
Profile = Literal["fast", "paper"]


@dataclass(frozen=True)
class Options:
    """What a user may choose; the names are the command line's."""

    target: str = "lite"
    profile: Profile = "fast"
    """``paper`` is a preset of the others, made by the booster; ``choose`` applies it."""
    booster: str = "mqp"
    flow: str = "dis"
    spatial_model: str = "lite"
    detector: str = "blobs"
    motion: Literal["mqpm", "camera", "mqpm-paper"] = "mqpm"
    scope: Scope = "video"
    buffer: int = 100
    steps: int | None = None
    device: str = "auto"
    seed: int = 0
    carry_over: bool = False
    """Keep the student from one video to the next, as the papers' scripts do (results then depend on the order)."""
    target_options: Mapping[str, str] = field(default_factory=dict)
    booster_options: Mapping[str, str] = field(default_factory=dict)
    flow_options: Mapping[str, str] = field(default_factory=dict)
    detector_options: Mapping[str, str] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """A line that is the same exactly when results would be (device and resuming apart)."""
        import json
        from dataclasses import asdict

        values = {k: v for k, v in asdict(self).items() if k != "device"}
        return json.dumps(values, sort_keys=True, default=dict)


@dataclass
class Plan:
    """Everything built. ``target_name`` and ``flow_name`` are how errors call the plugins."""

    options: Options
    target: Target
    target_card: TargetCard
    flow: FlowEstimator
    motion: MotionModel | FlowReader
    booster: Booster
    booster_card: BoosterCard
    student: Student
    fusion: Student
    tuning: TuneSettings
    device: str
    registry: Registry
    working: Callable[[tuple[int, int]], tuple[int, int]] = working_size
    """Size (h, w) at which scenes are worked on, given that of the source (H, W)."""

    @property
    def target_name(self) -> str:
        return f"target '{self.options.target}'"

    def dataset_tuning(self, training_set: int) -> TuneSettings:
        """Tuning for the dataset scope: enough steps to see every lesson about twice."""
        return replace(self.tuning, steps=max(self.tuning.steps, training_set * 2 // self.tuning.batch))

    @property
    def flow_name(self) -> str:
        return f"flow estimator '{self.options.flow}'"


def choose(given: Mapping[str, Any], registry: Registry) -> Options:
    """Options from those ``given`` by name; the profile chooses the others.

    Raises:
        UsageError: the booster, or the value of one of its options, does not exist, or it has no such profile.
    """
    options = Options(**given)
    if options.profile == "fast":
        return options
    if options.profile != "paper":
        raise UsageError(f"no profile is called '{options.profile}'; there are fast and paper")
    card = registry.card("boosters", options.booster)
    if card.paper_profile is None:
        known = [name for name, entry in registry.entries["boosters"].items() if _has_paper_profile(entry.card)]
        raise UsageError(f"booster '{options.booster}' has no profile 'paper'; those that have: {', '.join(known)}")
    preset = card.paper_profile(options.booster_options)
    # The booster itself may be another under this profile, even where it was named.
    return replace(options, **{k: v for k, v in preset.items() if k == "booster" or k not in given})


def _has_paper_profile(card: Card) -> bool:
    return isinstance(card, BoosterCard) and card.paper_profile is not None


def make_plan(options: Options, registry: Registry, *, target: tuple[Any, TargetCard] | None = None) -> Plan:
    """Build every part. ``target`` is a live object of the Python API and its card, instead of ``options.target``.

    Raises:
        UsageError: unknown names or options, a device that is not here.
        WeightsError: weights are missing.
    """
    if options.buffer < 2:
        raise UsageError(f"a buffer of {options.buffer} frames is too short; use at least 2 (default 100)")
    device = resolve_device(options.device)

    def request(chosen: Mapping[str, str]) -> Request:
        return Request(options=dict(chosen), device=device, seed=options.seed)

    found, card = target or registry.build("targets", options.target, request(options.target_options))
    own = getattr(found, "card", None)  # onnx:FILE learns its card from the file
    card = own if isinstance(own, TargetCard) else card
    flow, _ = registry.build("flows", options.flow, request(options.flow_options))
    booster, booster_card = registry.build("boosters", options.booster, request(options.booster_options))
    network, spatial_card = registry.build("spatial_models", options.spatial_model, request({}))
    if spatial_card.channels != 3:
        raise UsageError(
            f"spatial model '{options.spatial_model}' reads {spatial_card.channels} channels, so it is no student; "
            f"it is for --booster labels --booster-option network={options.spatial_model}"
        )
    fusion_network, fusion_card = registry.build("spatial_models", "lite", request({}))
    tuning = TuneSettings() if options.steps is None else TuneSettings(steps=options.steps)
    return Plan(
        options=options,
        target=as_target(found, card, request(options.target_options)),
        target_card=card,
        flow=flow,
        motion=_motion_model(options, device),
        booster=booster,
        booster_card=booster_card,
        student=Student(network, spatial_card, device),
        fusion=Student(fusion_network, fusion_card, device),
        tuning=tuning,
        device=device,
        registry=registry,
    )


def as_target(found: Any, card: TargetCard, request: Request) -> Target:
    """What a factory returned, as a Target: a torch module is run by its card, a function gets the frames.

    Raises:
        UsageError: it is none of the three.
    """
    from torch import nn

    from vsodboost.targets.network_target import CallableTarget, NetworkTarget

    if isinstance(found, Target):
        return found
    if isinstance(found, nn.Module):
        return NetworkTarget(found, card, request)
    if callable(found):
        return CallableTarget(found)
    raise UsageError(
        f"a {type(found).__name__} is no target; give a function frames -> maps, a torch module or a Target"
    )


def _motion_model(options: Options, device: str) -> MotionModel | FlowReader:
    if options.motion == "camera":
        return CameraResidual()
    if options.motion == "mqpm-paper":
        from vsodboost.networks.paper_mqpm import PaperMotion, PaperMqpm
        from vsodboost.weights.store import load_into

        paper = PaperMqpm()
        load_into(paper, "mqpm-paper")
        return PaperMotion(paper, device)
    from vsodboost.networks.mqpm import MotionQualityNetwork
    from vsodboost.weights.shipped import load_shipped

    network = MotionQualityNetwork()
    load_shipped(network, "mqpm")
    return TrainedMotion(network, device)
