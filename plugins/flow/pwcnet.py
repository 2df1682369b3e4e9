"""PWC-Net: pyramid, warping, cost volume, with densely connected decoders.

Sun et al., "PWC-Net: CNNs for Optical Flow Using Pyramid, Warping, and Cost Volume", CVPR 2018; keys and arithmetic of
github.com/NVlabs/PWC-Net (PyTorch). Files in the layout of github.com/sniklaus/pytorch-pwc load too.
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
    """The network as published by NVlabs: 128 tensors."""
    from .networks import pwcnet

    return pwcnet.build_network()


def published_keys(state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """NVlabs keys for those of either layout."""
    from .networks import pwcnet

    return pwcnet.published_keys(state)


UNIT = 20.0


def run(network: nn.Module, first: Tensor, second: Tensor) -> Tensor:
    """Flow at a quarter of the size, in px of the full one."""
    import torch

    flow: Tensor = network(torch.cat((first, second), dim=1))
    return flow * UNIT


RECIPE = Recipe(run=run, multiple=64)

WEIGHTS = WeightsSource(
    file="pwc_net.pth.tar",
    published="https://github.com/NVlabs/PWC-Net/tree/master/PyTorch (or network-default.pytorch of "
    "http://content.sniklaus.com/github/pytorch-pwc/)",
    licence="CC BY-NC-SA 4.0",
    build=build_network,
    rename=published_keys,
)


def build(request: Request) -> NetworkEstimator:
    """The estimator for one run; options ``weights`` and ``batch``."""
    from .network_estimator import estimator

    return estimator("pwcnet", WEIGHTS, RECIPE, request)


@hookimpl
def vsodboost_register_flows(register: RegisterFlow) -> None:
    register(
        "pwcnet",
        build,
        FlowCard(
            summary="PWC-Net: cost volumes over a feature pyramid; NVlabs and sniklaus files load",
            paper="Sun et al., CVPR 2018, arXiv:1709.02371",
            options=OPTIONS,
            weights=WEIGHTS,
        ),
    )
