"""Do no harm: between the target's map and the boosted one, frame by frame, the better one by trust.

Where motion says nothing the target's maps pass through, flagged.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.decision import Decision
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Scene
from vsodboost.data.types import Maps, PerFrame
from vsodboost.decision.doubt import doubt
from vsodboost.decision.trust import TrustModel, Witnesses, load_trust, trust_features
from vsodboost.ops.resize import resize_maps

CERTAINTY = 3.0
"""Log odds by which the blend turns to a map whose trust is ahead by its own uncertainty: half the width of the
interval in which the truth lies in 90 %, of both maps together. Good maps are known well, and .05 more trust is much;
of poor ones it says little."""
LEAD = 60.0
"""Log odds by which the blend turns to the target's map for each unit of S-measure that its trust is ahead, however
uncertain that is, for leaving a map as it was needs no certainty. A lead that is well known counts for more."""
UNCERTAINTY = 0.05
"""Of a map's trust where the model tells no interval."""
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
STATIC_SHOT = 0.9
"""A shot of whose frames a larger part is static passes through."""


class TrustGate:
    """The decision by trust: the target's map and the boosted one are blended by the advantage in trust."""

    def __init__(self, trust: Path) -> None:
        self._trust = trust
        load_trust(trust)  # a missing or damaged file is said before the first frame

    def decide(self, scene: Scene, boosted: Maps, predictions: Predictions | None) -> Decision:
        """Blend ``boosted`` and the target's maps by trust; ``predictions`` is None when the student was not tuned."""
        model = load_trust(self._trust)
        seen = predictions or Predictions(scene.fused, scene.fused)
        witnesses = Witnesses(scene, seen, boosted)
        target_trust = model.estimate(trust_features(scene.target, witnesses))
        boosted_trust = model.estimate(trust_features(boosted, witnesses))
        uncertain = np.hypot(_uncertainty(model, target_trust), _uncertainty(model, boosted_trust))
        weight = smoothed(_weight(boosted_trust - target_trust, uncertain, scene.shots), scene.shots)
        share = self.shares(scene, boosted, weight)
        share[_passed_through(scene)] = 0
        share[scene.silent] = 1  # there is nothing else
        target_trust[scene.silent] = 0
        weight = _mean_share(share, np.abs(boosted - scene.target))
        maps = share * boosted + (1 - share) * scene.target
        alike = _runs_of_one_picture(scene)
        for run in alike:
            for values in (maps, weight):
                values[run] = values[run].mean(axis=0)
            known = ~scene.silent[run]
            target_trust[run] = np.where(known, target_trust[run].sum() / max(known.sum(), 1), 0)
        trust = model.estimate(trust_features(maps, witnesses))
        words = (_flag(weight[t], trust[t], predictions is not None) for t in range(len(scene)))
        for run in alike:
            trust[run] = trust[run].mean()
        low, high = model.interval_of(trust) or (None, None)
        flags = tuple("no_target" if silent else word for silent, word in zip(scene.silent, words, strict=True))
        return Decision(
            maps.astype(np.float32), weight, trust, target_trust, flags,
            doubt=doubt(maps, scene), trust_low=low, trust_high=high,
        )  # fmt: skip

    def shares(self, scene: Scene, boosted: Maps, weight: PerFrame) -> NDArray[np.float32]:
        """Return the boosted map's share in every pixel, ``float32[T, h, w]`` or ``float32[T, 1, 1]`` in [0, 1], from
        its ``weight`` float32[T] by trust. For those who look closer than at whole frames."""
        return weight[:, None, None].copy()


