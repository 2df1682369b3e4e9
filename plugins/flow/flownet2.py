"""FlowNet2: three stacked networks for large displacements, one for small ones, and their fusion.

Ilg et al., "FlowNet 2.0: Evolution of Optical Flow Estimation with Deep Networks", CVPR 2017; keys and arithmetic of
github.com/NVIDIA/flownet2-pytorch (Apache-2.0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsodboost.data.cards import FlowCard, WeightsSource
from vsodboost.registry.hookspecs import RegisterFlow, hookimpl
from vsodboost.registry.interfaces import Request

from .recipe import OPTIONS, Recipe

if TYPE_CHECKING:
    from torch import Tensor, nn

    from .network_estimator import NetworkEstimator


def build_network() -> nn.Module:
    """The network as published: 220 tensors, RGB in 0 to 255."""
    from .networks import flownet2

    return flownet2.build_network()


def run(network: nn.Module, first: Tensor, second: Tensor) -> Tensor:
    """Flow in px, at full size."""
    import torch

    flow: Tensor = network(torch.stack((first, second), dim=2) * 255)
    return flow


RECIPE = Recipe(run=run, multiple=64, bgr=False)

WEIGHTS = WeightsSource(
    file="FlowNet2_checkpoint.pth.tar",
    published="the README of https://github.com/NVIDIA/flownet2-pytorch (Google Drive, 620 MB)",
    licence="research only (the authors' weights); the code is Apache-2.0",
    build=build_network,
)


def build(request: Request) -> NetworkEstimator:
    """The estimator for one run; options ``weights`` and ``batch``."""
    from .network_estimator import estimator

    return estimator("flownet2", WEIGHTS, RECIPE, request)


@hookimpl
def vsodboost_register_flows(register: RegisterFlow) -> None:
    register(
        "flownet2",
        build,
        FlowCard(
            summary="FlowNet2: the large one (162 M parameters), the FlowNet of the papers; wants a GPU",
            paper="Ilg et al., CVPR 2017, arXiv:1612.01925",
            options=OPTIONS,
            weights=WEIGHTS,
        ),
    )
