"""What the light networks share: a timm encoder's features, context, and a top-down decoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def timm_encoder(name: str, *, pretrained: bool = False) -> Any:
    """A timm network that returns its features at strides 2, 4, 8, 16 and 32."""
    from vsodboost.networks.torchvision_import import ensure_torchvision

    ensure_torchvision()
    import timm

    return timm.create_model(name, features_only=True, pretrained=pretrained)


class _Merge(nn.Module):
    """Narrow the deeper feature, double its size, add the lateral one, and mix depthwise-separably."""

    def __init__(self, deep: int, lateral: int, width: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(deep, width, 1, bias=False) if deep != width else nn.Identity()
        self.lateral = nn.Sequential(nn.Conv2d(lateral, width, 1, bias=False), nn.BatchNorm2d(width))
        self.mix = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
            nn.Conv2d(width, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )

    def forward(self, deep: Tensor, shallow: Tensor) -> Tensor:
        # By the factor and not by the size: only so ONNX Runtime enlarges in the order in which its convolutions work.
        up = F.interpolate(self.narrow(deep), scale_factor=2.0, mode="bilinear", align_corners=False)
        merged = F.relu(up + self.lateral(shallow))
        mixed: Tensor = self.mix(merged)
        return merged + mixed


class _Context(nn.Module):
    """Dilated depthwise branches (1, 2, 4) and a global one on the deepest feature."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.reduce = nn.Sequential(
            nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        self.branches = nn.ModuleList(
            nn.Conv2d(width, width, 3, padding=d, dilation=d, groups=width, bias=False) for d in (1, 2, 4)
        )
        self.pooled = nn.Conv2d(width, width, 1)
        self.project = nn.Sequential(
            nn.Conv2d(4 * width, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.reduce(x)
        whole = self.pooled(x.mean((2, 3), keepdim=True)).expand_as(x)
        mixed: Tensor = self.project(torch.cat([*(branch(x) for branch in self.branches), whole], dim=1))
        return x + mixed


class LightDecoder(nn.Module):
    """Base of the light networks: features of ``channels`` at strides 2 to 32 -> logits ``[N, 1, h, w]``.

    ``widths`` are the decoder's at strides 32 and 16, 8, 4, 2: most pixels get the fewest channels.
    """

    def __init__(self, channels: Sequence[int], widths: Sequence[int]) -> None:
        super().__init__()
        self.context = _Context(channels[-1], widths[0])
        deeper = (widths[0], *widths[:-1])
        self.merges = nn.ModuleList(
            _Merge(deep, lateral, width)
            for deep, lateral, width in zip(deeper, reversed(channels[:-1]), widths, strict=True)
        )
        self.head = nn.Conv2d(widths[-1], 1, 3, padding=1)

    def merge(self, features: Sequence[Tensor]) -> Tensor:
        """The decoder's last feature, ``[N, widths[-1], h/2, w/2]``."""
        x: Tensor = self.context(features[-1])
        for merge, shallow in zip(self.merges, reversed(features[:-1]), strict=True):
            x = merge(x, shallow)
        return x

    def decode(self, features: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """Logits ``[N, 1, *size]`` from the encoder's features."""
        return F.interpolate(self.head(self.merge(features)), size=size, mode="bilinear", align_corners=False)
