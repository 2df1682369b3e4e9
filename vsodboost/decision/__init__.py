"""Whom to believe: fusion of predictions, trust, and the gate between the target's map and the boosted one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsodboost.data.cards import Card
from vsodboost.registry.hookspecs import RegisterDecision, hookimpl
from vsodboost.registry.interfaces import Request

if TYPE_CHECKING:
    from vsodboost.decision.gate import TrustGate

CARD = Card(summary="by trust, frame by frame, whichever of target and boosted map deserves more of it (default)")


def build_trust_gate(request: Request) -> TrustGate:
    """Return the gate with the shipped trust model. Raises WeightsError when that is missing."""
    from vsodboost.decision.gate import TrustGate
    from vsodboost.weights.shipped import shipped_path

    return TrustGate(shipped_path("trust", ".json"))


@hookimpl
def vsodboost_register_decisions(register: RegisterDecision) -> None:
    register("trust-gate", build_trust_gate, CARD)
