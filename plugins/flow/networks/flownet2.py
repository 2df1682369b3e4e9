"""FlowNet2: three stacked networks for large displacements, one for small ones, and their fusion.

Ilg et al., "FlowNet 2.0: Evolution of Optical Flow Estimation with Deep Networks", CVPR 2017; keys and arithmetic of
github.com/NVIDIA/flownet2-pytorch (Apache-2.0).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .flownet_parts import FlowNetC, FlowNetFusion, FlowNetS, FlowNetSD
from .operations import channel_norm, warp

UNIT = 20.0


class FlowNet2(nn.Module):
    """The whole stack; ``rgb_max`` is the value of white in the pictures that come in."""

    def __init__(self, rgb_max: float = 255.0) -> None:
        super().__init__()
        self.rgb_max = rgb_max
        self.flownetc = FlowNetC()
        self.flownets_1 = FlowNetS()
        self.flownets_2 = FlowNetS()
        self.flownets_d = FlowNetSD()
        self.flownetfusion = FlowNetFusion()

    def forward(self, pictures: Tensor) -> Tensor:
        """Flow ``float[N, 2, H, W]`` in px of RGB ``pictures float[N, 3, 2, H, W]`` in [0, rgb_max].

        H and W are multiples of 64.
        """
        normalised = (pictures - pictures.mean(dim=(2, 3, 4), keepdim=True)) / self.rgb_max
        first, second = normalised[:, :, 0], normalised[:, :, 1]
        pair = torch.cat((first, second), dim=1)

        flow = enlarged(self.flownetc(pair) * UNIT, "bilinear")
        flow = enlarged(self.flownets_1(self._seen(first, second, flow)) * UNIT, "bilinear")
        large = enlarged(self.flownets_2(self._seen(first, second, flow)) * UNIT, "nearest")
        small = enlarged(self.flownets_d(pair) / UNIT, "nearest")

        left_by_large = channel_norm(first - warp(second, large, "edge"))
        left_by_small = channel_norm(first - warp(second, small, "edge"))
        lengths = (channel_norm(small), channel_norm(large))
        fused: Tensor = self.flownetfusion(
            torch.cat((first, small, large, *lengths, left_by_small, left_by_large), dim=1)
        )
        return fused

    @staticmethod
    def _seen(first: Tensor, second: Tensor, flow: Tensor) -> Tensor:
        warped = warp(second, flow, "edge")
        return torch.cat((first, second, warped, flow / UNIT, channel_norm(first - warped)), dim=1)


def enlarged(flow: Tensor, mode: str) -> Tensor:
    """Flow at four times the size; its values stay."""
    return F.interpolate(flow, scale_factor=4.0, mode=mode, align_corners=False if mode == "bilinear" else None)


def build_network(rgb_max: float = 255.0) -> nn.Module:
    """The network as published: 220 tensors.

    The authors feed RGB in 0 to 255; FGPLG's copy has ``rgb_max=1``.
    """
    return FlowNet2(rgb_max)
