"""DS-Net, dynamic spatiotemporal network (Su et al. 2020): frame and flow weighed against each other, scale by scale.

Network layout of TJUMMG/DS-Net. Input: frame and flow image, both 512x512, ImageNet-normalised.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vsodboost.data.cards import TargetCard, WeightsSource
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request, Target

if TYPE_CHECKING:
    from torch import Tensor, nn

    from vsodboost.training.recipe import TrainingRequest

    from .networks.dsnet import DSNetwork


def build_network(variant: str = "dsnet") -> DSNetwork:
    """The network with the released keys, untrained; there is one variant."""
    from .networks import dsnet

    return dsnet.build_network(variant)


def train(request: TrainingRequest) -> Path:
    """Train DS-Net by the paper's recipe; returns the weights file."""
    from .training import dsnet as recipe

    return recipe.train(request)


CARD = TargetCard(
    summary="DS-Net: frame and optical flow weighed against each other, scale by scale (512x512)",
    licence="none stated by the authors (all rights reserved)",
    paper="Su, Wang, Liu, Jing, Yang: DS-Net: Dynamic Spatiotemporal Network for Video Salient Object Detection, 2020",
    weights=WeightsSource(
        file="DSNet.pth",  # whatever the download is called: only keys and shapes are checked
        published="https://github.com/TJUMMG/DS-Net (README: Baidu pan 1DdDIGhPYTT5_-cwvCdEhLA, code 87xl)",
        licence="none stated",
        build=build_network,
        ignores_extra=True,  # the authors load what has a name that the network knows
    ),
    input_size=(512, 512),
    resize="pil",  # the released maps were made with PIL's antialiased resizing
    needs_flow=True,
    output="logits",
    minmax=True,  # the authors' test script stretches every map
    batch=4,
    learning_rate=5e-6,  # a tenth of the training rate, as the keyframe paper fine-tunes
    trainer=train,
    options={
        "generator": "released (default): the motion branch's weights also look at the frame, as the authors' do; "
        "symmetric: they do not, as in weights that vsodboost train dsnet makes",
    },
)


def saliency(network: nn.Module, frames: Tensor, flow_images: Tensor | None) -> Tensor:
    """Logits [N, 1, h, w] of frames and flow images [N, 3, h, w]; a flow image that is white all over, no motion, is
    zero to the network, as those of the stills that it learned from."""
    assert flow_images is not None
    white = flow_images.new_tensor([(1 - m) / s for m, s in zip(CARD.mean, CARD.std, strict=True)])[:, None, None]
    moves = ((flow_images - white).abs() > 1e-4).any(dim=1).any(dim=-1).any(dim=-1)
    final: Tensor = network(frames, flow_images * moves[:, None, None, None])[0]
    return final


def make_target(request: Request) -> Target:
    """The target with the user's copy of the released weights, or with those trained here."""
    from vsodboost.registry.options import Options
    from vsodboost.targets.network_target import NetworkTarget
    from vsodboost.weights import load_into

    network = build_network()
    options = Options(request.options, "target 'dsnet': option")
    network.crossed = options.choice("generator", ("released", "symmetric")) == "released"
    load_into(network, "dsnet", CARD.weights)
    return NetworkTarget(network, CARD, request, forward=saliency)


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """Register ``dsnet``."""
    register("dsnet", make_target, CARD)
