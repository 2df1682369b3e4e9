"""RCRNet and RCRNet+NER (Yan et al., ICCV 2019): a refinement network, alone or with a recurrent module over clips.

Network layout of Kinpzz/RCRNet-Pytorch (MIT). Input: frames at 448x448, ImageNet-normalised.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vsodboost.data.cards import SpatialModelCard, TargetCard, WeightsSource
from vsodboost.registry.hookspecs import RegisterSpatialModel, RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.targets.released import released_network

if TYPE_CHECKING:
    from vsodboost.training.recipe import TrainingRequest

    from .networks.rcrnet import ClipStudent, ImageNetwork


def build_network(variant: str = "video") -> ImageNetwork:
    """``image``: RCRNet on single frames; ``video``: RCRNet+NER on a list of consecutive frames. Released keys."""
    from .networks import rcrnet

    return rcrnet.build_network(variant)


PAPER = "Yan et al.: Semi-Supervised Video Salient Object Detection Using Pseudo-Labels, ICCV 2019"
PUBLISHED = "https://github.com/Kinpzz/RCRNet-Pytorch (README: Google Drive, Baidu)"


def train(request: TrainingRequest) -> Path:
    """Train RCRNet, then RCRNet+NER, by the paper's recipe; returns the weights file."""
    from .training import rcrnet as recipe

    return recipe.train(request)


CARD = TargetCard(
    summary="RCRNet+NER: refinement network with a non-local recurrent module over four frames (448x448)",
    licence="MIT (code and weights)",
    paper=PAPER,
    weights=WeightsSource(
        file="video_best_model.pth",
        published=PUBLISHED,
        licence="MIT",
        build=partial(build_network, "video"),
        ignores_extra=True,  # the authors load with strict=False
    ),
    input_size=(448, 448),
    resize="pil",  # the released maps were made with PIL's antialiased resizing
    window=4,
    overlap="last",  # the last clip is the last four frames and its maps replace earlier ones, as in the authors' test
    output="logits",
    learning_rate=1e-6,  # a tenth of the training rate, as the keyframe paper fine-tunes
    trainer=train,
)

IMAGE_CARD = TargetCard(
    summary="RCRNet: refinement network on single frames, without the recurrent module (448x448)",
    licence="MIT (code and weights)",
    paper=PAPER,
    weights=WeightsSource(
        file="image_pretrained_model.pth",
        published=PUBLISHED,
        licence="MIT",
        build=partial(build_network, "image"),
        ignores_extra=True,
    ),
    input_size=(448, 448),
    resize="pil",
    output="logits",
    batch=2,  # the decoder works at full size: 0.2 GB a frame and feature map
    learning_rate=1e-5,
)


SPATIAL_CARD = SpatialModelCard(
    summary="RCRNet+NER, fine-tuned clip by clip: the student of the pseudo-label paper (448x448)",
    licence=CARD.licence,
    paper=PAPER,
    learning_rate=1e-5,
    window=CARD.window,
)


def make_student(request: Request) -> ClipStudent:
    """RCRNet+NER as a spatial model, with the weights of the target ``rcrnet``."""
    from vsodboost.weights import load_into

    from .networks import rcrnet

    network = rcrnet.VideoNetwork()
    load_into(network, "rcrnet", CARD.weights)
    return rcrnet.ClipStudent(network)


@hookimpl
def vsodboost_register_spatial_models(register: RegisterSpatialModel) -> None:
    """Register RCRNet+NER as the student ``rcrnet``."""
    register("rcrnet", make_student, SPATIAL_CARD)


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """Register ``rcrnet`` (video) and ``rcrnet-image``."""
    register("rcrnet", released_network("rcrnet", CARD, layout="list"), CARD)
    register("rcrnet-image", released_network("rcrnet-image", IMAGE_CARD), IMAGE_CARD)
