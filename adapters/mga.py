"""MGA, motion guided attention (Li et al., ICCV 2019): an appearance network steered by a motion network.

Network layout of lhaof/Motion-Guided-Attention (MIT). Input: frame and flow image, both 512x512, ImageNet-normalised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsodboost.data.cards import TargetCard, WeightsSource
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.targets.released import released_network

if TYPE_CHECKING:
    from .networks.mga import MGANetwork


def build_network(variant: str = "mga") -> MGANetwork:
    """The network with the released keys, untrained; there is one variant."""
    from .networks import mga

    return mga.build_network(variant)


CARD = TargetCard(
    summary="MGA: ResNet-101 whose features are gated by optical flow (frame and flow image, 512x512)",
    licence="MIT (code and weights)",
    paper="Li, Chen, Li, Yu: Motion Guided Attention for Video Salient Object Detection, ICCV 2019",
    weights=WeightsSource(
        file="MGA_trained.pth",
        published="https://github.com/lhaof/Motion-Guided-Attention (README: Google Drive, Baidu)",
        licence="MIT",
        build=build_network,
    ),
    input_size=(512, 512),
    resize="pil",  # the released maps were made with PIL's antialiased resizing
    needs_flow=True,
    output="logits",
    minmax=True,  # the authors' test script stretches every map
    batch=4,
)


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """Register ``mga``."""
    register("mga", released_network("mga", CARD), CARD)
