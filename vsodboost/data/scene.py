"""What is known of one buffer of frames, and what a booster chose to learn from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.links import Links
from vsodboost.data.training_set import TrainingSet
from vsodboost.data.types import FlowField, Frames, Maps, PerFrame


@dataclass(frozen=True)
class Scene:
    """One buffer at the working size (h, w): T consecutive frames and everything known about them. Its arrays are
    read-only: change copies.

    ``target``, ``motion_maps`` and ``fused`` are maps ``float32[T, h, w]`` in [0, 1]: the target model's, the motion
    saliency, and the fusion network's untuned prediction; ``fused_without_target`` is its prediction without the
    target's map (None: not asked). ``motion`` is the object motion ``float32[T, h, w, 2]`` px (zero where a shot has
    one frame). ``quality`` is the motion quality, ``consistency`` the S-measure of target and motion saliency, both
    ``float32[T]``. ``shots`` are half-open ranges of frames between cuts.
    """

    video: str
    names: tuple[str, ...]
    first: int
    """Index in the video of the buffer's first frame."""
    frames: Frames
    shots: tuple[tuple[int, int], ...]
    target: Maps
    motion: FlowField
    motion_maps: Maps
    fused: Maps
    quality: PerFrame
    consistency: PerFrame
    static: NDArray[np.bool_]
    """``bool[T]``: nothing but noise moves there, so motion says nothing."""
    full: Frames | None = None
    """The frames at the source size, ``uint8[T, H, W, 3]``, for those who look closer; the engine always gives them."""
    fused_without_target: Maps | None = None
    no_target: NDArray[np.bool_] | None = None
    """``bool[T]``: the target has no map there; ``target`` is then what the fusion network says without it. None: it
    has one everywhere."""
    links: Links | None = None
    """What belongs together in neighbouring frames (None: unknown, as if nothing did)."""

    @property
    def target_free(self) -> Maps:
        """The best prediction that owes nothing to the target: ``fused_without_target``, else the motion saliency."""
        return self.motion_maps if self.fused_without_target is None else self.fused_without_target

    @property
    def silent(self) -> NDArray[np.bool_]:
        """``bool[T]``: frames for which the target has no map."""
        return np.zeros(len(self), bool) if self.no_target is None else self.no_target

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class Mined:
    """What a booster chose to learn from: frame ``indices`` of the scene (int64[K], ascending), their pseudo ground
    truth ``float32[K, h, w]`` in [0, 1] and ``weights`` float32[K] > 0. ``notes`` explain the choice (JSON values).
    ``extra`` is a training set from outside the scene. Notes under "boxes" are drawn on the contact sheet: a list of
    {"frame": index in the scene, "box": [x0, y0, x1, y1] px at the working size, "kind": "salient" | "background" |
    "undecided"}; notes under "warnings", a list of lines, are told to the user."""

    indices: NDArray[np.int64]
    pseudo_truth: Maps
    weights: PerFrame
    notes: dict[str, Any] = field(default_factory=dict)
    extra: TrainingSet | None = None

    def __len__(self) -> int:
        return len(self.indices)

    @classmethod
    def nothing(cls, scene: Scene, **notes: Any) -> Mined:
        """Return the choice of no frame at all; ``notes`` say why."""
        empty = np.zeros(0, np.float32)
        return cls(np.zeros(0, np.int64), np.zeros((0, *scene.target.shape[1:]), np.float32), empty, notes)
