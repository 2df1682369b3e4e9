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

EVIDENCE_WEIGHT, TRUST_WEIGHT = 1.4, 1.4
"""Weights of the evidence's log odds and of those of trust. Chosen, with the advantage, on sequences that neither
the networks nor the evidence's model were trained on."""
ADVANTAGE = 1.0
"""Log odds by which the target is ahead before anything is known."""
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
        """Return the boosted map's share in every pixel, ``float32[T, h, w]``: that of its frame by trust, but in
        disputed pieces what the evidence says of them, too."""
        evidence = Evidence(scene, scene.target, boosted)
        odds = np.zeros_like(evidence.first)
        disputed = np.zeros_like(evidence.first)
        by_trust = _log_odds(weight)
        pieces = list(disputes(evidence.first, evidence.second))
        if not pieces:
            return super().shares(scene, boosted, weight)
        belongs = load_regions(self._regions).logit(np.stack([evidence.of(piece) for piece in pieces]))
        for piece, logit in zip(pieces, belongs, strict=True):
            for_boosted = EVIDENCE_WEIGHT * float(logit if piece.added else -logit)
            total = for_boosted + TRUST_WEIGHT * float(by_trust[piece.frame]) - ADVANTAGE
            odds[piece.frame][piece.window][piece.inside] = total
            disputed[piece.frame][piece.window][piece.inside] = 1
        near = disputed
        if evidence.links is not None:
            odds, near = (smooth_along_flow(m, evidence.links, ROUNDS) for m in (odds, disputed))
        decided = 1 / (1 + np.exp(-odds / np.maximum(near, 1e-3)))
        shares = np.where(disputed > 0, decided, weight[:, None, None]).astype(np.float32)
        size = (int(boosted.shape[1]), int(boosted.shape[2]))
        return np.stack([cv2.GaussianBlur(share, (0, 0), 1) for share in resize_maps(shares, size)])


def _log_odds(weight: PerFrame) -> PerFrame:
    least = 1 / (1 + np.exp(MOST))
    inside = np.clip(weight, least, 1 - least)
    return np.asarray(np.log(inside / (1 - inside)), np.float32)


@cache
def load_regions(path: Path) -> RegionModel:
    """The model of the evidence in a file. Raises WeightsError when it is missing or of another version."""
    return RegionModel.read(path)
