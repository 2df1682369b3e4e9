"""SPyNet: a pyramid of small networks, each adding to the flow of the coarser level.

Ranjan and Black, "Optical Flow Estimation using a Spatial Pyramid Network", CVPR 2017; keys and arithmetic of the
PyTorch port github.com/sniklaus/pytorch-spynet.
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
    """The network as published: ten tensors a level."""
    from .networks import spynet

    return spynet.build_network()


def published_keys(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our keys for those of the published files, ``moduleBasic.{level}.moduleBasic.{layer}``."""
    return {key.replace("moduleBasic", "netBasic"): value for key, value in state.items()}


RECIPE = Recipe(run=lambda network, first, second: network(first, second), multiple=32)

WEIGHTS = WeightsSource(
    file="network-sintel-final.pytorch",
    published="http://content.sniklaus.com/github/pytorch-spynet/network-sintel-final.pytorch",
    licence="research only (the authors' trained weights); the port's own code is GPL-3.0",
    build=build_network,
    rename=published_keys,
)


def build(request: Request) -> NetworkEstimator:
    """The estimator for one run; options ``weights`` and ``batch``."""
    from .network_estimator import estimator

    return estimator("spynet", WEIGHTS, RECIPE, request)


@hookimpl
def vsodboost_register_flows(register: RegisterFlow) -> None:
    register(
        "spynet",
        build,
        FlowCard(
            summary="SPyNet: small network, fine motion boundaries; the choice of the motion-quality paper",
            paper="Ranjan and Black, CVPR 2017, arXiv:1611.00850",
            options=OPTIONS,
            weights=WEIGHTS,
        ),
    )
