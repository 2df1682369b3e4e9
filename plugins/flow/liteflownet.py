"""LiteFlowNet: cascaded matching, subpixel refinement and feature-driven regularisation at every pyramid level.

Hui et al., "LiteFlowNet: A Lightweight Convolutional Neural Network for Optical Flow Estimation", CVPR 2018; keys and
arithmetic of the PyTorch port github.com/sniklaus/pytorch-liteflownet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vsodboost.data.cards import FlowCard, WeightsSource
from vsodboost.registry.hookspecs import RegisterFlow, hookimpl
from vsodboost.registry.interfaces import Request

from .recipe import OPTIONS, Recipe

if TYPE_CHECKING:
    from torch import Tensor, nn

    from .network_estimator import NetworkEstimator


def build_network() -> nn.Module:
    """The network as published: 212 tensors."""
    from .networks import liteflownet

    return liteflownet.build_network()


def published_keys(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our keys for those of the published files, which say ``module`` where the code says ``net``."""
    return {key.replace("module", "net"): value for key, value in state.items()}


RECIPE = Recipe(run=lambda network, first, second: network(first, second), multiple=32)

WEIGHTS = WeightsSource(
    file="network-default.pytorch",
    published="http://content.sniklaus.com/github/pytorch-liteflownet/network-default.pytorch",
    licence="academic use only (the authors' weights); the port's own code is GPL-3.0",
    build=build_network,
    rename=published_keys,
)


def build(request: Request) -> NetworkEstimator:
    """The estimator for one run; options ``weights`` and ``batch``."""
    from .network_estimator import estimator

    return estimator("liteflownet", WEIGHTS, RECIPE, request)


@hookimpl
def vsodboost_register_flows(register: RegisterFlow) -> None:
    register(
        "liteflownet",
        build,
        FlowCard(
            summary="LiteFlowNet: feature warping and flow regularisation, sharp boundaries",
            paper="Hui et al., CVPR 2018, arXiv:1805.07036",
            options=OPTIONS,
            weights=WEIGHTS,
        ),
    )
