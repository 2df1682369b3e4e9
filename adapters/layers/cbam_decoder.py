"""A decoder that weighs channels and places of every scale by CBAM (Woo et al., ECCV 2018): TMO's and TransFlow's."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

WIDTH = 256
"""Channels of every scale within the decoder."""


class Conv(nn.Sequential):
    """A convolution that keeps the size, and ReLU if ``relu``; the authors' names."""

    def __init__(self, channels: int, out: int, kernel: int, *, relu: bool = True) -> None:
        super().__init__()
        self.add_module("conv", nn.Conv2d(channels, out, kernel, padding=kernel // 2))
        if relu:
            self.add_module("relu", nn.ReLU())


class Attention(nn.Module):
    """CBAM behind a convolution: what each channel, then what each place is worth."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = Conv(channels, channels, 3, relu=False)
        self.conv2 = nn.Sequential(Conv(channels, channels, 1), Conv(channels, channels, 1, relu=False))
        self.conv3 = nn.Sequential(Conv(2, 16, 3), Conv(16, 1, 3, relu=False))

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, h, w] -> the same shape."""
        x = self.conv1(x)
        x = x * torch.sigmoid(self.conv2(x.mean((2, 3), keepdim=True)) + self.conv2(x.amax((2, 3), keepdim=True)))
        places = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], dim=1)
        return x * torch.sigmoid(self.conv3(places))


class Decoder(nn.Module):
    """Features of four scales, joined from the coarsest on, to ``out`` channels at the size of the input."""

    def __init__(self, channels: tuple[int, int, int, int], out: int) -> None:
        super().__init__()
        for n, c in enumerate(reversed(channels), start=1):
            self.add_module(f"conv{n}", Conv(c, WIDTH, 1))
            self.add_module(f"blend{n}", Conv(WIDTH if n == 1 else 2 * WIDTH, WIDTH, 3))
            self.add_module(f"cbam{n}", Attention(WIDTH))
        self.predictor = Conv(WIDTH, out, 3, relu=False)

    def forward(self, features: list[Tensor]) -> Tensor:
        """[N, C, h, w] at strides 4, 8, 16 and 32 -> [N, out, 4 h, 4 w] of the finest."""
        coarser: Tensor | None = None
        for n, feature in enumerate(reversed(features), start=1):
            x = self.get_submodule(f"conv{n}")(feature)
            if coarser is not None:
                x = torch.cat([x, bicubic(coarser, x.shape[-2:])], dim=1)
            coarser = self.get_submodule(f"cbam{n}")(self.get_submodule(f"blend{n}")(x))
        x = self.predictor(coarser)
        return bicubic(x, (4 * x.shape[-2], 4 * x.shape[-1]))


def bicubic(x: Tensor, size: tuple[int, int] | torch.Size) -> Tensor:
    """Cubic resize of [N, C, h, w] to [N, C, *size], without antialiasing: values may go beyond their range."""
    return F.interpolate(x, size=tuple(size), mode="bicubic", align_corners=False)
