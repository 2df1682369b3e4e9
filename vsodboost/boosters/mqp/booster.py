"""``mqp``: frames whose motion is of high quality, and on which target and motion agree, teach the student.

Chen et al. (MQP, "A Novel Video Salient Object Detection Method via Semi-supervised Motion Quality Perception").
Each window of ``T`` frames gives the one on which motion saliency and target agree best (Sec. V-B), if its motion is
of high quality. Ours looks at the fusion network's map too, and teaches with it instead of with the target's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vsodboost.boosters.common import fused_truth, window_winners, without_least
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.types import PerFrame
from vsodboost.ops.overlap import soft_overlap
from vsodboost.ops.sharpen import sigmoid_of
from vsodboost.registry.booster import Booster, Context, Overrides
from vsodboost.registry.interfaces import Request
from vsodboost.registry.options import Options

STEPS = 8
"""Tuning steps a buffer: on sequences that no network had seen, better than 40 and as good as 5 (docs/results.md)."""


@dataclass(frozen=True)
class MqpSettings:
    """See the card's options. ``share`` is the largest part of the windows' winners that is dropped as inconsistent."""

    window: int = 5
    quality: float = 0.55
    drop: float = 0.25
    pseudo_truth: str = "fused"
    filtered: bool = True


class Mqp(Booster):
    """Mining by motion quality, then by consistency."""

    def __init__(self, settings: MqpSettings) -> None:
        self.settings = settings

    def setup(self, context: Context) -> Overrides:
        """Return a short tuning, unless the user says how long."""
        return Overrides(tuning=context.tuning if context.steps is not None else replace(context.tuning, steps=STEPS))

    def mine(self, scene: Scene) -> Mined:
        """One frame a window, best first by consistency; the least consistent quarter of them is left out."""
        s = self.settings
        agreement = _agreement(scene)
        moving = ~scene.static & ~scene.silent
        eligible = moving & (scene.quality >= s.quality) & (scene.target.max(axis=(1, 2)) > 0.3)
        if not eligible.any() and moving.any():
            # Motion never reaches the bar in this buffer: its best third is still the best there is to learn from.
            bar = np.quantile(scene.quality[moving], 2 / 3)
            eligible = moving & (scene.quality >= bar)
        if not eligible.any():
            return Mined.nothing(scene, reason="nothing moves")
        chosen = window_winners(agreement, eligible, scene.shots, s.window) if s.filtered else np.flatnonzero(eligible)
        chosen = without_least(chosen, agreement, s.drop)
        weights = np.clip(agreement[chosen], 0.05, 1) ** 2
        pseudo = scene.target[chosen] if s.pseudo_truth == "target" else fused_truth(scene, chosen)
        return Mined(chosen, sigmoid_of(pseudo), (weights / weights.mean()).astype(np.float32))


def _agreement(scene: Scene) -> PerFrame:
    """How far target, motion and fusion tell one story, [0, 1] a frame."""
    return np.asarray(
        0.4 * scene.consistency
        + 0.3 * soft_overlap(scene.target, scene.fused)
        + 0.3 * soft_overlap(scene.motion_maps, scene.fused),
        np.float32,
    )


def build(request: Request) -> Mqp:
    """The booster for one run."""
    options = Options(request.options, "booster 'mqp': option")
    return Mqp(
        MqpSettings(
            window=options.whole("window", 5),
            quality=options.share("quality", 0.55),
            pseudo_truth=options.choice("pseudo-truth", ("fused", "target")),
            filtered=options.switch("filter", default=True),
        )
    )
