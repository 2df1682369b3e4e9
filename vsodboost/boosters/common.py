"""What several boosters choose by, and what the papers' profiles make of the student's maps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.decision import Decision
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.types import Maps, PerFrame
from vsodboost.data.video import VideoSource
from vsodboost.decision.doubt import doubt
from vsodboost.decision.gate import LOW_TRUST
from vsodboost.decision.trust import TrustModel, Witnesses, load_trust, trust_features
from vsodboost.ops.overlap import soft_overlap
from vsodboost.registry.booster import Booster
from vsodboost.weights.shipped import shipped_path


def fused_truth(scene: Scene, chosen: NDArray[np.int64]) -> Maps:
    """Mean of the fusion network's predictions with and without the target, and of the target as far as it agrees with
    the one that never saw it: from nothing at an overlap of .55 to twice their weight at .85."""
    target_free, target = scene.target_free[chosen], scene.target[chosen]
    weight = 2 * np.clip((float(soft_overlap(target, target_free).mean()) - 0.55) / 0.3, 0, 1)
    return np.asarray((scene.fused[chosen] + target_free + weight * target) / (2 + weight), np.float32)


def window_winners(
    score: PerFrame, eligible: NDArray[np.bool_], shots: tuple[tuple[int, int], ...], window: int
) -> NDArray[np.int64]:
    """Of each ``window`` consecutive frames of a shot, the eligible one of the highest score (Chen et al., MQP, 2021,
    Eq. 5)."""
    winners = []
    for start, stop in shots:
        for first in range(start, stop, window):
            frames = np.arange(first, min(first + window, stop))
            frames = frames[eligible[frames]]
            if len(frames):
                winners.append(int(frames[np.argmax(score[frames])]))
    return np.array(winners, np.int64)


def without_least(chosen: NDArray[np.int64], score: PerFrame, drop: float) -> NDArray[np.int64]:
    """The ``chosen`` frames without the part ``drop`` of them that scores least; three or fewer are all kept."""
    return chosen[score[chosen] >= np.quantile(score[chosen], drop)] if len(chosen) > 3 else chosen


class Learning(Booster):
    """A booster that knows whether its student has learned anything yet: before that, its maps are no result.

    ``_learned_before`` is whether it has before a video begins (scope ``dataset``); ``setup`` says so.
    """

    _learned = _learned_before = False

    def begin_video(self, source: VideoSource) -> None:
        """Forget whether there was something to learn from in the last video."""
        super().begin_video(source)
        self._learned = self._learned_before

    def checkpoint(self) -> dict[str, Any]:
        """Return what the booster does, and whether there was something to learn from, in this video and before."""
        return {**super().checkpoint(), "learned": self._learned, "learned_before": self._learned_before}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on with what ``checkpoint`` gave."""
        super().restore(saved)
        self._learned, self._learned_before = saved["learned"], saved["learned_before"]

    def _learns_from(self, mined: Mined) -> None:
        self._learned |= len(mined) > 0 or mined.extra is not None


def stretched(maps: Maps) -> Maps:
    """Return each map ``float32[T, h, w]`` stretched to [0, 1], as the released scripts do after CPD and its like."""
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    return np.asarray((maps - low) / (high - low + 1e-8), np.float32)


def as_it_is(scene: Scene, boosted: Maps, decision: Decision) -> Decision:
    """Return ``boosted`` float32[T, h, w] as the result, without gate and without the target's detail: the papers know
    neither. Trust is told of them all the same, from what the fusion network sees."""
    seen = Predictions(unguided=boosted, guided=scene.fused)
    trust: PerFrame = _trust_model().estimate(trust_features(boosted, Witnesses(scene, seen, boosted)))
    words = ("low_trust" if value < LOW_TRUST else "" for value in trust)
    flags = tuple("no_target" if silent else word for silent, word in zip(scene.silent, words, strict=True))
    return _decision_of(scene, decision, boosted, np.ones(len(scene), np.float32), trust, flags)


def passed_through(scene: Scene, decision: Decision) -> Decision:
    """Return the target's maps as the result, flagged ``untuned`` (``no_target`` where the target has none): there was
    nothing to learn from, and the papers leave open what then."""
    flags = tuple("no_target" if silent else "untuned" for silent in scene.silent)
    trust = decision.target_trust
    if scene.silent.any():  # what stands for the target there has a trust of its own
        seen = Predictions(unguided=scene.fused, guided=scene.fused)
        estimated = _trust_model().estimate(trust_features(scene.target, Witnesses(scene, seen, scene.target)))
        trust = np.where(scene.silent, estimated, trust)
    return _decision_of(scene, decision, scene.target, np.zeros(len(scene), np.float32), trust, flags)


def _decision_of(
    scene: Scene, decision: Decision, maps: Maps, weight: PerFrame, trust: PerFrame, flags: tuple[str, ...]
) -> Decision:
    low, high = _trust_model().interval_of(trust) or (None, None)
    return Decision(
        maps, weight, trust, decision.target_trust, flags, target_detail=False, doubt=doubt(maps, scene),
        trust_low=low, trust_high=high,
    )  # fmt: skip


def _trust_model() -> TrustModel:
    return load_trust(shipped_path("trust", ".json"))
