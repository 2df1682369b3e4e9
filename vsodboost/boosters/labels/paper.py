"""``labels-paper``: what ``--profile paper`` makes of ``labels``, FGPLG and RCRNet+NER to the letter.

Yan et al., "Semi-Supervised Video Salient Object Detection Using Pseudo-Labels": labels are propagated to m frames
between two of them, an RCRNet of seven channels makes pseudo-labels of them (Eq. 4), RCRNet+NER learns from labels and
pseudo-labels alike, clip by clip (Sec. 4.2), and its maps are the result. In the paper that is done once for a data set
(``vsodboost labels generate``, ``vsodboost train rcrnet``); here it goes on for the one video that is wanted. Labelled
frames come back as they were given.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.common import Learning, as_it_is, passed_through
from vsodboost.boosters.labels.booster import Labels, read_settings
from vsodboost.boosters.labels.propagation import Propagated
from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.decision import Decision
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.training_set import TrainingSet, TuneSettings
from vsodboost.data.types import Maps, PerFrame
from vsodboost.ops.resize import size_of_short_side
from vsodboost.registry.booster import Context, Overrides
from vsodboost.registry.interfaces import Request

CLIP = 4
"""T of Sec. 4.2, frames of a clip; also the batch of a student that sees frames one by one."""
TUNING = TuneSettings(
    passes=10, batch=CLIP, pixels=None, rate=1e-5, optimizer="adam", loss="cross-entropy", guided_batches=0.0
)
"""Sec. 4.2: Adam at 1e-5, sigmoid cross entropy with labels and pseudo-labels. The paper trains once for all videos and
gives no number of steps for one: ten passes over its labelled frames, as the sibling paper's (LIMVSOD, Table IV)."""


class PaperLabels(Learning, Labels):
    """Labels and pseudo-labels count alike, and the tuned student says the result, but on labelled frames."""

    _note = ""

    def setup(self, context: Context) -> Overrides:
        """Build the generator; return the paper's tuning, and scenes whose short side is the student's 448 px."""
        super().setup(context)
        card = getattr(context.student, "card", None)
        window = card.window if isinstance(card, SpatialModelCard) else 1
        name = str(getattr(context.student, "name", "the student"))
        self._note = "" if window > 1 else f"profile paper: the student is {name}, not RCRNet+NER, which reads clips"
        self._learned_before = context.scope == "dataset"
        tuning = replace(TUNING, batch=window if window > 1 else CLIP)
        if context.steps is not None:
            tuning = replace(tuning, passes=None, steps=context.steps)
        side = getattr(getattr(context.student, "network", None), "side", None)
        return Overrides(tuning=tuning, working=None if side is None else partial(size_of_short_side, side))

    def mine(self, scene: Scene) -> Mined:
        """Labelled and pseudo-labelled frames in their order, all of one weight."""
        mined = super().mine(scene)
        self._learns_from(mined)
        lines = [*mined.notes["warnings"], *([self._note] if self._note else [])]
        return replace(mined, weights=np.ones(len(mined), np.float32), notes={**mined.notes, "warnings": lines})

    def believed(self, teaching: Propagated, pseudo: Maps) -> PerFrame:
        """Ones: a pseudo-label counts as a label does."""
        return np.ones(len(teaching), np.float32)

    def fuse(self, scene: Scene, predictions: Predictions) -> Maps:
        """The student's maps of the frames alone."""
        return predictions.unguided

    def decide(self, scene: Scene, boosted: Maps, decision: Decision) -> Decision:
        """Take ``boosted`` as it is, with its trust; the target's maps where no label taught."""
        result = as_it_is(scene, boosted, decision) if self._learned else passed_through(scene, decision)
        labelled = self.scene_labels(scene).labelled
        trust = result.trust.copy()
        trust[labelled] = 1
        flags = tuple("labelled" if t in labelled else flag for t, flag in enumerate(result.flags))
        low, high = (None if end is None else _raised(end, labelled) for end in (result.trust_low, result.trust_high))
        return replace(result, trust=trust, flags=flags, trust_low=low, trust_high=high)

    def _extra(self, scene: Scene) -> TrainingSet | None:
        """Labels from outside the buffer teach where it holds none itself: the paper's clips are of neighbours."""
        return None if len(self.scene_labels(scene).labelled) else super()._extra(scene)


def _raised(values: PerFrame, labelled: NDArray[np.int64]) -> PerFrame:
    out = values.copy()
    out[labelled] = 1
    return out


def build(request: Request) -> PaperLabels:
    """The booster for one run: RCRNet, direct flow, one pseudo-label between two labels. Raises UsageError without
    labels, or for options that make no sense."""
    return PaperLabels(read_settings(request.options, "fgplg-rcrnet", "direct", "1"))
