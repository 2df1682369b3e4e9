"""The first pass: of every frame its proposals, their motion values and their features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.backbone import CropFeatures
from vsodboost.boosters.longterm.crop_classifier import SIDE
from vsodboost.boosters.longterm.crops import crop, encoded
from vsodboost.boosters.longterm.motion_value import motion_values
from vsodboost.boosters.longterm.pool import ProposalPoolBuilder
from vsodboost.boosters.longterm.proposing import propose
from vsodboost.boosters.longterm.rules import MotionRule
from vsodboost.boosters.longterm.settings import LongtermSettings
from vsodboost.boosters.longterm.sight import look
from vsodboost.data.scene import Scene, SceneDetector
from vsodboost.networks.lite import LiteNetwork
from vsodboost.registry.interfaces import Detector


@dataclass(frozen=True)
class ProposalCollector:
    """``network`` is the untuned spatial model; ``crop_features`` replaces its features where a timm network is
    chosen; ``detector_name`` is how errors call the detector."""

    network: LiteNetwork
    detector: Detector | SceneDetector
    detector_name: str
    settings: LongtermSettings
    device: str = "cpu"
    crop_features: CropFeatures | None = None

    def survey(self, scene: Scene, pool: ProposalPoolBuilder) -> None:
        """Put the proposals of every frame of the scene on the pool. Raises PluginError when the detector fails."""
        settings = self.settings
        flips = settings.classifier_flips == "on" and settings.classifier == "features"
        by_sight = self.crop_features is None
        sight = look(self.network, scene.frames, mirrored=flips and by_sight, device=self.device)
        proposals = propose(self.detector, self.detector_name, scene, sight.maps, settings.proposals)
        for t, found in enumerate(proposals):
            if len(found) == 0:
                continue
            boxes = found.boxes
            if self.crop_features is None:
                features = sight.features(t, boxes)
                mirrored = sight.features(t, boxes, mirrored=True) if flips else None
            else:
                features = self.crop_features.features(scene, t, boxes)
                mirrored = self.crop_features.features(scene, t, boxes, mirrored=True) if flips else None
            crops = None
            if settings.classifier == "crops":
                crops = [encoded(crop(scene, t, np.asarray(box)), SIDE) for box in boxes]
            motion = motion_values(told_salient(scene, t, settings.motion_value), boxes, settings.motion_value)
            pool.add(scene.first + t, found, motion, features, mirrored, crops)


def told_salient(scene: Scene, t: int, rule: MotionRule) -> NDArray[np.float32]:
    """What tells the salient clusters at frame t, ``float32[h, w]`` in [0, 1]: the motion saliency, or, by the rule
    ``predictions``, the fusion network's map, which has seen the motion too (nothing where nothing moves)."""
    moving: NDArray[np.float32] = scene.motion_maps[t]
    return scene.fused[t] if rule == "predictions" and moving.any() else moving
