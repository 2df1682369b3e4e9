"""Do no harm by region: where target and boosted map contradict each other, each piece is decided on its own.

Trust looks at whole frames, and at networks that agree with each other when they are wrong. So in every disputed piece
evidence that no network's opinion enters (``evidence``: motion, colour, persistence, shape) is set against it: the log
odds of both are added, and the target, which is what the user had, has the advantage. Along the optical flow the
decision is smoothed, so that it does not flicker.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.scene import Scene
from vsodboost.data.types import Maps, PerFrame
from vsodboost.decision.disputes import disputes
from vsodboost.decision.evidence import EVIDENCE, Evidence
from vsodboost.decision.gate import TrustGate
from vsodboost.decision.small_model import SmallModel
from vsodboost.ops.resize import resize_maps
from vsodboost.perception.links import smooth_along_flow

EVIDENCE_WEIGHT, TRUST_WEIGHT = 2.0, 1.0
"""Weights of the evidence's log odds and of those of trust. Chosen, with the advantage, on sequences that neither
the networks nor the evidence's model were trained on."""
ADVANTAGE = 1.0
"""Log odds by which the target is ahead before anything is known."""
UNDISPUTED = 2.0
"""Power to which the odds of trust are raised where the maps hardly differ, along contours above all: the mean of two
contours is softer than either, so the better map is taken nearly alone."""
APART = 3.0
"""Log odds against a whole new thing: a piece that the boosted map adds, apart from what both show (it touches it
along less than ``TOUCHING`` of its rim), and at least ``LARGE`` (the common logarithm) as large. On the sequences
that the evidence is fitted on, none of the 22 such pieces between maps of real models, and between those and nearly
right ones, was the object's (in two sequences; the others have none); a target that is five frames late has them."""
TOUCHING, LARGE = 0.02, -0.3
MOST = 4.6
"""Trust's log odds count at most as much: one part in a hundred is what nobody can be surer of."""
ROUNDS = 2
"""Of smoothing along the flow."""


@dataclass(frozen=True)
class RegionModel(SmallModel):
    """Estimates how much of a disputed piece belongs to the object, from its ``EVIDENCE``."""

    WHAT = "region model"
    NAMES = EVIDENCE


class RegionGate(TrustGate):
    """The decision by trust, and by the evidence in every piece in which target and boosted map differ."""

    def __init__(self, trust: Path, regions: Path) -> None:
        super().__init__(trust)
        self._regions = regions
        load_regions(regions)

    def shares(self, scene: Scene, boosted: Maps, weight: PerFrame) -> NDArray[np.float32]:
        """Return the boosted map's share in every pixel, ``float32[T, h, w]`` or ``float32[T, 1, 1]``: by the trust in
        its frame, and in disputed pieces by what the evidence says of them, too."""
        evidence = Evidence(scene, scene.target, boosted)
        odds = np.zeros_like(evidence.first)
        disputed = np.zeros_like(evidence.first)
        by_trust = _log_odds(weight)
        undisputed = 1 / (1 + np.exp(-UNDISPUTED * by_trust[:, None, None]))
        pieces = list(disputes(evidence.first, evidence.second))
        if not pieces:
            return np.asarray(undisputed, np.float32)
        figures = np.stack([evidence.of(piece) for piece in pieces])
        belongs = load_regions(self._regions).logit(figures)
        against = ADVANTAGE + APART * _new_and_apart(figures)
        for piece, logit, handicap in zip(pieces, belongs, against, strict=True):
            for_boosted = EVIDENCE_WEIGHT * float(logit if piece.added else -logit)
            total = for_boosted + TRUST_WEIGHT * float(by_trust[piece.frame]) - float(handicap)
            odds[piece.frame][piece.window][piece.inside] = total
            disputed[piece.frame][piece.window][piece.inside] = 1
        near = disputed
        if evidence.links is not None:
            odds, near = (smooth_along_flow(m, evidence.links, ROUNDS) for m in (odds, disputed))
        decided = 1 / (1 + np.exp(-odds / np.maximum(near, 1e-3)))
        shares = np.where(disputed > 0, decided, undisputed).astype(np.float32)
        size = (int(boosted.shape[1]), int(boosted.shape[2]))
        return np.stack([cv2.GaussianBlur(share, (0, 0), 1) for share in resize_maps(shares, size)])


def _new_and_apart(figures: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which pieces, by their evidence ``float32[N, len(EVIDENCE)]``, are new things apart from what both maps
    show, ``bool[N]``; where they have nothing in common there is no telling."""
    added, touches, large, core = (
        figures[:, EVIDENCE.index(name)] for name in ("added", "touches_core", "area_beside_core", "core_area")
    )
    return np.asarray((added > 0) & (touches < TOUCHING) & (large > LARGE) & (core > 0))


def _log_odds(weight: PerFrame) -> PerFrame:
    least = 1 / (1 + np.exp(MOST))
    inside = np.clip(weight, least, 1 - least)
    return np.asarray(np.log(inside / (1 - inside)), np.float32)


@cache
def load_regions(path: Path) -> RegionModel:
    """The model of the evidence in a file. Raises WeightsError when it is missing or of another version."""
    return RegionModel.read(path)
