"""RAFT: all-pairs correlation and a recurrent update, in torchvision's implementation.

Teed and Deng, "RAFT: Recurrent All-Pairs Field Transforms for Optical Flow", ECCV 2020.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from vsodboost.data.cards import FlowCard, WeightsSource
from vsodboost.registry.hookspecs import RegisterFlow, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.registry.options import Options

from .recipe import OPTIONS, Recipe

if TYPE_CHECKING:
    from torch import Tensor, nn

    from .network_estimator import NetworkEstimator


Variant = Literal["large", "small"]
UPDATES = 12


def build_network(variant: Variant = "large") -> nn.Module:
    """torchvision's ``raft_large`` (5.3 M parameters) or ``raft_small`` (1.0 M), untrained.

    ``forward(first, second, num_flow_updates=…)`` takes RGB ``float[N, 3, H, W]`` in [-1, 1], sides multiples of 8 and
    at least 128 px, and returns the flow ``float[N, 2, H, W]`` in px after every update.
    """
    from vsodboost.networks.torchvision_import import ensure_torchvision

    ensure_torchvision()
    from torchvision.models import optical_flow

    network: nn.Module = optical_flow.raft_large() if variant == "large" else optical_flow.raft_small()
    return network


def run(network: nn.Module, first: Tensor, second: Tensor, *, updates: int = UPDATES) -> Tensor:
    """Flow in px after the last update."""
    flow: Tensor = network(2 * first - 1, 2 * second - 1, num_flow_updates=updates)[-1]
    return flow


def recipe(updates: int = UPDATES) -> Recipe:
    """The smallest picture is 128 px: the coarsest of four correlation levels must not be empty."""
    return Recipe(run=partial(run, updates=updates), multiple=8, least=128, bgr=False)


def weights(variant: Variant, file: str) -> WeightsSource:
    """Where torchvision publishes a variant's weights."""
    return WeightsSource(
        file=file,
        published=f"https://download.pytorch.org/models/{file}",
        licence="BSD-3-Clause code; trained on Sintel, KITTI and others, whose licences are for research",
        build=partial(build_network, variant),
    )


WEIGHTS = {
    "raft": weights("large", "raft_large_C_T_SKHT_V2-ff5fadd5.pth"),
    "raft-small": weights("small", "raft_small_C_T_V2-01064c6d.pth"),
}


def build(name: str, request: Request) -> NetworkEstimator:
    """The estimator for one run; options ``weights``, ``batch`` and ``updates``."""
    from .network_estimator import estimator

    updates = Options(request.options, "--flow-option").whole("updates", UPDATES)
    return estimator(name, WEIGHTS[name], recipe(updates), request)


@hookimpl
def vsodboost_register_flows(register: RegisterFlow) -> None:
    for name, source in WEIGHTS.items():
        register(
            name,
            partial(build, name),
            FlowCard(
                summary=f"{name.upper()}, torchvision's implementation: accurate, slow on a CPU",
                paper="Teed and Deng, ECCV 2020, arXiv:2003.12039",
                options={**OPTIONS, "updates": f"refinement steps (default {UPDATES})"},
                weights=source,
            ),
        )
