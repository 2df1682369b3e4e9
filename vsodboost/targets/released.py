"""Targets that are a network and its authors' file of weights: what most adapters are, and the quickest to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vsodboost.data.cards import TargetCard
from vsodboost.registry.interfaces import Request, Target

if TYPE_CHECKING:
    from torch import Tensor, nn

    from vsodboost.targets.network_target import Layout


def released_network(
    name: str,
    card: TargetCard,
    *,
    select: Callable[[Any], Tensor] | None = None,
    layout: Layout = "batch",
    forward: Callable[[nn.Module, Tensor, Tensor | None], Tensor] | None = None,
) -> Callable[[Request], Target]:
    """Return the factory of the target ``name``: the network that ``card.weights.build`` makes, with the weights that
    ``vsodboost weights add name FILE`` stored, fed and read by the card.

    ``select``, ``layout`` and ``forward`` are those of ``NetworkTarget``. Nothing is built, and torch is not imported,
    before a run uses the target.

    Raises:
        TypeError: the card does not say how its network is built.
    """
    source = card.weights
    build = None if source is None else source.build
    if build is None:
        raise TypeError(f"the card of '{name}' names no network: give it weights=WeightsSource(..., build=...)")

    def factory(request: Request) -> Target:
        from vsodboost.targets.network_target import NetworkTarget
        from vsodboost.weights import load_into

        network = build()
        load_into(network, name, source)
        return NetworkTarget(network, card, request, select=select, layout=layout, forward=forward)

    return factory
