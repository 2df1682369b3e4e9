"""Trust: a label-free estimate of a map's S-measure, from how far other predictions agree with it.

Target, motion, the untuned and the tuned student err in different places, so a map they all agree with is rarely wrong.
The weights of the features are fitted on annotated video that the networks were not trained on (``vsodboost train
trust``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Scene
from vsodboost.data.types import Maps, PerFrame
from vsodboost.decision.small_model import SmallModel
from vsodboost.ops.motion_image import camera_residual_saliency
from vsodboost.ops.overlap import soft_overlap
from vsodboost.ops.resize import resize_flow, resize_maps
from vsodboost.ops.s_measure import s_measure
from vsodboost.ops.tensors import as_tensor

FEATURES = (
    "target",
    "motion",
    "motion_by_quality",
    "fused",
    "target_free",
    "unguided",
    "guided",
    "worst",
    "mean",
    "decided",
    "steady",
    "area",
    "quality",
    "motion_and_appearance",
    "target_and_target_free",
    "boosted",
    "s_boosted",
    "s_target_free",
    "s_motion",
    "moves",
    "motion_missed",
    "residual",
)
FORMER_NAMES = {
    "independent": "target_free",
    "alone": "unguided",
    "informed": "guided",
    "target_and_independent": "target_and_target_free",
    "s_independent": "s_target_free",
}
"""Features as files written before 0.2 name them; read until 0.3."""
COARSER = 4
"""The S-measures among the features are taken at this fraction of the working size: they take a sixteenth of the
time."""


class SceneFacts:
    """What the features of any maps of a scene have in common: gathered once for all maps that are looked at."""

    def __init__(self, scene: Scene) -> None:
        height, width = scene.target.shape[1:]
        self.size = (max(1, height // COARSER), max(1, width // COARSER))
        self.moving = camera_residual_saliency(resize_flow(scene.motion, self.size))
        """Untrained motion saliency ``float32[T, h, w]`` at the coarser ``size``."""
        self.motion_and_appearance = soft_overlap(scene.target_free, scene.motion_maps)
        self.target_and_target_free = soft_overlap(scene.target, scene.target_free)


def trust_features(
    m: Maps, scene: Scene, predictions: Predictions, boosted: Maps, facts: SceneFacts | None = None
) -> NDArray[np.float32]:
    """Return what can be said of maps ``m`` float32[T,h,w] without a label: ``float32[T, len(FEATURES)]``, all about
    [0, 1].

    ``boosted`` float32[T,h,w] are the maps that the predictions made together; ``facts`` are the scene's, if they are
    at hand.
    """
    facts = facts or SceneFacts(scene)
    overlaps = [
        soft_overlap(m, other)
        for other in (
            scene.target,
            scene.motion_maps,
            scene.fused,
            scene.target_free,
            predictions.unguided,
            predictions.guided,
        )
    ]
    target, motion, fused, target_free, unguided, guided = overlaps
    moves, missed, residual = _beside_motion(m, facts)
    together = np.stack([fused, target_free, unguided, guided])
    area = m.mean(axis=(1, 2))
    undecided = (m * (1 - m)).mean(axis=(1, 2)) / np.maximum(area, 1e-3)
    before = np.concatenate([m[:1], m[:-1]])
    steady = soft_overlap(m, before)
    for start, _ in scene.shots:
        if start + 1 < len(m):
            steady[start] = steady[start + 1]
    values = (
        target,
        motion,
        motion * scene.quality,
        fused,
        target_free,
        unguided,
        guided,
        together.min(axis=0),
        together.mean(axis=0),
        1 - np.clip(undecided, 0, 1),
        steady,
        np.sqrt(np.clip(area, 0, 1)),
        scene.quality,
        facts.motion_and_appearance,
        facts.target_and_target_free,
        soft_overlap(m, boosted),
        *(_likeness(m, other) for other in (boosted, scene.target_free, scene.motion_maps)),
        moves,
        missed,
        residual,
    )
    return np.stack(values, axis=1).astype(np.float32)


def _likeness(m: Maps, reference: Maps) -> PerFrame:
    """Return the S-measure of maps against a reference, both made coarser."""
    size = (max(1, m.shape[1] // COARSER), max(1, m.shape[2] // COARSER))
    small, truth = (as_tensor(resize_maps(x, size)) for x in (m, reference))
    return np.asarray(s_measure(small, truth).clamp(0, 1).numpy(), np.float32)


def _beside_motion(m: Maps, facts: SceneFacts) -> tuple[PerFrame, PerFrame, PerFrame]:
    """Return what untrained motion saliency says of maps, each float32[T] in [0, 1]: how much of the map moves, how
    much of what moves it misses, and their overlap."""
    size, moving = facts.size, facts.moving
    small = resize_maps(m, size)
    shared, least = (small * moving).sum(axis=(1, 2)), 1e-3 * size[0] * size[1]
    shown, moved = small.sum(axis=(1, 2)), moving.sum(axis=(1, 2))
    moves = np.where(shown > least, shared / np.maximum(shown, least), 0).astype(np.float32)
    missed = np.where(moved > least, 1 - shared / np.maximum(moved, least), 0).astype(np.float32)
    return moves, missed, soft_overlap(small, moving)


def _no_interval() -> NDArray[np.float32]:
    return np.zeros((0, 3), np.float32)


@dataclass(frozen=True)
class TrustModel(SmallModel):
    """Estimates the S-measure of a map from its ``trust_features``. ``interval`` float32[B, 3]: trust in ascending
    order, and how far below and above it the true S-measure may lie (split conformal prediction, Lei et al., 2018: of
    videos that the estimate was not fitted on, one in twenty lies beyond each end)."""

    WHAT = "trust model"
    NAMES = FEATURES
    FORMER_NAMES = FORMER_NAMES

    interval: NDArray[np.float32] = field(default_factory=_no_interval)

    def interval_of(self, trust: PerFrame) -> tuple[PerFrame, PerFrame] | None:
        """Return the ends of the interval of each ``trust`` float32[T]; None when the model has none."""
        if not len(self.interval):
            return None
        at, below, above = self.interval.T
        low, high = trust - np.interp(trust, at, below), trust + np.interp(trust, at, above)
        return np.clip(low, 0, trust).astype(np.float32), np.clip(high, trust, 1).astype(np.float32)


@cache
def load_trust(path: Path) -> TrustModel:
    """The trust model in a file. Raises WeightsError when it is missing or of another version."""
    return TrustModel.read(path)
