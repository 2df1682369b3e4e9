"""``mqp-paper``: what ``--profile paper`` makes of ``mqp``, paper 001 to the letter.

Chen et al., "A Novel Video Salient Object Detection Method via Semi-supervised Motion Quality Perception": the MQPM of
Fig. 6 on flow images says which frames to learn from, one of T of them is kept (Sec. V-B), the target's own maps teach
a spatial model of the same architecture (Sec. V-C), and its maps are the result: no fusion, no gate. Where the paper
and its released code disagree there is a switch.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.mqp.booster import window_winners
from vsodboost.boosters.mqp.paper_settings import OPTIONS, PaperSettings, paper_profile, read_settings
from vsodboost.data.cards import BoosterCard, SpatialModelCard
from vsodboost.data.errors import UsageError
from vsodboost.data.scene import Mined, Scene, nothing_mined
from vsodboost.data.types import Maps, PerFrame
from vsodboost.decision.fusion import Predictions
from vsodboost.decision.gate import LOW_TRUST, Decision
from vsodboost.decision.trust import clues_of, load_trust
from vsodboost.networks.localisation import SIDE, LocalisationNetwork
from vsodboost.ops.resize import resize_maps, size_of_short_side
from vsodboost.registry.interfaces import Request
from vsodboost.weights.own import MQP_PAPER
from vsodboost.weights.shipped import shipped_path

if TYPE_CHECKING:
    from vsodboost.pipeline.plan import Plan

CARD = BoosterCard(
    summary="the motion-quality paper to the letter; --profile paper takes it for mqp",
    paper="Chen et al., IEEE TIP 2021, arXiv:2008.02966 (paper 001)",
    options=OPTIONS,
    paper_profile=paper_profile,
)

SPATIAL_CARD = SpatialModelCard(
    summary="the motion-quality paper's spatial model: VGG-16, dilated attention, U-Net decoder",
    paper=CARD.paper,
    learning_rate=1e-3,
    weights=MQP_PAPER,
)


class PaperMqp:
    """Mining by the MQPM's bit and the filter; the tuned model's maps are the result."""

    def __init__(self, settings: PaperSettings) -> None:
        self.settings = settings
        self._taught_before = self._taught = False

    def prepare(self, plan: Plan) -> Plan:
        """The paper's tuning, and scenes whose short side is the model's 352 px."""
        options = plan.options
        if options.profile != "paper":
            raise UsageError("booster 'mqp-paper' is what --profile paper makes of mqp; give --profile paper")
        tuning = self.settings.tune_settings()
        if options.steps is not None:
            tuning = replace(tuning, passes=None, steps=options.steps)
        side = getattr(plan.student.network, "side", None) or SIDE
        self._taught_before = options.scope == "dataset"
        return replace(plan, tuning=tuning, working=partial(size_of_short_side, side))

    def mine(self, scene: Scene) -> Mined:
        """The frames of high motion quality, and of T of those the one that target and motion agree on most."""
        s = self.settings
        if scene.first == 0:
            self._taught = self._taught_before
        chosen = filtered(scene, scene.quality >= 0.5, s)
        if len(chosen) == 0:
            return nothing_mined(scene, reason="no motion of high quality")
        self._taught = True
        self._taught_before |= s.isolation == "code"
        pseudo = scene.target[chosen] if s.pseudo_truth == "paper" else binarised(scene.target[chosen])
        return Mined(chosen, pseudo, np.ones(len(chosen), np.float32))

    def fuse(self, scene: Scene, predictions: Predictions) -> Maps:
        """The tuned model's maps, each stretched to [0, 1] as the released inference does."""
        predicted = predictions.guided
        low, high = predicted.min((1, 2), keepdims=True), predicted.max((1, 2), keepdims=True)
        return np.asarray((predicted - low) / (high - low + 1e-8), np.float32)

    def review(self, scene: Scene, boosted: Maps, decision: Decision) -> Decision:
        """``boosted`` as it is, with its trust; the target's maps where nothing was there to learn from, a case that
        the paper leaves open."""
        values = {f.name: getattr(decision, f.name) for f in fields(decision)}
        if not self._taught:
            values |= {"maps": scene.target, "share": np.zeros(len(scene), np.float32), "trust": decision.target_trust}
            return UngatedDecision(**{**values, "flags": ("untaught",) * len(scene)})
        model = load_trust(shipped_path("trust", ".json"))
        trust: PerFrame = model.estimate(
            clues_of(boosted, scene, Predictions(unguided=boosted, guided=scene.fused), boosted)
        )
        flags = tuple("doubtful" if value < LOW_TRUST else "" for value in trust)
        values |= {"maps": boosted, "share": np.ones(len(scene), np.float32), "trust": trust, "flags": flags}
        return UngatedDecision(**values)


@dataclass(frozen=True)
class UngatedDecision(Decision):
    """A result that owes nothing to the target's maps."""

    def at_size(self, target: Maps) -> Maps:
        """The maps at the size of ``target``, enlarged and nothing else."""
        if self.share.max(initial=0) <= 0:
            return target.copy()
        return np.clip(resize_maps(self.maps, (int(target.shape[1]), int(target.shape[2]))), 0, 1)


def filtered(scene: Scene, high: NDArray[np.bool_], settings: PaperSettings) -> NDArray[np.int64]:
    """Sec. V-B: of each T frames the one of high quality whose motion saliency and target map are most consistent."""
    if settings.windows == "frames":
        return window_winners(scene.consistency, high, scene.shots, settings.window)
    mined = np.flatnonzero(high)
    windows = [mined[i : i + settings.window] for i in range(0, len(mined), settings.window)]
    return np.array([frames[np.argmax(scene.consistency[frames])] for frames in windows], np.int64)


def binarised(maps: Maps) -> Maps:
    """Each map ``float32[N, h, w]`` above its own threshold by Otsu's method, as in the authors' sibling code (000)."""
    levels = np.rint(maps * 255).astype(np.uint8)
    return np.stack([cv2.threshold(m, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1] for m in levels]).astype(np.float32)


def build(request: Request) -> PaperMqp:
    """The booster for one run."""
    return PaperMqp(read_settings(request.options))


def build_spatial(request: Request) -> LocalisationNetwork:
    """``mqp-paper`` with the weights added for it. Raises WeightsError, naming the training command, without them."""
    from vsodboost.weights.store import load_into

    network = LocalisationNetwork()
    load_into(network, "mqp-paper")
    return network
