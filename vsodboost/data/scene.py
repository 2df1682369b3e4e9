"""What the engine knows of one buffer of frames when a booster is asked what to learn from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import FlowField, Frames, Maps, PerFrame, Proposals

if TYPE_CHECKING:
    from vsodboost.decision.fusion import Predictions
    from vsodboost.decision.gate import Decision
    from vsodboost.io.video import VideoSource
    from vsodboost.perception.links import Links
    from vsodboost.pipeline.plan import Plan
    from vsodboost.spatial.finetune import TrainingSet


@dataclass(frozen=True)
class Scene:
    """One buffer at the working size (h, w): T consecutive frames and every clue about them.

    ``target``, ``motion_maps`` and ``fused`` are maps ``float32[T, h, w]`` in [0, 1]: the target model's, the motion
    saliency, and the fusion network's first prediction; ``fused_without_target`` is its prediction without the target's map (None: not
    asked). ``motion`` is the object motion ``float32[T, h, w, 2]`` px (zero where a shot has one frame). ``quality`` is
    the motion quality, ``consistency`` the S-measure of target and motion saliency, both ``float32[T]``. ``shots`` are
    half-open ranges of frames between cuts. ``full`` are the frames at the source size, while they are resident.
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
    full: Frames | None = None
    """The frames at the source size, ``uint8[T, H, W, 3]``, for those who look closer; the engine always gives them."""
    fused_without_target: Maps | None = None
    links: Links | None = None
    """What belongs together in neighbouring frames (None: unknown, as if nothing did)."""

    @property
    def independent(self) -> Maps:
        """The best prediction that owes nothing to the target: ``fused_without_target``, else the motion saliency."""
        return self.motion_maps if self.fused_without_target is None else self.fused_without_target

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class Mined:
    """What a booster chose to learn from: frame ``indices`` of the scene (int64[K], ascending), their pseudo ground
    truth ``float32[K, h, w]`` in [0, 1] and ``weights`` float32[K] > 0. ``notes`` explain the choice (JSON values).
    ``extra`` are training_set from outside the scene. Notes under "boxes" are drawn on the contact sheet: a list of
    {"frame": index in the scene, "box": [x0, y0, x1, y1] px at the working size, "kind": "salient" | "background" |
    "undecided"}; notes under "warnings", a list of lines, are told to the user."""

    indices: NDArray[np.int64]
    pseudo_truth: Maps
    weights: PerFrame
    notes: dict[str, Any] = field(default_factory=dict)
    extra: TrainingSet | None = None

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
class PreparingBooster(Booster, Protocol):
    """A booster with a say in the plan: another student, other tuning."""

    def prepare(self, plan: Plan) -> Plan:
        """The plan to work by, once a run; ``plan`` itself stays as it is."""
        ...


@runtime_checkable
class ReadingBooster(Booster, Protocol):
    """A booster that reads the video's frames before the first scene is made (its card says ``passes=2``)."""

    def read(self, source: VideoSource) -> None:
        """Take notes of a video; called once a video, before anything else."""
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
class TellingBooster(Booster, Protocol):
    """A booster that has something better for the student to read than the target's maps."""

    def tell(self, scene: Scene) -> Maps:
        """Maps ``float32[T, h, w]`` in [0, 1] that the student reads in their place, while it learns and when it is
        asked; called after ``mine``."""
        ...


@runtime_checkable
class FusingBooster(Booster, Protocol):
    """A booster that makes the final map its own way before the gate."""

    def fuse(self, scene: Scene, predictions: Predictions) -> Maps:
        """Final maps ``float32[T, h, w]`` from the tuned student's ``predictions`` (the untuned one's, if nothing was
        mined)."""
        ...


@runtime_checkable
class ReviewingBooster(Booster, Protocol):
    """A booster that knows something which the gate does not."""

    def review(self, scene: Scene, boosted: Maps, decision: Decision) -> Decision:
        """What becomes of the gate's decision between ``boosted`` and the target's maps."""
        ...


@runtime_checkable
class KnowingBooster(Booster, Protocol):
    """A booster that knows some frames' maps."""

    def known(self, scene: Scene) -> Mapping[int, NDArray[np.float32]]:
        """Maps ``float32[H, W]`` in [0, 1] of any size by index in the scene; they are the result as they are."""
        ...


@runtime_checkable
class SceneDetector(Protocol):
    """A proposal detector that goes by what is known of the scene instead of by frames alone (see ``Detector``)."""

    def detect_scene(self, scene: Scene, spatial: Maps) -> Sequence[Proposals]:
        """Proposals of each frame, best first, px at the working size; ``spatial`` float32[T, h, w] in [0, 1] are the
        untuned spatial model's maps of the frames alone."""
        ...
