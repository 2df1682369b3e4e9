"""What a factory must return, one small protocol a kind of plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from vsodboost.data.errors import PluginError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from vsodboost.data.decision import Decision
    from vsodboost.data.predictions import Predictions
    from vsodboost.data.scene import Scene
    from vsodboost.data.types import Clip, FlowField, Frames, Maps, PerFrame, Proposals
    from vsodboost.data.video import VideoSource


class Builder(Protocol):
    """Builds another plugin of the same run by kind (``flows``, ``detectors`` …) and ``NAME`` or ``NAME:ARGUMENT``.

    It gets the same device and seed, and is looked for among the plugins of the run, without those that
    ``--no-plugin`` left out.
    """

    def __call__(self, kind: str, spec: str, /) -> Any: ...


def no_builder(kind: str, spec: str, /) -> Any:
    """Refuse: what a request that no registry made knows of other plugins. Raises PluginError."""
    raise PluginError(f"no plugin '{spec}' ({kind}) can be built here: the request came without a builder; give it one")


@dataclass(frozen=True)
class Request:
    """What a factory is told: the part after the colon, ``--…-option`` values, the device and the seed."""

    argument: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    device: str = "cpu"
    seed: int = 0
    build: Builder = field(default=no_builder, repr=False, compare=False)
    """For a plugin that needs another one: ``request.build("flows", "dis")``. The registry puts it in."""


@runtime_checkable
class Target(Protocol):
    """A target model. One call gets a clip: any number of frames if the card's window is 1, else exactly ``window``."""

    def predict(self, clip: Clip) -> Maps:
        """Saliency maps ``float32[T, h, w]`` in [0, 1], one a frame; (h, w) may differ from the source size."""
        ...


@runtime_checkable
class FusionNetwork(Protocol):
    """A network that improves a saliency map by the frame and the motion beside it."""

    def predict(self, frames: Frames, motion: FlowField | None = None, maps: Maps | None = None) -> Maps:
        """Maps ``float32[T, h, w]`` in [0, 1] of ``uint8[T, h, w, 3]`` RGB frames (sides multiples of 32), object
        motion ``float32[T, h, w, 2]`` px and maps ``float32[T, h, w]`` to be improved; either may be None."""
        ...


@runtime_checkable
class FusesSeveral(FusionNetwork, Protocol):
    """A fusion network that is quicker when it is asked for several maps of the same frames at once."""

    def predict_each(self, frames: Frames, motion: FlowField | None, maps: Sequence[Maps | None]) -> list[Maps]:
        """What ``predict`` returns for each of ``maps``."""
        ...


class StudentModel(FusionNetwork, Protocol):
    """A spatial model that is fine-tuned on a video and put back as it was (``spatial.student.Student``)."""

    def reset(self) -> None:
        """Go back to the initial weights, as at the start of every video."""
        ...

    def state(self) -> dict[str, Tensor]:
        """A copy of the present weights."""
        ...

    def load(self, state: dict[str, Tensor]) -> None:
        """Put weights in that ``state`` gave."""
        ...


@runtime_checkable
class TrainableTarget(Target, Protocol):
    """A target of which a copy can be fine-tuned on a video. ``NetworkTarget`` is one."""

    def twin(self, learning_rate: float | None = None) -> StudentModel | None:
        """A copy that learns by itself, at the card's rate if none is given; None if this one cannot learn."""
        ...


@runtime_checkable
class CheckingTarget(Target, Protocol):
    """A target that can tell before any work whether it will do for a video, such as one that reads files."""

    def check(self, source: VideoSource) -> list[str]:
        """What the user should hear of although the video can be done, a line each; called before the first frame.

        Raises:
            InputError: this video cannot be done; the others go on.
        """
        ...


@runtime_checkable
class PartialTarget(Target, Protocol):
    """A target that has no map for some frames; there the student alone speaks."""

    def missing(self, clip: Clip) -> NDArray[np.bool_]:
        """For which frames there is no map, ``bool[T]``; what ``predict`` returns for them does not count."""
        ...


@runtime_checkable
class FlowEstimator(Protocol):
    """An optical flow estimator."""

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        """Flow ``float32[N, H, W, 2]`` in px from ``first[n]`` to ``second[n]``, both ``uint8[N, H, W, 3]`` RGB."""
        ...


