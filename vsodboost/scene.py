"""What the engine knows of one buffer of frames when a booster is asked what to learn from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vsodboost.types import FlowField, Frames, Maps, PerFrame


@dataclass(frozen=True)
class Scene:
    """One buffer at the working size (h, w): T consecutive frames and every clue about them.

    ``target``, ``motion_maps`` and ``fused`` are maps ``float32[T, h, w]`` in [0, 1]: the target model's, the motion
    saliency, and the fusion network's first opinion. ``motion`` is the object motion ``float32[T, h, w, 2]`` px (zero where
    a shot has one frame). ``quality`` is the motion quality, ``consistency`` the S-measure of target and motion
    saliency, both ``float32[T]``. ``shots`` are half-open ranges of frames between cuts.
    """

    video: str
    names: tuple[str, ...]
    first: int
    frames: Frames
    shots: tuple[tuple[int, int], ...]
    target: Maps
    motion: FlowField
    motion_maps: Maps
    fused: Maps
    quality: PerFrame
    consistency: PerFrame
    still: NDArray[np.bool_]
    """``bool[T]``: nothing but noise moves there, so motion says nothing."""

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class Mined:
    """What a booster chose to learn from: frame ``indices`` of the scene (int64[K], ascending), their pseudo ground
    truth ``float32[K, h, w]`` in [0, 1] and ``weights`` float32[K] > 0. ``notes`` explain the choice (JSON values)."""

    indices: NDArray[np.int64]
    pseudo_truth: Maps
    weights: PerFrame
    notes: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.indices)


def nothing_mined(scene: Scene, **notes: Any) -> Mined:
    """No frame is worth learning from."""
    empty = np.zeros(0, np.float32)
    return Mined(np.zeros(0, np.int64), np.zeros((0, *scene.target.shape[1:]), np.float32), empty, notes)


@runtime_checkable
class Booster(Protocol):
    """A booster decides what to learn from; the engine tunes, predicts, fuses, gates and writes."""

    def mine(self, scene: Scene) -> Mined:
        """Choose frames of the scene and their pseudo ground truth."""
        ...


@runtime_checkable
class SurveyingBooster(Booster, Protocol):
    """A booster whose card says ``passes=2``: it sees every scene of the video once before it mines."""

    def survey(self, scene: Scene) -> None:
        """Take notes of one scene; called for every scene in order, before the first ``mine``."""
        ...

    def conclude(self) -> None:
        """The whole video was surveyed."""
        ...


@runtime_checkable
class FusingBooster(Booster, Protocol):
    """A booster that makes the final map its own way before the gate."""

    def fuse(self, scene: Scene, predicted: Maps) -> Maps:
        """Final maps ``float32[T, h, w]`` from the tuned model's ``predicted`` ones."""
        ...
