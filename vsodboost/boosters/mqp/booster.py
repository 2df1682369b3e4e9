"""``mqp``: frames whose motion is of high quality, and on which target and motion agree, teach the student.

Paper 001 (Chen et al., "A Novel Video Salient Object Detection Method via Semi-supervised Motion Quality Perception").
Each window of ``T`` frames gives the one on which motion saliency and target agree best (Sec. V-B), if its motion is
of high quality. Ours looks at the fusion network's map too, and teaches with it instead of with the target's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.mqp.paper_settings import paper_profile
from vsodboost.data.cards import BoosterCard
from vsodboost.data.errors import UsageError
from vsodboost.data.scene import Mined, Scene, nothing_mined
from vsodboost.data.types import Maps, PerFrame
from vsodboost.ops.overlap import soft_overlap
from vsodboost.registry.interfaces import Request

CARD = BoosterCard(
    summary="frames of high motion quality on which target and motion agree teach a spatial model (default)",
    paper="Chen et al., IEEE TIP 2021, arXiv:2008.02966 (paper 001)",
    options={
        "window": "frames of which the filter keeps one, T of the paper (default 5)",
        "quality": "least motion quality of a mined frame, 0 to 1 (default .55)",
        "pseudo-truth": "what teaches: fused (default) or target, the paper's choice",
        "filter": "off keeps every frame of high quality (for the ablation)",
    },
    paper_profile=paper_profile,
)


@dataclass(frozen=True)
class MqpSettings:
    """See the card's options. ``share`` is the largest part of the windows' winners that is dropped as inconsistent."""

    window: int = 5
    quality: float = 0.55
    drop: float = 0.25
    pseudo_truth: str = "fused"
    filtered: bool = True


class Mqp:
    """Mining by motion quality, then by consistency."""

    def __init__(self, settings: MqpSettings) -> None:
        self.settings = settings

    def mine(self, scene: Scene) -> Mined:
        """One frame a window, best first by consistency; the least consistent quarter of them is left out."""
        s = self.settings
        agreement = _agreement(scene)
        eligible = ~scene.still & (scene.quality >= s.quality) & (scene.target.max(axis=(1, 2)) > 0.3)
        if not eligible.any() and not scene.still.all():
            # Motion never reaches the bar in this buffer: its best third is still the best there is to learn from.
            bar = np.quantile(scene.quality[~scene.still], 2 / 3)
            eligible = ~scene.still & (scene.quality >= bar)
        if not eligible.any():
            return nothing_mined(scene, reason="nothing moves")
        chosen = window_winners(agreement, eligible, scene.shots, s.window) if s.filtered else np.flatnonzero(eligible)
        chosen = without_least(chosen, agreement, s.drop)
        weights = np.clip(agreement[chosen], 0.05, 1) ** 2
        pseudo = scene.target[chosen] if s.pseudo_truth == "target" else fused_truth(scene, chosen)
        return Mined(chosen, sharpened(pseudo), (weights / weights.mean()).astype(np.float32))


def _agreement(scene: Scene) -> PerFrame:
    """How far target, motion and fusion tell one story, [0, 1] a frame."""
    return np.asarray(
        0.4 * scene.consistency
        + 0.3 * soft_overlap(scene.target, scene.fused)
        + 0.3 * soft_overlap(scene.motion_maps, scene.fused),
        np.float32,
    )


def fused_truth(scene: Scene, chosen: NDArray[np.int64]) -> Maps:
    """Mean of the fusion network's predictions with and without the target, and of the target as far as it agrees with
    the one that never saw it: from nothing at an overlap of .55 to twice their weight at .85."""
    independent, target = scene.target_free[chosen], scene.target[chosen]
    weight = 2 * np.clip((float(soft_overlap(target, independent).mean()) - 0.55) / 0.3, 0, 1)
    return np.asarray((scene.fused[chosen] + independent + weight * target) / (2 + weight), np.float32)


def window_winners(
    score: PerFrame, eligible: NDArray[np.bool_], shots: tuple[tuple[int, int], ...], window: int
) -> NDArray[np.int64]:
    """Of each ``window`` consecutive frames of a shot, the eligible one of the highest score (paper 001, Eq. 5)."""
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


def sharpened(maps: Maps, steepness: float = 10.0) -> Maps:
    """Soft maps pushed towards 0 and 1: sigmoid(steepness · (map - ½))."""
    return np.asarray(1 / (1 + np.exp(-steepness * (maps - 0.5))), np.float32)


def build(request: Request) -> Mqp:
    """The booster for one run."""
    o = request.options
    try:
        settings = MqpSettings(
            window=int(o.get("window", 5)),
            quality=float(o.get("quality", 0.55)),
            pseudo_truth=o.get("pseudo-truth", "fused"),
            filtered=o.get("filter", "on") != "off",
        )
    except ValueError as error:
        raise UsageError(f"booster 'mqp': {error}; window is a whole number, quality a number") from error
    if settings.window < 1 or settings.pseudo_truth not in ("fused", "target"):
        raise UsageError("booster 'mqp': window is at least 1 and pseudo-truth is fused or target")
    return Mqp(settings)
