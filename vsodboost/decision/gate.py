"""Do no harm: between the target's map and the boosted one, frame by frame, the better one by trust.

Where motion says nothing the target's maps pass through, flagged.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.scene import Scene
from vsodboost.data.types import Maps, PerFrame
from vsodboost.decision.fusion import Predictions
from vsodboost.decision.trust import clues_of, load_trust
from vsodboost.ops.resize import resize_maps
from vsodboost.weights.shipped import shipped_path

STEEPNESS = 60.0
"""How sharply the blend turns from one map to the other: at .05 more trust the better one has 95 %."""
MARGIN = 0.02
"""Advantage in trust that the boosted map must show, for the target's map is what the user had: on held-out sequences
it costs the mean nothing, and halves what nearly perfect targets lose."""
SHOT_WEIGHT = 0.5
"""Weight of the shot's mean advantage beside the frame's own: a target that is better nearly everywhere is kept."""
TEMPORAL_SIGMA = 2.0
"""Frames over which the blend is smoothed, so that it does not flicker."""
DETAIL_TRUST = (0.8, 0.9)
"""Trust in the target's map at which none and all of its detail is taken over."""
CONTOUR = np.ones((7, 7), np.uint8)
"""What is within three pixels of a change, at the working size, is along a contour."""
LOW_TRUST = 0.55
"""Below it a map is flagged as not to be relied on."""


@dataclass(frozen=True)
class Decision:
    """Final maps ``float32[T, h, w]`` at the working size, ``share`` float32[T] of the boosted map in each, ``trust``
    of
    the final and ``target_trust`` of the target's maps (estimated S-measure, [0, 1]), and a ``flags`` word a frame:
    "" | "still" (nothing moves: passed through) | "untaught" (nothing was mined) | "doubtful" (low trust)."""

    maps: Maps
    share: PerFrame
    trust: PerFrame
    target_trust: PerFrame
    flags: tuple[str, ...]

    def at_size(self, target: Maps) -> Maps:
        """The final maps at the size of ``target`` float32[T, H, W], with the target's own detail where both agree.

        Detail is taken along contours, and as far as the target is trusted: haze is no detail.
        """
        trusted = np.clip((self.target_trust - DETAIL_TRUST[0]) / (DETAIL_TRUST[1] - DETAIL_TRUST[0]), 0, 1)
        size = (int(target.shape[1]), int(target.shape[2]))
        out = np.empty_like(target)
        small = resize_maps(target, (int(self.maps.shape[1]), int(self.maps.shape[2])))
        for t in range(len(target)):
            if self.share[t] <= 0:
                out[t] = target[t]
                continue
            up = cv2.resize(self.maps[t], size[::-1], interpolation=cv2.INTER_LINEAR)
            apart = cv2.resize(np.abs(self.maps[t] - small[t]), size[::-1], interpolation=cv2.INTER_LINEAR)
            contours = cv2.morphologyEx(self.maps[t], cv2.MORPH_GRADIENT, CONTOUR)
            alike = trusted[t] * np.exp(-((apart / 0.1) ** 2)) * cv2.resize(contours, size[::-1])
            out[t] = up + alike * (target[t] - up)
        return np.clip(out, 0, 1, out=out)


def gate(scene: Scene, boosted: Maps, predictions: Predictions | None) -> Decision:
    """Blend ``boosted`` and the target's maps by trust; ``predictions`` is None when the student was taught nothing."""
    model = load_trust(shipped_path("trust", ".json"))
    heard = predictions or Predictions(scene.fused, scene.fused)
    target_trust = model.estimate(clues_of(scene.target, scene, heard, boosted))
    boosted_trust = model.estimate(clues_of(boosted, scene, heard, boosted))
    share = smoothed(_share(boosted_trust - target_trust, scene.shots), scene.shots)
    share[_passed_through(scene)] = 0
    maps = share[:, None, None] * boosted + (1 - share[:, None, None]) * scene.target
    trust = model.estimate(clues_of(maps, scene, heard, boosted))
    flags = tuple(_flag(scene, predictions, share, trust, t) for t in range(len(scene)))
    return Decision(maps.astype(np.float32), share, trust, target_trust, flags)


def _share(advantage: PerFrame, shots: tuple[tuple[int, int], ...]) -> PerFrame:
    """Share of the boosted map from its advantage in trust, float32[T] in [0, 1]."""
    share = np.empty(len(advantage), np.float32)
    for start, stop in shots:
        own = advantage[start:stop] - MARGIN
        share[start:stop] = 1 / (1 + np.exp(-STEEPNESS * ((1 - SHOT_WEIGHT) * own + SHOT_WEIGHT * own.mean())))
    return share


def _passed_through(scene: Scene) -> NDArray[np.bool_]:
    """Frames of shots in which (nearly) nothing moves: motion cannot teach there."""
    passed = np.zeros(len(scene), bool)
    for start, stop in scene.shots:
        passed[start:stop] = scene.still[start:stop].mean() > 0.9
    return passed


def smoothed(values: PerFrame, shots: tuple[tuple[int, int], ...], spread: float = TEMPORAL_SIGMA) -> PerFrame:
    """Gaussian smoothing over time, within shots."""
    out = values.copy()
    for start, stop in shots:
        if stop - start > 2:
            row = values[None, start:stop]
            out[start:stop] = cv2.GaussianBlur(row, (0, 0), spread, borderType=cv2.BORDER_REPLICATE)[0]
    return out


def _flag(scene: Scene, predictions: Predictions | None, share: PerFrame, trust: PerFrame, t: int) -> str:
    if share[t] <= 0:
        return "still"
    if trust[t] < LOW_TRUST:
        return "doubtful"
    return "" if predictions is not None else "untaught"