@runtime_checkable
class NamedFlowEstimator(FlowEstimator, Protocol):
    """A flow estimator that must know which frames it gets, because it reads flow from files named after them.

    Where ``estimate_named`` exists it is called instead of ``estimate``.
    """

    def estimate_named(self, first: Clip, second: Clip) -> FlowField:
        """Flow ``float32[N, H, W, 2]`` in px from frame n of ``first`` to frame n of ``second``.

        Both are clips of one video and of equal length, with names and positions (``first``); their frames may be
        smaller than the video's.
        """
        ...


@runtime_checkable
class Detector(Protocol):
    """A proposal detector."""

    def detect(self, frames: Frames) -> Sequence[Proposals]:
        """Proposals of each of ``uint8[N, H, W, 3]`` RGB frames, best first, at most what its options allow."""
        ...


@runtime_checkable
class SceneDetector(Protocol):
    """A proposal detector that goes by what is known of the scene instead of by frames alone (see ``Detector``)."""

    def detect_scene(self, scene: Scene, spatial: Maps) -> Sequence[Proposals]:
        """Proposals of each frame, best first, px at the working size; ``spatial`` float32[T, h, w] in [0, 1] are the
        untuned spatial model's maps of the frames alone."""
        ...


@runtime_checkable
class MotionModel(Protocol):
    """Motion saliency and motion quality of object motion."""

    def predict(self, motion: FlowField) -> tuple[Maps, PerFrame]:
        """Motion saliency ``float32[T, h, w]`` and motion quality ``float32[T]``, both in [0, 1], of object motion
        ``float32[T, h, w, 2]`` px (the camera's is taken out); sides are multiples of 32."""
        ...


@runtime_checkable
class FlowReader(Protocol):
    """A motion model that wants the flow as it is, camera and all: the MQP paper's reads the flow image."""

    def predict_flow(self, flow: FlowField) -> tuple[Maps, PerFrame]:
        """As ``MotionModel.predict``, from flow ``float32[T, h, w, 2]`` px."""
        ...


@runtime_checkable
class Resumable(Protocol):
    """A target, flow estimator, motion model, fusion network or decision whose answer depends on its calls before.

    One without these methods is taken to answer each call alike, whatever came before.
    """

    def checkpoint(self) -> dict[str, Any]:
        """What it remembers, as numbers, texts, arrays and tensors in lists, tuples and dictionaries."""
        ...

    def restore(self, saved: dict[str, Any]) -> None:
        """Remember what ``checkpoint`` gave."""
        ...


@runtime_checkable
class DecisionRule(Protocol):
    """Trust and gate: what becomes of the target's maps and the boosted ones."""

    def decide(self, scene: Scene, boosted: Maps, predictions: Predictions | None) -> Decision:
        """The final maps at the working size, with trust and flags. ``boosted`` is ``float32[T, h, w]`` in [0, 1];
        ``predictions`` are the student's, None where it was tuned on nothing."""
        ...


class Work(Protocol):
    """What is to be done with a video."""

    def __call__(self, source: VideoSource, /) -> dict[str, Any]:
        """Write the outputs and return the summary that ``run.json`` holds."""
        ...


Tell = Callable[[str, str, Any], None]
"""Gets what happens to a video: the event, the video's name, and a value."""


@runtime_checkable
class PortableWork(Work, Protocol):
    """Work that can be done in another process: pickled, it takes along what builds everything anew there.

    A run whose executor has the attribute ``isolates = True`` hands such work to it, and leaves every call of a plugin
    on a video to it.
    """

    def watched(self, tell: Tell, *, resume: bool = False) -> PortableWork:
        """The same work, which says to ``tell`` what happens to its videos; ``resume``: it goes on where an earlier try
        stopped, whether the user said --resume or not."""
        ...

    def relay(self, event: str, video: str, value: Any) -> None:
        """Pass on to the user what ``watched`` work said elsewhere."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What became of a video: its ``summary``, or the ``error`` that it failed by."""

    source: VideoSource
    summary: dict[str, Any] | None = None
    error: Exception | None = None


@runtime_checkable
class Executor(Protocol):
    """Decides where and when the videos of a run are worked on."""

    def run(self, work: Work, sources: Sequence[VideoSource]) -> Iterator[Outcome]:
        """Do ``work`` for every source and yield what became of it, in any order, as soon as it is known.

        ``work`` raises VideoError where a video fails: that is an outcome, and the others go on. Anything else that it
        raises ends the run.
        """
        ...
