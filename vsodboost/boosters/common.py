"""What several boosters choose by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.scene import Scene
from vsodboost.data.types import Maps, PerFrame
from vsodboost.ops.overlap import soft_overlap


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
