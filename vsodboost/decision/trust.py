"""Trust: a label-free estimate of a map's S-measure, from how far other predictions agree with it.

Target, motion, the untuned and the tuned student err in different places, so a map they all agree with is rarely wrong.
The weights of the features are fitted on annotated video that the networks were not trained on (``vsodboost train
trust``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import WeightsError
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Scene
from vsodboost.data.types import Maps, PerFrame
from vsodboost.ops.overlap import soft_overlap
from vsodboost.ops.resize import resize_maps
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


def trust_features(m: Maps, scene: Scene, predictions: Predictions, boosted: Maps) -> NDArray[np.float32]:
    """Return what can be said of maps ``m`` float32[T,h,w] without a label: ``float32[T, len(FEATURES)]``, all about
    [0, 1].

    ``boosted`` float32[T,h,w] are the maps that the predictions made together.
    """
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
        soft_overlap(scene.target_free, scene.motion_maps),
        soft_overlap(scene.target, scene.target_free),
        soft_overlap(m, boosted),
        *(_likeness(m, other) for other in (boosted, scene.target_free, scene.motion_maps)),
    )
    return np.stack(values, axis=1).astype(np.float32)


def _likeness(m: Maps, reference: Maps) -> PerFrame:
    """Return the S-measure of maps against a reference, both made coarser."""
    size = (max(1, m.shape[1] // COARSER), max(1, m.shape[2] // COARSER))
    small, truth = (as_tensor(resize_maps(x, size)) for x in (m, reference))
    return np.asarray(s_measure(small, truth).clamp(0, 1).numpy(), np.float32)


@dataclass(frozen=True)
class TrustModel:
    """A small network with one hidden layer on the features; the answer is an S-measure in [0, 1]."""

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    hidden: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    out: NDArray[np.float32]
    out_bias: float

    def estimate(self, features: NDArray[np.float32]) -> PerFrame:
        """Return trust ``float32[T]`` in [0, 1] from features ``float32[T, len(FEATURES)]``."""
        x = (features - self.mean) / self.scale
        h = np.tanh(x @ self.hidden + self.hidden_bias)
        return np.asarray(1 / (1 + np.exp(-(h @ self.out + self.out_bias))), np.float32)

    def to_json(self) -> str:
        """Return it as ``trust.json`` holds it."""
        values: dict[str, Any] = {k: np.asarray(v).round(5).tolist() for k, v in self.__dict__.items()}
        return json.dumps({"features": FEATURES, **values})

    @classmethod
    def from_json(cls, text: str) -> TrustModel:
        """Read what ``to_json`` wrote. Raises ValueError when the features are not those of this version."""
        values = json.loads(text)
        names = values.pop("clues") if "clues" in values else values.pop("features")
        if tuple(FORMER_NAMES.get(name, name) for name in names) != FEATURES:
            raise ValueError("its features are not those of this version")
        out_bias = float(values.pop("out_bias"))
        return cls(**{k: np.asarray(v, np.float32) for k, v in values.items()}, out_bias=out_bias)


@cache
def load_trust(path: Path) -> TrustModel:
    """The trust model in a file. Raises WeightsError when it is missing or of another version."""
    try:
        return TrustModel.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"the trust model {path} cannot be used ({error}); reinstall vsodboost") from error
