"""Atrous spatial pyramid pooling (Chen et al. 2017): convolutions of rates 1, 6, 12, 18 beside a global average."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

RATES = (6, 12, 18)


class _Branch(nn.Module):
    def __init__(self, channels: int, out: int, rate: int) -> None:
        super().__init__()
        kernel, padding = (1, 0) if rate == 1 else (3, rate)
        self.atrous_convolution = nn.Conv2d(channels, out, kernel, padding=padding, dilation=rate, bias=False)
        self.bn = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.atrous_convolution(x)))


class AtrousPyramid(nn.Module):
    """The pyramid of MGA and DS-Net: branches first, global average last, 1x1 fusion."""

    def __init__(self, channels: int, out: int = 256) -> None:
        super().__init__()
        self.aspp1 = _Branch(channels, out, 1)
        self.aspp2, self.aspp3, self.aspp4 = (_Branch(channels, out, rate) for rate in RATES)
        self.global_avg_pool = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, out, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU()
        )
        self.conv1 = nn.Conv2d(5 * out, out, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, h, w] -> [N, out, h, w]."""
        pooled = self.global_avg_pool(x).expand(-1, -1, *x.shape[-2:])  # a 1x1 map resized is a constant
        parts = [self.aspp1(x), self.aspp2(x), self.aspp3(x), self.aspp4(x), pooled]
        return F.relu(self.bn1(self.conv1(torch.cat(parts, dim=1))))


class ConvBN(nn.Module):
    """Convolution without bias, batch norm, ReLU; keys ``conv`` and ``bn``."""

    def __init__(self, channels: int, out: int, kernel: int, *, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        padding = dilation * (kernel // 2)
        self.conv = nn.Conv2d(channels, out, kernel, stride, padding, dilation, bias=False)
        self.bn = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, h, w] -> [N, out, h, w]."""
        return F.relu(self.bn(self.conv(x)))


class ImagePoolPyramid(nn.Module):
    """The pyramid of RCRNet: global average first, then the branches, 3x3 fusion, dropout of whole channels."""

    def __init__(self, channels: int, out: int = 256, dropout: float = 0.1) -> None:
        super().__init__()
        branches = {"c0": ConvBN(channels, out, 1)}
        branches.update({f"c{i}": ConvBN(channels, out, 3, dilation=rate) for i, rate in enumerate(RATES, 1)})
        self.stages = nn.ModuleDict(branches)
        self.imagepool = nn.ModuleDict({"conv": ConvBN(channels, out, 1)})
        self.fire = nn.ModuleDict({"conv": ConvBN(5 * out, out, 3)})
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, h, w] -> [N, out, h, w]."""
        pooled = self.imagepool["conv"](x.mean(dim=(2, 3), keepdim=True)).expand(-1, -1, *x.shape[-2:])
        parts = [pooled, *(branch(x) for branch in self.stages.values())]
        return self.dropout(self.fire["conv"](torch.cat(parts, dim=1)))  # type: ignore[no-any-return]
