"""CPD, an image saliency model: Wu, Su and Huang, "Cascaded Partial Decoder for Fast and Accurate Salient Object
Detection", CVPR 2019. Loads the authors' CPD.pth (VGG-16) and CPD-R.pth (ResNet-50).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vsodboost.data.cards import SpatialModelCard, TargetCard, WeightsSource
from vsodboost.registry.hookspecs import RegisterSpatialModel, RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request, Target

if TYPE_CHECKING:
    from torch import Tensor

    from vsodboost.training.recipe import TrainingRequest

    from .networks.cpd import CPD, CPDStudent, Variant


def build_network(variant: Variant = "vgg") -> CPD:
    """CPD on ``"vgg"`` (VGG-16) or ``"resnet"`` (ResNet-50), untrained; its keys are those of the authors' files."""
    from .networks import cpd

    return cpd.build_network(variant)


def _train(name: str, variant: Variant, encoder: str, request: TrainingRequest) -> Path:
    from .training import cpd as recipe

    return recipe.train(request, build_network(variant), name, encoder)


VGG_CARD = TargetCard(
    summary="CPD on VGG-16: a fast image model, one frame at a time",
    licence="no licence given by the authors: all rights reserved",
    paper="Wu, Su and Huang, Cascaded Partial Decoder for Fast and Accurate Salient Object Detection, CVPR 2019",
    weights=WeightsSource(
        file="CPD.pth",
        published="github.com/wuzhe71/CPD (Google Drive 1ddopz30_sNPOb0MvTCoNwZwL-oQDMGIW)",
        licence="no licence given by the authors: all rights reserved",
        build=partial(build_network, "vgg"),
    ),
    input_size=(352, 352),
    resize="pil",
    output="logits",
    minmax=True,
    learning_rate=1e-5,  # a tenth of the training rate, as the keyframe paper fine-tunes (Liu et al., section V)
    trainer=partial(_train, "cpd", "vgg", "vgg16"),
)
RESNET_CARD = replace(
    VGG_CARD,
    summary="CPD on ResNet-50: slower and more accurate than cpd",
    weights=WeightsSource(
        file="CPD-R.pth",
        published="github.com/wuzhe71/CPD (Google Drive 188sybU9VU5rW2BH2Yzhko4w-G5sPp6yG)",
        licence="no licence given by the authors: all rights reserved",
        build=partial(build_network, "resnet"),
    ),
    trainer=partial(_train, "cpd-resnet", "resnet", "resnet50"),
)


def detection(maps: tuple[Tensor, Tensor]) -> Tensor:
    """The final one of the two maps that the network gives."""
    return maps[1]


def _target(name: str, variant: Variant, card: TargetCard, request: Request) -> Target:
    from vsodboost.targets.network_target import NetworkTarget
    from vsodboost.weights import load_into

    network = build_network(variant)
    load_into(network, name, card.weights)
    return NetworkTarget(network, card, request, select=detection)


def _spatial(request: Request) -> CPDStudent:
    from vsodboost.weights import load_into

    from .networks.cpd import CPDStudent

    network = build_network("vgg")
    load_into(network, "cpd", VGG_CARD.weights)
    return CPDStudent(network)


SPATIAL_CARD = SpatialModelCard(
    summary="CPD on VGG-16, from its authors' CPD.pth, as the motion-quality paper's released script fine-tunes it",
    licence=VGG_CARD.licence,
    paper=VGG_CARD.paper,
    learning_rate=1e-4,
)


@hookimpl
def vsodboost_register_spatial_models(register: RegisterSpatialModel) -> None:
    """CPD as the student ``cpd``; its weights are those of the target ``cpd``."""
    register("cpd", _spatial, SPATIAL_CARD)


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """CPD as ``cpd`` (VGG-16) and ``cpd-resnet`` (ResNet-50)."""
    register("cpd", partial(_target, "cpd", "vgg", VGG_CARD), VGG_CARD)
    register("cpd-resnet", partial(_target, "cpd-resnet", "resnet", RESNET_CARD), RESNET_CARD)