def at_source_size(decision: Decision, target: Maps) -> Maps:
    """Return the final maps at the size of ``target`` float32[T, H, W], with the target's own detail where both agree.

    Detail is taken along contours, and as far as the target is trusted: haze is no detail. A decision without
    ``target_detail`` is enlarged and nothing else. Where the boosted map has no weight, the target's map is the result.
    """
    size = (int(target.shape[1]), int(target.shape[2]))
    if not decision.target_detail:
        if decision.weight.max(initial=0) <= 0:
            return target.copy()
        return np.clip(resize_maps(decision.maps, size), 0, 1)
    trusted = np.clip((decision.target_trust - DETAIL_TRUST[0]) / (DETAIL_TRUST[1] - DETAIL_TRUST[0]), 0, 1)
    out = np.empty_like(target)
    small = resize_maps(target, (int(decision.maps.shape[1]), int(decision.maps.shape[2])))
    for t in range(len(target)):
        if decision.weight[t] <= 0:
            out[t] = target[t]
            continue
        final = decision.maps[t]
        up = cv2.resize(final, size[::-1], interpolation=cv2.INTER_LINEAR)
        apart = cv2.resize(np.abs(final - small[t]), size[::-1], interpolation=cv2.INTER_LINEAR)
        contours = cv2.morphologyEx(final, cv2.MORPH_GRADIENT, CONTOUR)
        alike = trusted[t] * np.exp(-((apart / 0.1) ** 2)) * cv2.resize(contours, size[::-1])
        out[t] = up + alike * (target[t] - up)
    return np.clip(out, 0, 1, out=out)


def _uncertainty(model: TrustModel, trust: PerFrame) -> PerFrame:
    """Return half the width of the interval around trust, float32[T]."""
    interval = model.interval_of(trust)
    if interval is None:
        return np.full(len(trust), UNCERTAINTY, np.float32)
    low, high = interval
    return np.asarray(np.maximum(high - low, 1e-3) / 2, np.float32)


def _weight(advantage: PerFrame, uncertain: PerFrame, shots: tuple[tuple[int, int], ...]) -> PerFrame:
    """Return the boosted map's weight, float32[T] in [0, 1], from its advantage in trust and how uncertain that is: the
    target need only look better, the boosted map must be known to be."""
    weight = np.empty(len(advantage), np.float32)
    for start, stop in shots:
        lead = advantage[start:stop] - MARGIN
        certain = CERTAINTY * lead / uncertain[start:stop]
        own = np.where(lead > 0, certain, np.minimum(certain, LEAD * lead))
        weight[start:stop] = 1 / (1 + np.exp(-((1 - SHOT_WEIGHT) * own + SHOT_WEIGHT * own.mean())))
    return weight


def _runs_of_one_picture(scene: Scene) -> list[slice]:
    """Return the runs of frames of a shot that show exactly the same: their maps and trust shall be the same, too."""
    runs = []
    for start, stop in scene.shots:
        first = start
        for t in range(start + 1, stop + 1):
            if t == stop or not np.array_equal(scene.frames[t], scene.frames[t - 1]):
                if t - first > 1:
                    runs.append(slice(first, t))
                first = t
    return runs


def _mean_share(share: NDArray[np.float32], apart: Maps) -> PerFrame:
    """Return the mean of ``share`` a frame, over what the two maps differ in."""
    whole = apart.sum(axis=(1, 2))
    mean = (share * apart).sum(axis=(1, 2)) / np.maximum(whole, 1e-6)
    return np.asarray(np.where(whole > 1e-6, mean, share.mean(axis=(1, 2))), np.float32)


def _passed_through(scene: Scene) -> NDArray[np.bool_]:
    """Return the frames of shots in which (nearly) nothing moves: motion cannot teach there."""
    passed = np.zeros(len(scene), bool)
    for start, stop in scene.shots:
        passed[start:stop] = scene.static[start:stop].mean() > STATIC_SHOT
    return passed


def smoothed(values: PerFrame, shots: tuple[tuple[int, int], ...], sigma: float = TEMPORAL_SIGMA) -> PerFrame:
    """Return values float32[T] with a Gaussian smoothing over time, within shots."""
    out = values.copy()
    for start, stop in shots:
        if stop - start > 2:
            row = values[None, start:stop]
            out[start:stop] = cv2.GaussianBlur(row, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)[0]
    return out


def _flag(weight: float, trust: float, tuned: bool) -> str:
    if weight <= 0:
        return "static"
    if trust < LOW_TRUST:
        return "low_trust"
    return "" if tuned else "untuned"
