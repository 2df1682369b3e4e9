"""Trust: a label-free estimate of a map's S-measure, from how far other predictions agree with it.

Target, motion, the untuned and the tuned student err in different places, so a map they all agree with is rarely wrong.
The weights of the features are fitted on annotated video that the networks were not trained on (``vsodboost train
trust``).
"""

from __future__ import annotations

from collections.abc import Sequence
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
from vsodboost.ops.overlap import Energy, energy, soft_overlap
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


class Witnesses:
    """What every map of a scene is compared with, gathered once for all maps that are looked at: ``maps`` by name, with
    their ``energies``, and some of them at the ``coarser`` size; ``predictions`` are the student's and ``boosted``
    float32[T, h, w] what was made of them."""

    def __init__(self, scene: Scene, predictions: Predictions, boosted: Maps) -> None:
        height, width = scene.target.shape[1:]
        self.scene = scene
        self.size = (max(1, height // COARSER), max(1, width // COARSER))
        self.maps = {
            "target": scene.target,
            "motion": scene.motion_maps,
            "fused": scene.fused,
            "target_free": scene.target_free,
            "unguided": predictions.unguided,
            "guided": predictions.guided,
            "boosted": boosted,
        }
        self.energies = {name: energy(maps) for name, maps in self.maps.items()}
        self.coarser = {name: resize_maps(self.maps[name], self.size) for name in ("boosted", "target_free", "motion")}
        self.moving = camera_residual_saliency(resize_flow(scene.motion, self.size))
        """Untrained motion saliency ``float32[T, h, w]`` at the coarser ``size``."""
        self.motion_and_appearance = self._overlap("target_free", "motion")
        self.target_and_target_free = self._overlap("target", "target_free")

    def agreement(self, m: Maps, own: Energy) -> dict[str, PerFrame]:
        """Return by name how far maps ``m`` float32[T, h, w], whose energy is ``own``, overlap with each of ``maps``:
        float32[T] in [0, 1]."""
        return {name: soft_overlap(m, other, (own, self.energies[name])) for name, other in self.maps.items()}

    def _overlap(self, first: str, second: str) -> PerFrame:
        return soft_overlap(self.maps[first], self.maps[second], (self.energies[first], self.energies[second]))


def trust_features(m: Maps, witnesses: Witnesses) -> NDArray[np.float32]:
    """Return what can be said of maps ``m`` float32[T,h,w] without a label: ``float32[T, len(FEATURES)]``, all about
    [0, 1]."""
    scene, own, small = witnesses.scene, energy(m), resize_maps(m, witnesses.size)
    agreement = witnesses.agreement(m, own)
    together = np.stack([agreement[name] for name in ("fused", "target_free", "unguided", "guided")])
    moves, missed, residual = _beside_motion(small, witnesses.moving)
    area = m.mean(axis=(1, 2))
    undecided = (m * (1 - m)).mean(axis=(1, 2)) / np.maximum(area, 1e-3)
    values = (
        agreement["target"],
        agreement["motion"],
        agreement["motion"] * scene.quality,
        agreement["fused"],
        agreement["target_free"],
        agreement["unguided"],
        agreement["guided"],
        together.min(axis=0),
        together.mean(axis=0),
        1 - np.clip(undecided, 0, 1),
        _steadiness(m, own, scene.shots),
        np.sqrt(np.clip(area, 0, 1)),
        scene.quality,
        witnesses.motion_and_appearance,
        witnesses.target_and_target_free,
        agreement["boosted"],
        *(_likeness(small, witnesses.coarser[name]) for name in ("boosted", "target_free", "motion")),
        moves,
        missed,
        residual,
    )
    return np.stack(values, axis=1).astype(np.float32)


def _steadiness(m: Maps, own: Energy, shots: Sequence[tuple[int, int]]) -> PerFrame:
    """Return each map's overlap with the one before, float32[T] in [0, 1]; the first of a shot has that of the
    second."""
    before = np.r_[0, np.arange(len(m) - 1)]
    steady = soft_overlap(m, m[before], (own, own[before]))
    for start, _ in shots:
        if start + 1 < len(m):
            steady[start] = steady[start + 1]
    return steady


def _likeness(m: Maps, reference: Maps) -> PerFrame:
    """Return the S-measure of maps against a reference."""
    return np.asarray(s_measure(as_tensor(m), as_tensor(reference)).clamp(0, 1).numpy(), np.float32)


def _beside_motion(m: Maps, moving: Maps) -> tuple[PerFrame, PerFrame, PerFrame]:
    """Return what untrained motion saliency says of maps, each float32[T] in [0, 1]: how much of the map moves, how
    much of what moves it misses, and their overlap."""
    shared, least = (m * moving).sum(axis=(1, 2)), 1e-3 * m.shape[1] * m.shape[2]
    shown, moved = m.sum(axis=(1, 2)), moving.sum(axis=(1, 2))
    moves = np.where(shown > least, shared / np.maximum(shown, least), 0).astype(np.float32)
    missed = np.where(moved > least, 1 - shared / np.maximum(moved, least), 0).astype(np.float32)
    return moves, missed, soft_overlap(m, moving)


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
