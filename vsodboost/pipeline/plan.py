"""What is to be done with a video: every choice made, every part built, before the first frame is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from vsodboost.data.cards import BoosterCard, SpatialModelCard, TargetCard
from vsodboost.data.errors import PluginError, UsageError, a_type
from vsodboost.data.training_set import TuneSettings
from vsodboost.decision.fusion import fuse
from vsodboost.ops.resize import working_size
from vsodboost.pipeline.options import Options
from vsodboost.registry.booster import Booster, Context, Overrides, former_methods
from vsodboost.registry.device import resolve_device
from vsodboost.registry.discovery import Kind, Registry
from vsodboost.registry.guard import guarded_factory
from vsodboost.registry.interfaces import (
    DecisionRule,
    Executor,
    FlowEstimator,
    FlowReader,
    FusionNetwork,
    MotionModel,
    Request,
    Target,
)
from vsodboost.registry.world import own_world
from vsodboost.spatial.student import Student


@dataclass(frozen=True)
class Plan:
    """Everything built. ``notes`` are lines that the user should hear of before the run starts.

    Exchange parts with ``set_up(replace(plan, ...))``: the booster's context then holds the new ones. What the first
    ``setup`` put in the place of parts stays, also where the booster itself is exchanged: replace those parts, too.
    """

    options: Options
    target: Target
    target_card: TargetCard
    flow: FlowEstimator
    motion: MotionModel | FlowReader
    booster: Booster
    booster_card: BoosterCard
    student: Student
    fusion: FusionNetwork
    decision: DecisionRule
    executor: Executor
    tuning: TuneSettings
    device: str
    registry: Registry
    working: Callable[[tuple[int, int]], tuple[int, int]] = working_size
    """Size (h, w) at which scenes are worked on, given that of the source (H, W)."""
    notes: tuple[str, ...] = field(default=())

    @property
    def asks_of_every_frame(self) -> bool:
        """Whether networks of ours look at every frame; else at every third one, and flow carries their maps on."""
        return self.booster_card.every_frame

    def name(self, part: str) -> str:
        """Return what errors call a part: ``plan.name("flow")`` is "flow estimator 'dis'"."""
        return f"{_PARTS[part]} '{getattr(self.options, part)}'"

    def package_versions(self, writers: Iterable[str] = ()) -> dict[str, str]:
        """Return the versions of other packages whose plugins make the maps, and of those whose ``writers`` write."""
        used = [(kind, str(getattr(self.options, part))) for part, kind in _KINDS.items()]
        return self.registry.versions([*used, *(("writers", name) for name in writers)])

    def dataset_tuning(self, frames: int) -> TuneSettings:
        """Return the tuning for the dataset scope: enough steps to see every one of the ``frames`` about twice."""
        return replace(self.tuning, steps=max(self.tuning.steps, frames * 2 // self.tuning.batch))


_PARTS = {
    "target": "target",
    "flow": "flow estimator",
    "booster": "booster",
    "motion": "motion model",
    "spatial_model": "spatial model",
    "fusion_network": "fusion network",
    "decision": "decision",
    "executor": "executor",
    "detector": "detector",
}


_KINDS: dict[str, Kind] = {
    "target": "targets",
    "flow": "flows",
    "booster": "boosters",
    "motion": "motion_models",
    "spatial_model": "spatial_models",
    "fusion_network": "fusion_networks",
    "decision": "decisions",
    "detector": "detectors",
}


def make_plan(options: Options, registry: Registry, *, target: tuple[Any, TargetCard] | None = None) -> Plan:
    """Build every part. ``target`` is a live object of the Python API and its card, instead of ``options.target``.

    What the target notes of how it is run is logged as warnings of the logger ``vsodboost``.

    Raises:
        UsageError: unknown names or options, a device that is not here.
        WeightsError: weights are missing.
        PluginError: a factory, or the booster's ``setup``, failed.
    """
    with own_world():
        return set_up(_built(options, registry, target))


def _built(options: Options, registry: Registry, live: tuple[Any, TargetCard] | None) -> Plan:
    if options.buffer < 2:
        raise UsageError(f"a buffer of {options.buffer} frames is too short; use at least 2 (default 100)")
    device = resolve_device(options.device)

    def build(kind: Kind, name: str, chosen: Mapping[str, str] | None = None) -> tuple[Any, Any]:
        return registry.build(kind, name, Request(options=dict(chosen or {}), device=device, seed=options.seed))

    if live is not None and options.target_options:
        raise UsageError(
            f"target '{options.target}' is an object of yours and takes no options ({', '.join(options.target_options)}"
            " given); its card says how it is fed"
        )
    if options.detector_options:  # it is built where the booster wants one
        registry.check("detectors", options.detector, options.detector_options)
    found, card = live or build("targets", options.target, options.target_options)
    own = getattr(found, "card", None)  # onnx:FILE learns its card from the file
    card = own if isinstance(own, TargetCard) else card
    flow, _ = build("flows", options.flow, options.flow_options)
    booster, booster_card = build("boosters", options.booster, options.booster_options)
    network, spatial_card = build("spatial_models", options.spatial_model)
    if spatial_card.channels != 3:
        raise UsageError(
            f"spatial model '{options.spatial_model}' reads {spatial_card.channels} channels, so it is no student; "
            f"it is for --booster labels --booster-option network={options.spatial_model}"
        )
    fusion, fusion_card = build("fusion_networks", options.fusion_network)
    with guarded_factory(f"target '{options.target}'", found):
        runnable = as_target(found, card, Request(options=dict(options.target_options), device=device))
    return Plan(
        options=options,
        target=runnable,
        target_card=card,
        flow=flow,
        motion=build("motion_models", options.motion)[0],
        booster=booster,
        booster_card=booster_card,
        student=_student(network, spatial_card, device, f"spatial model '{options.spatial_model}'"),
        fusion=as_fusion(fusion, fusion_card, device, f"fusion network '{options.fusion_network}'"),
        decision=build("decisions", options.decision)[0],
        executor=build("executors", options.executor, options.executor_options)[0],
        tuning=TuneSettings() if options.steps is None else TuneSettings(steps=options.steps),
        device=device,
        registry=registry,
        notes=tuple(f"booster '{options.booster}': {line}" for line in former_methods(booster)),
    )


def set_up(plan: Plan) -> Plan:
    """Give the booster its context and return the plan with what its ``setup`` puts in the place of parts.

    ``make_plan`` does this; it is to be done again after parts were exchanged (see ``Plan``).

    Raises:
        UsageError, WeightsError: as the booster says.
        PluginError: ``setup`` failed.
    """
    options, booster = plan.options, plan.booster

    def build(kind: str, name: str, chosen: Mapping[str, str] | None = None) -> tuple[Any, Any]:
        request = Request(options=dict(chosen or {}), device=plan.device, seed=options.seed)
        return plan.registry.build(kind, name, request)  # type: ignore[arg-type]

    booster.context = Context(
        device=plan.device,
        seed=options.seed,
        profile=options.profile,
        scope=options.scope,
        buffer=options.buffer,
        steps=options.steps,
        target=plan.target,
        flow=plan.flow,
        flow_name=plan.name("flow"),
        student=plan.student,
        fusion=plan.fusion,
        tuning=plan.tuning,
        working=plan.working,
        detector=lambda: build("detectors", options.detector, options.detector_options)[0],
        detector_name=plan.name("detector"),
        motion_name=plan.name("motion"),
        build=partial(build),
        fuse=fuse,
    )
    with guarded_factory(plan.name("booster"), booster.setup):
        wanted = booster.setup(booster.context)
    if not isinstance(wanted, Overrides):
        raise PluginError(f"{plan.name('booster')}: setup returned {a_type(wanted)}; expected Overrides")
    if wanted.student is not None and not isinstance(wanted.student, Student):
        raise PluginError(f"{plan.name('booster')}: its student is {a_type(wanted.student)}, not a Student")
    changes = {name: value for name, value in vars(wanted).items() if value is not None}
    return replace(plan, **changes)


def _student(network: Any, card: SpatialModelCard, device: str, name: str) -> Student:
    from torch import nn

    if not isinstance(network, nn.Module):
        raise UsageError(f"{name}: its factory returned {a_type(network)}; expected a torch module")
    return Student(network, card, device, name=name)


def as_fusion(found: Any, card: SpatialModelCard, device: str, name: str) -> FusionNetwork:
    """Return what a factory made as a fusion network: a torch module is run by its card.

    Raises:
        UsageError: it is neither a torch module nor has it a method ``predict``, or the module reads no guidance.
    """
    from torch import nn

    if isinstance(found, nn.Module):
        if not card.guidance:
            raise UsageError(f"{name} sees frames alone; a fusion network's card says guidance=True")
        return Student(found, card, device, name=name)
    if isinstance(found, FusionNetwork):
        return found
    raise UsageError(f"{name}: its factory returned {a_type(found)} without the method predict")


def as_target(found: Any, card: TargetCard, request: Request) -> Target:
    """Return what a factory made as a Target: a torch module is run by its card, a function gets the frames.

    Raises:
        UsageError: it is none of the three, or a module whose output, which the card does not describe, is unclear.
    """
    from torch import nn

    from vsodboost.targets.network_call import described
    from vsodboost.targets.network_target import CallableTarget, NetworkTarget

    if isinstance(found, Target):
        return found
    if isinstance(found, nn.Module):
        return described(found, card, request) if card.output == "auto" else NetworkTarget(found, card, request)
    if callable(found):
        return CallableTarget(found)
    raise UsageError(f"{a_type(found)} is no target; give a function frames -> maps, a torch module or a Target")
