"""``mqp-paper``: what ``--profile paper`` makes of ``mqp``, MQP to the letter.

Chen et al., "A Novel Video Salient Object Detection Method via Semi-supervised Motion Quality Perception": the MQPM of
Fig. 6 on flow images says which frames to learn from, one of T of them is kept (Sec. V-B), the target's own maps teach
a spatial model of the same architecture (Sec. V-C), and its maps are the result: no fusion, no gate. Where the paper
and its released code disagree there is a switch.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.common import Learning, as_it_is, passed_through, stretched, window_winners
from vsodboost.boosters.mqp.paper_settings import PaperSettings, read_settings
from vsodboost.data.decision import Decision
from vsodboost.data.errors import UsageError
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.types import Maps
from vsodboost.networks.localisation import SIDE, LocalisationNetwork
from vsodboost.ops.resize import size_of_short_side
from vsodboost.registry.booster import Context, Overrides
from vsodboost.registry.interfaces import Request


class PaperMqp(Learning):
    """Mining by the MQPM's bit and the filter; the tuned model's maps are the result."""

    def __init__(self, settings: PaperSettings) -> None:
        self.settings = settings

    def setup(self, context: Context) -> Overrides:
        """Return the paper's tuning, and scenes whose short side is the model's 352 px."""
        if context.profile != "paper":
            raise UsageError("booster 'mqp-paper' is what --profile paper makes of mqp; give --profile paper")
        tuning = self.settings.tune_settings()
        if context.steps is not None:
            tuning = replace(tuning, passes=None, steps=context.steps)
        side = getattr(getattr(context.student, "network", None), "side", None) or SIDE
        self._learned_before = context.scope == "dataset"
        return Overrides(tuning=tuning, working=partial(size_of_short_side, side))

    def mine(self, scene: Scene) -> Mined:
        """The frames of high motion quality, and of T of those the one that target and motion agree on most."""
        s = self.settings
        chosen = filtered(scene, (scene.quality >= 0.5) & ~scene.silent, s)
        if len(chosen) == 0:
            return Mined.nothing(scene, reason="no motion of high quality")
        self._learned = True
        self._learned_before |= s.isolation == "code"
        pseudo = scene.target[chosen] if s.pseudo_truth == "paper" else binarised(scene.target[chosen])
        return Mined(chosen, pseudo, np.ones(len(chosen), np.float32))

    def fuse(self, scene: Scene, predictions: Predictions) -> Maps:
        """The tuned model's maps, each stretched to [0, 1] as the released inference does."""
        return stretched(predictions.guided)

    def decide(self, scene: Scene, boosted: Maps, decision: Decision) -> Decision:
        """Take ``boosted`` as it is, with its trust; the target's maps where nothing was there to learn from, a case
        that the paper leaves open."""
        return as_it_is(scene, boosted, decision) if self._learned else passed_through(scene, decision)


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
    from vsodboost.weights.own import MQP_PAPER
    from vsodboost.weights.store import load_into

    network = LocalisationNetwork()
    load_into(network, "mqp-paper", MQP_PAPER)
    return network
