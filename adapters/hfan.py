"""HFAN (Pei et al., ECCV 2022), small and medium: appearance and motion aligned by the object that both show.

Network layout of NUST-Machine-Intelligence-Laboratory/HFAN. Input: frame and flow image, ImageNet-normalised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from vsodboost.data.cards import TargetCard, WeightsSource
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.targets.released import released_network

if TYPE_CHECKING:
    from torch import Tensor, nn

    from .networks.hfan import HFAN


def build_network(variant: str = "small") -> HFAN:
    """``small`` (MiT-B1) or ``medium`` (MiT-B2), untrained, with the released keys."""
    from .networks import hfan

    return hfan.build_network(variant)


def with_unused(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The file's tensors, with the classifier that MMSegmentation makes for every head and HFAN never uses."""
    import torch

    unused = {"decode_head.conv_seg.weight": (2, 128, 1, 1), "decode_head.conv_seg.bias": (2,)}
    return {**{name: torch.zeros(shape) for name, shape in unused.items()}, **tensors}


def _source(variant: str, letter: str) -> WeightsSource:
    return WeightsSource(
        file=f"HFAN-{letter}-converted.pth",
        published="https://github.com/NUST-Machine-Intelligence-Laboratory/HFAN (README: Google Drive, Baidu)",
        licence="none stated",
        build=partial(build_network, variant),
        rename=with_unused,
    )


CARD = TargetCard(
    summary="HFAN-Small: MiT-B1 on frame and flow image, aligned scale by scale",
    licence="none stated by the authors (all rights reserved)",
    paper="Pei et al.: Hierarchical Feature Alignment Network for Unsupervised Video Object Segmentation, ECCV 2022",
    weights=_source("small", "s"),
    needs_flow=True,
    output="logits",
    batch=1,
)
MEDIUM_CARD = replace(CARD, summary="HFAN-Medium: MiT-B2 on frame and flow image", weights=_source("medium", "m"))


def saliency(network: nn.Module, frames: Tensor, flow_images: Tensor | None) -> Tensor:
    """Logits [N, 1, H, W] of frames and flow images [N, 3, H, W], window by window as the authors test."""
    assert flow_images is not None
    logits: Tensor = network.sliding(frames, flow_images)  # type: ignore[operator]
    return logits


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """Register ``hfan-small`` and ``hfan-medium``."""
    for name, card in (("hfan-small", CARD), ("hfan-medium", MEDIUM_CARD)):
        register(name, released_network(name, card, forward=saliency), card)
