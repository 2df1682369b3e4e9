"""The first pass: of every frame its proposals, their motion values and features; and a few frames to keep in hand.

Salient proposals are known only after the whole video was seen, when its frames are gone. The frames that are likeliest
to become keyframes, a bounded number however long the video, are kept at the working size.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.classifiers import SIDE
from vsodboost.boosters.longterm.features import CropFeatures, FeatureNetwork, crop, encoded, look
from vsodboost.boosters.longterm.proposals import ProposalPoolBuilder, propose
from vsodboost.boosters.longterm.settings import LongtermSettings, MotionRule
from vsodboost.boosters.longterm.teaching import batch_winners
from vsodboost.data.scene import Scene
from vsodboost.data.types import Boxes
from vsodboost.ops.box_mean import box_means
from vsodboost.registry.interfaces import Detector, SceneDetector

LEAST_SHARE = 0.25
PENALTY = 10.0


def motion_values(motion_map: NDArray[np.float32], boxes: Boxes, rule: MotionRule = "mean") -> NDArray[np.float32]:
    """Motion values ``float32[N]`` in [0, 1] of boxes ``float32[N, 4]`` px on a motion saliency map ``float32[H, W]``.

    ``mean`` is Eq. 8 of LIMVSOD: the average of the map in the box; so is ``predictions``, of another map.
    ``penalised`` is the released script's: that average, a tenth of it where the box holds less than a quarter of the
    whole frame's motion saliency (in a frame without any, nothing is penalised because nothing is there).
    """
    size = (int(motion_map.shape[0]), int(motion_map.shape[1]))
    means = box_means(motion_map, boxes, size)
    if rule != "penalised":
        return means
    total = float(motion_map.sum(dtype=np.float64))
    held = means * _area_inside(boxes, size)
    return np.where((total > 0) & (held < LEAST_SHARE * total), means / PENALTY, means).astype(np.float32)


def _area_inside(boxes: Boxes, size: tuple[int, int]) -> NDArray[np.float32]:
    width = np.minimum(boxes[:, 2], size[1]) - np.maximum(boxes[:, 0], 0)
    height = np.minimum(boxes[:, 3], size[0]) - np.maximum(boxes[:, 1], 0)
    return np.asarray(np.clip(width, 0, None) * np.clip(height, 0, None), np.float32)


LIMIT = 16
"""A frame with its cues takes about 2 MB at the working size."""


@dataclass
class KeyframeReservoir:
    """Candidates held while the video is surveyed; ``batch`` is B."""

    batch: int = 5
    _held: list[Scene] = field(default_factory=list)
    _scenes: int = 0

    def add(self, scene: Scene) -> None:
        """Keep the frames of the scene on which target and motion agree best, and thin out what is held."""
        self._scenes += 1
        promise = scene.consistency * scene.quality
        chosen = batch_winners(promise, ~scene.static & (promise > 0), scene.shots, self.batch)
        if len(chosen) > LIMIT:
            chosen = np.sort(chosen[np.argsort(-promise[chosen], kind="stable")[:LIMIT]])
        self._held += [_one_frame(scene, int(t)) for t in chosen]
        if len(self._held) > LIMIT:
            places = np.linspace(0, len(self._held) - 1, LIMIT).round().astype(int)
            self._held = [self._held[i] for i in places]

    def checkpoint(self) -> dict[str, Any]:
        """Return what is held, as plain values."""
        return {"scenes": self._scenes, "held": [vars(scene).copy() for scene in self._held]}

    def restore(self, saved: dict[str, Any]) -> None:
        """Hold what ``checkpoint`` gave."""
        self._scenes, self._held = saved["scenes"], [Scene(**values) for values in saved["held"]]

    def scene(self) -> Scene | None:
        """The kept frames as one scene of one-frame shots; None where the video is a single buffer, or nothing is kept.

        ``first`` means nothing here; see ``frames``.
        """
        if self._scenes < 2 or not self._held:
            return None
        held = self._held
        together: dict[str, Any] = {
            name: np.concatenate([getattr(s, name) for s in held]) for name in _per_frame(held[0])
        }
        return replace(
            held[0],
            names=tuple(s.names[0] for s in held),
            shots=tuple((n, n + 1) for n in range(len(held))),
            **together,
        )

    def frames(self) -> NDArray[np.int64]:
        """Places of the kept frames in the video, ascending, ``int64[<= LIMIT]``."""
        return np.array([s.first for s in self._held], np.int64)


def _one_frame(scene: Scene, t: int) -> Scene:
    """One frame of a scene, copied so that the rest can go; without source and links, which are too large to keep."""
    scene = replace(scene, full=None, links=None)
    parts: dict[str, Any] = {name: getattr(scene, name)[t : t + 1].copy() for name in _per_frame(scene)}
    return replace(scene, names=scene.names[t : t + 1], first=scene.first + t, shots=((0, 1),), **parts)


def _per_frame(scene: Scene) -> list[str]:
    """Names of the fields that hold an array with a row for each frame."""
    return [f.name for f in fields(scene) if isinstance(getattr(scene, f.name), np.ndarray)]


@dataclass(frozen=True)
class ProposalCollector:
    """``network`` is the untuned spatial model; ``crop_features`` replaces its features where a timm network is
    chosen; ``detector_name`` is how errors call the detector."""

    network: FeatureNetwork
    detector: Detector | SceneDetector
    detector_name: str
    settings: LongtermSettings
    device: str = "cpu"
    crop_features: CropFeatures | None = None

    def survey(self, scene: Scene, pool: ProposalPoolBuilder) -> None:
        """Put the proposals of every frame of the scene on the pool. Raises PluginError when the detector fails."""
        settings = self.settings
        flips = settings.classifier_flips == "on" and settings.classifier == "features"
        by_spatial_model = self.crop_features is None
        seen = look(self.network, scene.frames, mirrored=flips and by_spatial_model, device=self.device)
        proposals = propose(self.detector, self.detector_name, scene, seen.maps, settings.proposals)
        for t, found in enumerate(proposals):
            if len(found) == 0:
                continue
            boxes = found.boxes
            if self.crop_features is None:
                features = seen.features(t, boxes)
                mirrored = seen.features(t, boxes, mirrored=True) if flips else None
            else:
                features = self.crop_features.features(scene, t, boxes)
                mirrored = self.crop_features.features(scene, t, boxes, mirrored=True) if flips else None
            crops = None
            if settings.classifier == "crops":
                crops = [encoded(crop(scene, t, np.asarray(box)), SIDE) for box in boxes]
            motion = motion_values(salient_evidence(scene, t, settings.motion_value), boxes, settings.motion_value)
            pool.add(scene.first + t, found, motion, features, mirrored, crops)


def salient_evidence(scene: Scene, t: int, rule: MotionRule) -> NDArray[np.float32]:
    """What tells the salient clusters at frame t, ``float32[h, w]`` in [0, 1]: the motion saliency, or, by the rule
    ``predictions``, the fusion network's map, which has seen the motion too (nothing where nothing moves)."""
    moving: NDArray[np.float32] = scene.motion_maps[t]
    return scene.fused[t] if rule == "predictions" and moving.any() else moving
