"""Object proposals: asked of a detector, pruned, and kept for the whole video without order.

``ProposalPool`` holds P and F of Chen et al. (LIMVSOD, IEEE TCSVT 2022), kilobytes a frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.settings import PruningRule
from vsodboost.data.scene import Scene
from vsodboost.data.types import Boxes, Frames, Maps, Proposals
from vsodboost.ops.boxes import areas, clipped, iou, non_maximum_suppression
from vsodboost.ops.flow_image import flow_images
from vsodboost.registry.checks import checked_proposals
from vsodboost.registry.guard import guarded
from vsodboost.registry.interfaces import Detector, SceneDetector


@dataclass(frozen=True)
class ProposalPool:
    """N proposals: ``frame`` int64[N] in the video, ``boxes`` float32[N, 4] px at the working size, ``scores``
    float32[N], ``motion`` float32[N] (PMS, Eq. 8), ``features`` float32[N, D], ``mirrored`` the same of the mirrored
    frames or None, ``crops`` the encoded pictures or None."""

    frame: NDArray[np.int64]
    boxes: Boxes
    scores: NDArray[np.float32]
    motion: NDArray[np.float32]
    features: NDArray[np.float32]
    mirrored: NDArray[np.float32] | None = None
    crops: tuple[bytes, ...] | None = None

    def __len__(self) -> int:
        return len(self.frame)

    def rows(self, first: int, count: int) -> NDArray[np.int64]:
        """Indices of the proposals of frames ``first`` to ``first + count`` (half-open)."""
        return np.flatnonzero((self.frame >= first) & (self.frame < first + count))


@dataclass
class ProposalPoolBuilder:
    """Collects proposals scene by scene; features are held in half precision."""

    _frame: list[NDArray[np.int64]] = field(default_factory=list)
    _boxes: list[Boxes] = field(default_factory=list)
    _scores: list[NDArray[np.float32]] = field(default_factory=list)
    _motion: list[NDArray[np.float32]] = field(default_factory=list)
    _features: list[NDArray[np.float16]] = field(default_factory=list)
    _mirrored: list[NDArray[np.float16]] = field(default_factory=list)
    _crops: list[bytes] = field(default_factory=list)

    def add(
        self,
        frame: int,
        proposals: Proposals,
        motion: NDArray[np.float32],
        features: NDArray[np.float32],
        mirrored: NDArray[np.float32] | None = None,
        crops: list[bytes] | None = None,
    ) -> None:
        """The proposals of one frame of the video and what is known of each; a frame without any may be left out."""
        self._frame.append(np.full(len(proposals), frame, np.int64))
        self._boxes.append(proposals.boxes)
        self._scores.append(proposals.scores)
        self._motion.append(motion)
        self._features.append(features.astype(np.float16))
        if mirrored is not None:
            self._mirrored.append(mirrored.astype(np.float16))
        self._crops += crops or []

    def checkpoint(self) -> dict[str, Any]:
        """Return what was added, as plain values."""
        kept = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "_crops"}
        together = {name: np.concatenate(parts) if parts else None for name, parts in kept.items()}
        return {**together, "_crops": list(self._crops)}

    @classmethod
    def restored(cls, saved: dict[str, Any]) -> ProposalPoolBuilder:
        """Return a builder to which was added what ``checkpoint`` gave."""
        crops = saved["_crops"]
        return cls(**{n: [] if v is None else [v] for n, v in saved.items() if n != "_crops"}, _crops=list(crops))

    def build(self) -> ProposalPool | None:
        """Everything that was added, None if that is not one proposal."""
        if sum(map(len, self._frame)) == 0:
            return None
        return ProposalPool(
            np.concatenate(self._frame),
            np.concatenate(self._boxes).astype(np.float32),
            np.concatenate(self._scores).astype(np.float32),
            np.concatenate(self._motion).astype(np.float32),
            np.concatenate(self._features).astype(np.float32),
            np.concatenate(self._mirrored).astype(np.float32) if self._mirrored else None,
            tuple(self._crops) or None,
        )


MOST = 10
MOST_OF_FLOW = 3
SCRIPT_OVERLAP = 0.8
SCRIPT_LEAST = 4
SCRIPT_SHARE = 0.2


def best(proposals: Proposals, most: int = MOST) -> Proposals:
    """The ``most`` proposals of the highest scores, best first; of equal scores the earlier counts."""
    return _taken(proposals, np.argsort(-proposals.scores, kind="stable")[:most])


def staged(frame: Proposals, flow: Proposals) -> Proposals:
    """The released script's pruning of one frame: the ten best on the frame and the three best on its flow image.

    Fewer than four in all: none (the script skips the frame). Else boxes that overlap a better one by more than .8 go;
    then those that touch the best box go unless their score is over a fifth of its; where more than two are left the
    same is done with the second.
    """
    top, top_of_flow = best(frame, MOST), best(flow, MOST_OF_FLOW)
    together = Proposals(
        np.concatenate([top.boxes, top_of_flow.boxes]), np.concatenate([top.scores, top_of_flow.scores])
    )
    if len(together) < SCRIPT_LEAST:
        return _taken(together, np.zeros(0, np.int64))
    kept = non_maximum_suppression(together.boxes, together.scores, SCRIPT_OVERLAP)
    remaining = _beside(_taken(together, kept), 0)
    return _beside(remaining, 1) if len(remaining) > 2 else remaining


def _beside(proposals: Proposals, leader: int) -> Proposals:
    """Without those that overlap the ``leader``-th and score at most a fifth of it; better ones than it stay."""
    overlaps = iou(proposals.boxes[leader : leader + 1], proposals.boxes)[0]
    kept = (overlaps <= 0) | (proposals.scores > SCRIPT_SHARE * proposals.scores[leader])
    kept[: leader + 1] = True
    return _taken(proposals, np.flatnonzero(kept))


def _taken(proposals: Proposals, rows: np.ndarray) -> Proposals:
    return Proposals(proposals.boxes[rows], proposals.scores[rows])


def propose(
    detector: Detector | SceneDetector, plugin: str, scene: Scene, spatial: Maps, rule: PruningRule = "best"
) -> list[Proposals]:
    """Pruned proposals of each frame, px at the working size, best first; ``spatial`` are the spatial model's maps.

    A detector of frames sees them at the source size where the scene has them. ``rule`` "stages" also shows it the
    flow images; a detector of scenes has seen the motion anyway.

    Raises:
        PluginError: the detector failed, or returned something else.
    """
    size = (int(scene.frames.shape[1]), int(scene.frames.shape[2]))
    none = [Proposals(np.zeros((0, 4), np.float32), np.zeros(0, np.float32)) for _ in range(len(scene))]
    of_flow = none
    if isinstance(detector, SceneDetector):
        with guarded(plugin, of=detector):
            given = detector.detect_scene(scene, spatial)
        found = at_size(checked_proposals(given, len(scene), plugin), size, size)
    else:
        found = _on_frames(detector, plugin, scene.frames if scene.full is None else scene.full, size)
        if rule == "stages":
            of_flow = _on_frames(detector, plugin, flow_images(scene.motion), size)
    if rule == "stages":
        return [staged(frame, flow) for frame, flow in zip(found, of_flow, strict=True)]
    return [best(proposals) for proposals in found]


def _on_frames(detector: Detector, plugin: str, frames: Frames, size: tuple[int, int]) -> list[Proposals]:
    with guarded(plugin, of=detector):
        given = detector.detect(frames)
    found = checked_proposals(given, len(frames), plugin)
    return at_size(found, (int(frames.shape[1]), int(frames.shape[2])), size)


def at_size(found: Sequence[Proposals], seen: tuple[int, int], size: tuple[int, int]) -> list[Proposals]:
    """Return the proposals of frames of ``seen`` (H, W) px scaled to ``size`` (h, w).

    What lies outside the frame is cut off; boxes that are then under a px wide or high are dropped.
    """
    scale = np.array([size[1] / seen[1], size[0] / seen[0]] * 2, np.float32)
    scaled = []
    for proposals in found:
        boxes = clipped(proposals.boxes * scale, *size)
        wide = (areas(boxes) > 0) & (boxes[:, 2] - boxes[:, 0] >= 1) & (boxes[:, 3] - boxes[:, 1] >= 1)
        scaled.append(Proposals(boxes[wide], proposals.scores[wide]))
    return scaled
