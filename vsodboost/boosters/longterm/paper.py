"""``longterm-paper``: what ``--profile paper`` makes of ``longterm``, LIMVSOD to the letter.

Chen et al., "A Novel Long-Term Iterative Mining Scheme for Video Salient Object Detection", Algorithm 1: proposals are
clustered and mined, salient patches refined and pasted into FS (Eq. 19), of every B frames the one whose FS agrees best
with the motion saliency teaches the framewise refiner, and the refiner's maps are the result (line 15): no fusion, no
gate. It is pretrained on DAVIS-TR and put back for each sequence. Where the paper and its released code disagree there
is a switch (``settings``).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from vsodboost.boosters.common import Learning, as_it_is, passed_through, stretched
from vsodboost.boosters.longterm.booster import Longterm
from vsodboost.boosters.longterm.settings import read_settings
from vsodboost.data.decision import Decision
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.training_set import TuneSettings
from vsodboost.data.types import Maps
from vsodboost.networks.localisation import SIDE
from vsodboost.ops.resize import size_of_short_side
from vsodboost.registry.booster import Context, Overrides
from vsodboost.registry.interfaces import Request

TUNING = TuneSettings(passes=10, batch=2, pixels=None, rate=1e-4, optimizer="adam", loss="cross-entropy-sum")
"""Eq. 6, ten epochs (Table IV), mirrored at random (Sec. V-B). The paper prints neither optimiser, rate nor batch:
Adam, 1e-4 and 2 are the released script's."""
SCRIPT = replace(TUNING, loss="cross-entropy", every_output=True, mirror=False, clamp=0.5)


class PaperLongterm(Learning, Longterm):
    """Mining as the paper has it; the tuned refiner's maps are the result."""

    _substitutes: tuple[str, ...] = ()

    def setup(self, context: Context) -> Overrides:
        """Return the paper's tuning, and scenes whose short side is the refiner's 352 px. Raises as ``Longterm``."""
        super().setup(context)
        tuning = TUNING if self.settings.tune_flips == "on" else SCRIPT
        if context.steps is not None:
            tuning = replace(tuning, passes=None, steps=context.steps)
        self._learned_before = context.scope == "dataset"
        settings = self.settings
        self._substitutes = substitutes(
            context, spatial_features=settings.features == "spatial", refiner_model=settings.refiner_model
        )
        side = getattr(getattr(context.student, "network", None), "side", None) or SIDE
        return Overrides(tuning=tuning, working=partial(size_of_short_side, side))

    def mine(self, scene: Scene) -> Mined:
        """The keyframes; the notes say what stands in for the paper's own parts."""
        mined = super().mine(scene)
        self._learns_from(mined)
        return replace(mined, notes={**mined.notes, "warnings": list(self._substitutes)})

    def fuse(self, scene: Scene, predictions: Predictions) -> Maps:
        """The framewise refiner's maps of the frames alone, each stretched to [0, 1] as its authors do after CPD."""
        return stretched(predictions.unguided)

    def decide(self, scene: Scene, boosted: Maps, decision: Decision) -> Decision:
        """Take ``boosted`` as it is, with its trust; the target's maps where nothing was there to learn from."""
        return as_it_is(scene, boosted, decision) if self._learned else passed_through(scene, decision)


def substitutes(context: Context, *, spatial_features: bool, refiner_model: str = "") -> tuple[str, ...]:
    """Return a line for each part of the paper's that another stands in for in this run."""
    found = []
    if "'efficientdet" not in context.detector_name:
        found.append(f"proposals are those of {context.detector_name}, not of SEOD (--detector efficientdet)")
    if spatial_features:
        found.append(
            "proposals are told apart by the fusion network's features, not by ResNet-18's "
            "(--booster-option feature-weights=FILE)"
        )
    if not refiner_model:
        found.append(
            "patches are refined by the fusion network, not by a CPD trained on patches "
            "(--booster-option refiner-model=cpd-patches)"
        )
    if "cpd" not in context.motion_name:
        found.append(f"motion saliency is that of {context.motion_name}, not of a CPD trained on flow images")
    refiner = str(getattr(context.student, "name", "the student"))
    if "'cpd" not in refiner:
        found.append(f"the framewise refiner is {refiner}, not a CPD trained on DAVIS (--spatial-model cpd-davis)")
    return tuple(f"profile paper: {line}" for line in found)


def build(request: Request) -> PaperLongterm:
    """The booster for one run. Raises UsageError for a wrong option."""
    return PaperLongterm(read_settings(request.options, follow="paper"), device=request.device, seed=request.seed)
