"""What a booster is: one required method, and defaults that are the standard pipeline."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.cards import Card
from vsodboost.data.decision import Decision
from vsodboost.data.errors import PluginError, a_type
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.training_set import TuneSettings
from vsodboost.data.types import Maps
from vsodboost.data.video import VideoSource
from vsodboost.registry.interfaces import FlowEstimator, FusionNetwork, StudentModel, Target

FORMER = {
    "prepare": "setup", "read": "begin_video", "conclude": "end_survey", "tell": "guidance", "review": "decide",
    "known": "fixed_maps",
}  # fmt: skip
"""Methods of the contract before 0.2, and what they are called now."""
NEAR = 0.75
"""Names at least so alike (difflib's ratio) to a method that a booster lacks are taken for misspelt."""


@dataclass(frozen=True)
class Context:
    """What a booster may know of the run before it starts.

    ``target``, ``flow``, ``student``, ``fusion`` and ``tuning`` are the run's parts; ``working`` gives the size (h, w)
    at which scenes are worked on, from that of the source (H, W). ``steps`` is the number of tuning steps that the
    user asked for, None if that is open.
    """

    device: str
    seed: int
    profile: str
    scope: Literal["video", "dataset"]
    buffer: int
    steps: int | None
    target: Target
    flow: FlowEstimator
    flow_name: str
    student: StudentModel
    fusion: FusionNetwork
    tuning: TuneSettings
    working: Callable[[tuple[int, int]], tuple[int, int]]
    detector: Callable[[], Any]
    """Builds the proposal detector of the run (``--detector``). Raises as ``build`` does."""
    detector_name: str
    motion_name: str
    build: Callable[..., tuple[Any, Card]]
    """Builds another plugin from its kind ("spatial_models", "detectors" ...), name and, if need be, options; returns
    it and its card.
    Raises UnknownPlugin, WeightsError or PluginError."""
    fuse: Callable[[Scene, Predictions], Maps]
    """The standard fusion of the student's predictions, ``float32[T, h, w]``."""


@dataclass(frozen=True)
class Overrides:
    """What a booster puts in the place of the run's own parts; None leaves a part as it is."""

    student: StudentModel | None = None
    fusion: FusionNetwork | None = None
    tuning: TuneSettings | None = None
    working: Callable[[tuple[int, int]], tuple[int, int]] | None = None


class Booster(ABC):
    """Decides what to learn from. Only ``mine`` is required; every other method's default is the standard pipeline.

    Methods are called in this order: ``setup`` once a run; for each video ``begin_video``, then, if the card says
    ``passes=2``, ``survey`` for every scene and ``end_survey``; then for every scene ``mine``, ``guidance`` (the
    student is tuned and asked in between), ``fuse``, ``decide``, ``fixed_maps`` and ``checkpoint``.

    A public method whose name is nearly one of these, while that one is missing, is refused when the class is made.
    """

    context: Context
    """Set before ``setup`` is called."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        problem = _misspelt(cls, own=vars(cls))
        if problem:
            raise TypeError(problem)

    def setup(self, context: Context) -> Overrides:
        """Return what is to be exchanged: another student, other tuning. Called once a run, before anything else."""
        return Overrides()

    def begin_video(self, source: VideoSource) -> None:  # noqa: B027 - nothing is the standard pipeline
        """Forget the last video; called once a video, before its first scene. ``source`` may be read."""

    def survey(self, scene: Scene) -> None:  # noqa: B027
        """Take notes of one scene in the first of two passes; called only if the card says ``passes=2``."""

    def end_survey(self) -> None:  # noqa: B027
        """Draw conclusions: the whole video was surveyed."""

    @abstractmethod
    def mine(self, scene: Scene) -> Mined:
        """Choose frames of the scene and their pseudo ground truth."""

    def guidance(self, scene: Scene) -> Maps:
        """Return the maps ``float32[T, h, w]`` in [0, 1] that the student reads beside the frame; called after
        ``mine``. Default: the target's."""
        return scene.target

    def fuse(self, scene: Scene, predictions: Predictions) -> Maps:
        """Return the boosted maps ``float32[T, h, w]`` in [0, 1] from the student's predictions. A booster that has a
        ``fuse`` of its own gets the untuned student's where nothing was mined. Default: the plan's fusion."""
        return self.context.fuse(scene, predictions)

    def decide(self, scene: Scene, boosted: Maps, decision: Decision) -> Decision:
        """Return what becomes of the ``decision`` between ``boosted`` and the target's maps. Default: it stands."""
        return decision

    def fixed_maps(self, scene: Scene) -> Mapping[int, NDArray[np.float32]]:
        """Return maps ``float32[H, W]`` in [0, 1], of any size, by index in the scene, that are the result as they are.
        Default: none."""
        return {}

    def checkpoint(self) -> dict[str, Any]:
        """Return what the next scene depends on of the scenes before, and of the survey: numbers, texts, arrays and
        tensors in lists, tuples and dictionaries. Asked between scenes, so that a killed run can go on there.

        A booster that has ``begin_video`` or a survey, but not this, is taken to remember what nobody can save: its
        unfinished videos are made anew.
        """
        return {}

    def restore(self, saved: dict[str, Any]) -> None:  # noqa: B027
        """Remember what ``checkpoint`` gave; called after ``begin_video``, instead of what came before it."""


METHODS = tuple(name for name, value in vars(Booster).items() if callable(value) and not name.startswith("_"))
"""The methods of the contract."""


def _misspelt(cls: type, own: Mapping[str, Any]) -> str:
    """Return what is wrong with the public methods ``own`` of a booster's class; "" if nothing is."""
    missing = [name for name in METHODS if getattr(cls, name, None) in (None, getattr(Booster, name))]
    for name, value in own.items():
        if name.startswith("_") or name in METHODS or not callable(value) or isinstance(value, type):
            continue
        near = difflib.get_close_matches(name, missing, n=1, cutoff=NEAR)
        if near:
            return f"{cls.__name__}.{name} looks like a booster's method '{near[0]}' misspelt; rename one of them"
    return ""


class PlainBooster(Booster):
    """A plain object with ``mine`` as a booster: its own methods where it has them, else the defaults."""

    def __init__(self, found: Any) -> None:
        self.found = found
        for name in METHODS:
            own = getattr(found, name, None)
            if own is not None:
                setattr(self, name, own)

    def mine(self, scene: Scene) -> Mined:
        """Ask the object itself."""
        mined: Mined = self.found.mine(scene)
        return mined


def as_booster(found: Any, plugin: str) -> Booster:
    """Return what a factory made as a Booster.

    Raises:
        PluginError: it has no method ``mine``, an attribute that is named like a method and is none, or a method
            whose name is nearly one of the contract's.
    """
    if isinstance(found, Booster):
        return found
    if not callable(getattr(found, "mine", None)):
        raise PluginError(f"{plugin}: its factory returned {a_type(found)} without the method mine")
    for name in METHODS:
        if getattr(found, name, None) is not None and not callable(getattr(found, name)):
            raise PluginError(f"{plugin}: its attribute '{name}' is named like a booster's method; rename it")
    problem = _misspelt(type(found), own={name: getattr(found, name, None) for name in dir(found)})
    if problem:
        raise PluginError(f"{plugin}: {problem}")
    return PlainBooster(found)


def former_methods(booster: Booster) -> list[str]:
    """Return a line for each method of the former contract that a plain object still has: it is not called."""
    if not isinstance(booster, PlainBooster):
        return []
    return [
        f"its method '{former}' is not called; since 0.2 it is '{now}' (docs/plugins.md)"
        for former, now in FORMER.items()
        if callable(getattr(booster.found, former, None)) and not hasattr(booster.found, now)
    ]


def can_resume(booster: Booster) -> bool:
    """Return whether a video can go on in its middle: the booster says what it remembers, or has nothing to forget."""
    says = overrides(booster, "checkpoint") and overrides(booster, "restore")
    return says or not any(overrides(booster, name) for name in ("begin_video", "survey", "end_survey"))


def overrides(booster: Booster, method: str) -> bool:
    """Return whether the booster brings that method itself."""
    return method in vars(booster) or getattr(type(booster), method) is not getattr(Booster, method)
