"""What a factory must return, one small protocol a kind of plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from vsodboost.data.types import Clip, FlowField, Frames, Maps, Proposals

if TYPE_CHECKING:
    from vsodboost.spatial.student import Student


@dataclass(frozen=True)
class Request:
    """What a factory is told: the part after the colon, ``--…-option`` values, the device and the seed."""

    argument: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    device: str = "cpu"
    seed: int = 0


@runtime_checkable
class Target(Protocol):
    """A target model. One call gets a clip: any number of frames if the card's window is 1, else exactly ``window``."""

    def predict(self, clip: Clip) -> Maps:
        """Saliency maps ``float32[T, h, w]`` in [0, 1], one a frame; (h, w) may differ from the source size."""
        ...


@runtime_checkable
class TrainableTarget(Target, Protocol):
    """A target of which a copy can be fine-tuned on a video. ``NetworkTarget`` is one."""

    def twin(self, learning_rate: float | None = None) -> Student | None:
        """A copy that learns by itself, at the card's rate if none is given; None if this one cannot learn."""
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
