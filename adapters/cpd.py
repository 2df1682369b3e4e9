"""CPD, an image saliency model: Wu, Su and Huang, "Cascaded Partial Decoder for Fast and Accurate Salient Object
Detection", CVPR 2019. Loads the authors' CPD.pth (VGG-16) and CPD-R.pth (ResNet-50).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vsodboost.data.cards import Card, SpatialModelCard, TargetCard, WeightsSource
from vsodboost.registry.hookspecs import RegisterMotionModel, RegisterSpatialModel, RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.targets.released import released_network

if TYPE_CHECKING:
    from torch import Tensor

    from vsodboost.targets.image_motion import ImageMotion
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


def _spatial(name: str, source: WeightsSource, request: Request) -> CPDStudent:
    from vsodboost.weights import load_into

    from .networks.cpd import CPDStudent

    network = build_network("vgg")
    load_into(network, name, source)
    return CPDStudent(network)


def _motion(request: Request) -> ImageMotion:
    from vsodboost.targets.image_motion import Feeding, ImageMotion
    from vsodboost.weights import load_into

    network = build_network("vgg")
    load_into(network, "cpd-flow", FLOW_WEIGHTS)
    return ImageMotion(network, Feeding.of("cpd", VGG_CARD), request.device)


YOURS = "yours, as far as CPD's and the training data's allow"
SPATIAL_CARD = SpatialModelCard(
    summary="CPD on VGG-16, from its authors' CPD.pth, as the motion-quality paper's released script fine-tunes it",
    licence=VGG_CARD.licence,
    paper=VGG_CARD.paper,
    learning_rate=1e-4,
)
DAVIS_WEIGHTS = WeightsSource(
    file="runs/cpd-davis/cpd.safetensors",
    published="nobody publishes them",
    licence=YOURS,
    build=partial(build_network, "vgg"),
    made_by="vsodboost train cpd DAVIS -o runs/cpd-davis --option start=CPD.pth --option epochs=10",
)
PATCH_WEIGHTS = replace(
    DAVIS_WEIGHTS,
    file="runs/patch-refiner/cpd-patches.safetensors",
    made_by="vsodboost train patch-refiner --model cpd MSRA10K",
)
FLOW_WEIGHTS = replace(
    DAVIS_WEIGHTS,
    file="runs/motion/motion-cpd.safetensors",
    made_by="vsodboost train motion --model cpd DAVIS",
)


@hookimpl
def vsodboost_register_spatial_models(register: RegisterSpatialModel) -> None:
    """CPD as the student ``cpd``, with the weights of the target ``cpd``, and ``cpd-davis``, trained on DAVIS, too."""
    assert VGG_CARD.weights is not None
    register("cpd", partial(_spatial, "cpd", VGG_CARD.weights), SPATIAL_CARD)
    summary = "CPD on VGG-16 trained on DAVIS: the framewise refiner of the long-term mining paper"
    card = replace(SPATIAL_CARD, summary=summary, weights=DAVIS_WEIGHTS)
    register("cpd-davis", partial(_spatial, "cpd-davis", DAVIS_WEIGHTS), card)
    summary = "CPD on VGG-16 trained on patches: the patchwise refiner of the long-term mining paper"
    card = replace(SPATIAL_CARD, summary=summary, weights=PATCH_WEIGHTS)
    register("cpd-patches", partial(_spatial, "cpd-patches", PATCH_WEIGHTS), card)


@hookimpl
def vsodboost_register_motion_models(register: RegisterMotionModel) -> None:
    """CPD trained on flow images, as the long-term mining paper has it, as ``cpd-flow``."""
    summary = "CPD on VGG-16 trained on flow images: motion saliency as in the long-term mining paper"
    register("cpd-flow", _motion, Card(summary=summary, paper=VGG_CARD.paper, weights=FLOW_WEIGHTS))


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """CPD as ``cpd`` (VGG-16) and ``cpd-resnet`` (ResNet-50)."""
    for name, card in (("cpd", VGG_CARD), ("cpd-resnet", RESNET_CARD)):
        register(name, released_network(name, card, select=detection), card)
