"""Spatial models, the students that are fine-tuned on mined frames."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vsodboost.data.cards import SpatialModelCard
from vsodboost.registry.hookspecs import RegisterFusionNetwork, RegisterSpatialModel, hookimpl
from vsodboost.registry.interfaces import Request

if TYPE_CHECKING:
    from vsodboost.networks.lite import LiteNetwork

LITE_CARD = SpatialModelCard(
    summary="EfficientNet-Lite0 with a light decoder, 3.0 M parameters, trained by this project (default)",
    learning_rate=4e-4,
    mean=(0.5, 0.5, 0.5),
    std=(0.5, 0.5, 0.5),
    guidance=True,
)


def build_lite(request: Request) -> LiteNetwork:
    """``lite`` with its shipped weights. Raises WeightsError when they are missing."""
    from vsodboost.networks.lite import LiteNetwork
    from vsodboost.weights.shipped import load_shipped

    network = LiteNetwork()
    load_shipped(network, "lite")
    return network


@hookimpl
def vsodboost_register_spatial_models(register: RegisterSpatialModel) -> None:
    register("lite", build_lite, LITE_CARD)


@hookimpl
def vsodboost_register_fusion_networks(register: RegisterFusionNetwork) -> None:
    register(
        "lite",
        build_lite,
        replace(LITE_CARD, summary="the spatial model lite, untuned, as it reads motion and map (default)"),
    )
