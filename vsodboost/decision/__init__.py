"""Whom to believe: fusion of predictions, trust, and the gate between the target's map and the boosted one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsodboost.data.cards import Card
from vsodboost.registry.hookspecs import RegisterDecision, hookimpl
from vsodboost.registry.interfaces import Request

if TYPE_CHECKING:
    from vsodboost.decision.gate import TrustGate
    from vsodboost.decision.regions import RegionGate

CARD = Card(summary="by trust, frame by frame, whichever of target and boosted map deserves more of it")
REGION_CARD = Card(summary="by trust, and piece by piece by motion, colour and persistence (default)")


def build_trust_gate(request: Request) -> TrustGate:
    """Return the gate with the shipped trust model. Raises WeightsError when that is missing."""
    from vsodboost.decision.gate import TrustGate
    from vsodboost.weights.shipped import shipped_path

    return TrustGate(shipped_path("trust", ".json"))


def build_region_gate(request: Request) -> RegionGate:
    """Return the gate by region with the shipped models. Raises WeightsError when one of them is missing."""
    from vsodboost.decision.regions import RegionGate
    from vsodboost.weights.shipped import shipped_path

    return RegionGate(shipped_path("trust", ".json"), shipped_path("regions", ".json"))


@hookimpl
def vsodboost_register_decisions(register: RegisterDecision) -> None:
    register("region-gate", build_region_gate, REGION_CARD)
    register("trust-gate", build_trust_gate, CARD)
