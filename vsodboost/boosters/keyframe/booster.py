"""``keyframe``: frames on which motion and colour saliency overlap teach a twin of the target model.

Li et al. (plug-and-play, "A Plug-and-Play Scheme to Adapt Image Saliency Deep Model for Video Data"): any image model
becomes a video model. ``keyframe-paper`` is the paper to the letter: keyframes by Eq. 7, taught by their low-level
saliency (Eq. 6) with the loss of Eq. 8; the result is the twin's map times the low-level saliency (Eq. 9). ``keyframe``
keeps the keyframes and the twin, but the fusion network's maps teach, and only where the motion itself is of some
quality: a video model's maps overlap with motion that misleads them both, as the paper notes (Sec. VI-C). Its result is
fused and decided as any booster's is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from vsodboost.boosters.common import Learning, as_it_is
from vsodboost.boosters.keyframe.low_level import low_level_saliency, non_overlap
from vsodboost.boosters.keyframe.motion_contrast import contrast_saliency
from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.decision import Decision
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.types import Maps
from vsodboost.ops.sharpen import sigmoid_of
from vsodboost.registry.booster import Booster, Context, Overrides
from vsodboost.registry.interfaces import Request, StudentModel, TrainableTarget
from vsodboost.registry.options import Options


@dataclass(frozen=True)
class KeyframeSettings:
    """See the card's options; ``passes`` is λ."""

    threshold: float = 0.6
    quality: float = 0.4
    passes: float | None = None
    rate: float | None = None
    contrast: bool = False
    uses_gate: bool = True


class Keyframe(Booster):
    """Keyframes by Eq. 7 teach the twin; the engine fuses."""

    def __init__(self, settings: KeyframeSettings) -> None:
        self.settings = settings

    def setup(self, context: Context) -> Overrides:
        """Make the target's twin the student, if the target can learn; the target itself stays as it is."""
        target = context.target
        twin = target.twin(self.settings.rate) if isinstance(target, TrainableTarget) else None
        tuning = replace(context.tuning, rate=self.settings.rate)
        if self.settings.passes is not None:
            tuning = replace(tuning, passes=self.settings.passes)
        return Overrides(student=twin, tuning=tuning)

    def mine(self, scene: Scene) -> Mined:
        """The keyframes, each by how far its maps overlap, and how good its motion is."""
        ratio = non_overlap(self.motion_saliency(scene), scene.target)
        eligible = ~scene.silent & (scene.quality >= self.settings.quality)
        chosen = np.flatnonzero(eligible & (ratio < self.settings.threshold))
        notes = {"keyframes": len(chosen), "NR": [round(float(r), 4) for r in ratio]}
        if len(chosen) == 0:
            return Mined.nothing(scene, reason="motion and target overlap in no frame", **notes)
        weights = (1 - ratio[chosen]) * np.clip(scene.quality[chosen], 0.05, 1)
        return Mined(chosen, self.pseudo_truth(scene)[chosen], (weights / weights.mean()).astype(np.float32), notes)

    def motion_saliency(self, scene: Scene) -> Maps:
        """Motion saliency ``float32[T, h, w]`` in [0, 1] that keyframes are chosen by."""
        return contrast_saliency(scene.motion) if self.settings.contrast else scene.motion_maps

    def pseudo_truth(self, scene: Scene) -> Maps:
        """What teaches: the fusion network's maps, sharpened."""
        return sigmoid_of(scene.fused)

    def decide(self, scene: Scene, boosted: Maps, decision: Decision) -> Decision:
        """Let the decision stand, unless the gate is off."""
        if self.settings.uses_gate:
            return decision
        flags = tuple("" if flag == "static" else flag for flag in decision.flags)
        return replace(decision, maps=boosted, weight=np.ones(len(scene), np.float32), flags=flags)


class PaperKeyframe(Learning, Keyframe):
    """The paper to the letter. Where it finds no keyframe, the twin is the untouched target model."""

    _twin = False
    _note = ""

    def setup(self, context: Context) -> Overrides:
        """Let the twin learn one keyframe a step, by SGD with the Euclidean loss, λ times as many steps as keyframes,
        at a tenth of its model's own rate.

        A target that cannot learn (maps, a graph) has no twin: the run's spatial model learns in its place.
        """
        chosen = super().setup(context)
        self._twin = chosen.student is not None
        self._learned_before = context.scope == "dataset"
        student = chosen.student or context.student
        self._note = "" if self._twin else f"profile paper: {_name(student)} learns in place of a twin of the target"
        rate = self.settings.rate or _share_of_own_rate(student)
        tuning = replace(
            chosen.tuning or context.tuning, batch=1, optimizer="sgd", loss="euclidean", guided_batches=0.0,
            pixels=None, rate=rate,
        )  # fmt: skip
        return replace(chosen, tuning=tuning)

    def mine(self, scene: Scene) -> Mined:
        """The keyframes, each as good as another: Eq. 8 knows no weights."""
        mined = super().mine(scene)
        self._learns_from(mined)
        notes = {**mined.notes, "warnings": [self._note] if self._note else []}
        return replace(mined, weights=np.ones(len(mined), np.float32), notes=notes)

    def pseudo_truth(self, scene: Scene) -> Maps:
        """Eq. 6."""
        return low_level_saliency(self.motion_saliency(scene), scene.target)

    def fuse(self, scene: Scene, predictions: Predictions) -> Maps:
        """Eq. 9: the twin's maps, of the frames alone, times the low-level saliency."""
        alone = predictions.unguided if self._twin or self._learned else scene.target
        return (alone * self.pseudo_truth(scene)).astype(np.float32)

    def decide(self, scene: Scene, boosted: Maps, decision: Decision) -> Decision:
        """Take Eq. 9's maps as they are, unless the gate was asked for."""
        return decision if self.settings.uses_gate else as_it_is(scene, boosted, decision)


OWN_SHARE = 0.1
"""What the twin's rate is of the one its model was trained with (Sec. VI-D)."""


def _share_of_own_rate(student: StudentModel) -> float | None:
    """Return a tenth of the student's rate where it is the spatial model. A twin's card says a tenth already: that is
    what ``TargetCard.learning_rate`` of our adapters is."""
    card = getattr(student, "card", None)
    if not isinstance(card, SpatialModelCard) or hasattr(student, "target"):
        return None
    return OWN_SHARE * card.learning_rate


def _name(student: StudentModel) -> str:
    return str(getattr(student, "name", "the spatial model"))


def build(request: Request) -> Keyframe:
    """The booster for one run. Raises UsageError for values that make no sense."""
    return Keyframe(_settings(request.options, KeyframeSettings()))


def build_paper(request: Request) -> PaperKeyframe:
    """The paper's. Raises UsageError for values that make no sense."""
    return PaperKeyframe(_settings(request.options, KeyframeSettings(quality=0.0, passes=8.0, uses_gate=False)))


def _settings(given: Mapping[str, str], default: KeyframeSettings) -> KeyframeSettings:
    options = Options(given, "booster 'keyframe': option")
    return KeyframeSettings(
        threshold=options.number("threshold", default.threshold),
        quality=options.number("quality", default.quality),
        passes=options.number("lambda", default.passes, positive=True),
        rate=options.number("rate", None, positive=True),
        contrast=options.choice("motion", ("model", "contrast")) == "contrast",
        uses_gate=options.switch("gate", default.uses_gate),
    )
