"""U2-Net and its small version U2-NetP, image saliency models: Qin et al., "U2-Net: Going Deeper with Nested
U-Structure for Salient Object Detection", Pattern Recognition 2020. Loads the authors' u2net.pth and u2netp.pth.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from vsodboost.data.cards import IMAGENET_MEAN, IMAGENET_STD, TargetCard, WeightsSource
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request, Target

if TYPE_CHECKING:
    from torch import Tensor, nn

    from .networks.u2net import U2Net, Variant


def build_network(variant: Variant = "u2net") -> U2Net:
    """``"u2net"`` (44.0 M parameters) or ``"u2netp"`` (1.1 M), untrained; its keys are those of the authors' files."""
    from .networks import u2net

    return u2net.build_network(variant)


def _source(variant: Variant, md5: str) -> WeightsSource:
    return WeightsSource(
        file=f"{variant}.pth",
        published="github.com/xuebinqin/U-2-Net (Google Drive and Baidu links in its README)",
        licence="Apache-2.0",
        url=f"https://github.com/danielgatis/rembg/releases/download/v0.0.0/{variant}.onnx",
        hash=f"md5:{md5}",
        build=partial(build_network, variant),
    )


U2NET_CARD = TargetCard(
    summary="U2-Net: an image model with sharp borders, one frame at a time",
    paper="Qin et al., U2-Net: Going Deeper with Nested U-Structure for Salient Object Detection, "
    "Pattern Recognition 2020",
    weights=_source("u2net", "60024c5c889badc19c04ad937298a77b"),
    input_size=(320, 320),
    mean=(0.0, 0.0, 0.0),  # each frame is divided by its own maximum first, in saliency()
    std=(1.0, 1.0, 1.0),
    resize="pil",
    output="probabilities",
    minmax=True,
    learning_rate=1e-4,  # a tenth of the training rate
)
U2NETP_CARD = replace(
    U2NET_CARD,
    summary="U2-NetP: U2-Net at a fortieth of its size",
    weights=_source("u2netp", "8e83ca70e441ab06c318d82300c84806"),
)


def saliency(network: nn.Module, frames: Tensor, flow_images: Tensor | None = None) -> Tensor:
    """Frames ``[N, 3, h, w]`` in [0, 1] to the fused map ``[N, 1, h, w]`` in [0, 1].

    Frames are stretched by their own maximum, as in training, before the ImageNet statistics are taken off; black
    frames, which the released code divides by zero, stay black.
    """
    peak = frames.amax((1, 2, 3), keepdim=True).clamp_min(1e-6)
    mean = frames.new_tensor(IMAGENET_MEAN)[:, None, None]
    std = frames.new_tensor(IMAGENET_STD)[:, None, None]
    fused: Tensor = network((frames / peak - mean) / std)[0]
    return fused


def _target(variant: Variant, card: TargetCard, request: Request) -> Target:
    from vsodboost import weights
    from vsodboost.targets.network_target import NetworkTarget

    from .generic.onnx_network import OnnxNetwork

    network: nn.Module
    if (graph := weights.graph(variant)) is not None:
        network = OnnxNetwork(graph, request.device)
    else:
        network = build_network(variant)
        weights.load_into(network, variant, card.weights)
    return NetworkTarget(network, card, request, forward=saliency)


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """U2-Net as ``u2net`` and ``u2netp``."""
    register("u2net", partial(_target, "u2net", U2NET_CARD), U2NET_CARD)
    register("u2netp", partial(_target, "u2netp", U2NETP_CARD), U2NETP_CARD)
