"""LiteFlowNet: cascaded matching, subpixel refinement and feature-driven regularisation at every pyramid level.

Hui et al., "LiteFlowNet: A Lightweight Convolutional Neural Network for Optical Flow Estimation", CVPR 2018; keys and
arithmetic of the PyTorch port github.com/sniklaus/pytorch-liteflownet.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .operations import channel_norm, correlation, resized, warp

UNIT = 20.0
RADIUS = 3
COSTS = (2 * RADIUS + 1) ** 2
MEAN_FIRST = (0.411618, 0.434631, 0.454253)
MEAN_SECOND = (0.410782, 0.433645, 0.452793)


class Level(NamedTuple):
    """What differs between levels 2 (half size) to 6: feature channels, kernel of the heads, px per unit of flow."""

    number: int
    channels: int
    kernel: int
    in_px: float

    @property
    def matched(self) -> int:
        """Channels that matching and subpixel refinement see: level 2 widens its 32 to 64."""
        return 64 if self.number == 2 else self.channels


LEVELS = (
    Level(2, 32, 7, 10.0),
    Level(3, 64, 5, 5.0),
    Level(4, 96, 5, 2.5),
    Level(5, 128, 3, 1.25),
    Level(6, 192, 3, 0.625),
)


def convolutions(*widths: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolutions through ``widths`` channels, each with a leaky ReLU; the first has the stride."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers.append(nn.Conv2d(before, after, kernel, 1 if layers else stride, kernel // 2))
        layers.append(nn.LeakyReLU(0.1))
    return nn.Sequential(*layers)


def flow_head(before: int, kernel: int) -> nn.Sequential:
    """Three convolutions and a fourth of size ``kernel`` that gives flow."""
    return convolutions(before, 128, 64, 32).append(nn.Conv2d(32, 2, kernel, padding=kernel // 2))


def twice(channels: int) -> nn.ConvTranspose2d:
    """Learned upsampling by two, each channel by itself."""
    return nn.ConvTranspose2d(channels, channels, 4, stride=2, padding=1, bias=False, groups=channels)


class Features(nn.Module):
    """Features of levels 1 (full size) to 6."""

    def __init__(self) -> None:
        super().__init__()
        self.netOne = convolutions(3, 32, kernel=7)
        self.netTwo = convolutions(32, 32, 32, 32, stride=2)
        self.netThr = convolutions(32, 64, 64, stride=2)
        self.netFou = convolutions(64, 96, 96, stride=2)
        self.netFiv = convolutions(96, 128, stride=2)
        self.netSix = convolutions(128, 192, stride=2)

    def forward(self, picture: Tensor) -> list[Tensor]:
        """``float[N, 3, H, W]`` to the features of levels 2 to 6."""
        levels = [self.netOne(picture)]
        for layer in (self.netTwo, self.netThr, self.netFou, self.netFiv, self.netSix):
            levels.append(layer(levels[-1]))
        return levels[1:]


class Matching(nn.Module):
    """Flow of the coarser level plus what the cost volume adds to it."""

    def __init__(self, level: Level) -> None:
        super().__init__()
        self.in_px = level.in_px
        self.netFeat = convolutions(level.channels, 64, kernel=1) if level.number == 2 else nn.Identity()
        self.netUpflow = twice(2) if level.number < 6 else None
        self.netUpcorr = twice(COSTS) if level.number < 4 else None
        self.netMain = flow_head(COSTS, level.kernel)

    def forward(self, first: Tensor, second: Tensor, coarser: Tensor | None) -> Tensor:
        """Flow ``float[N, 2, h, w]`` from features and the flow of the coarser level (None at the coarsest)."""
        first, second = self.netFeat(first), self.netFeat(second)
        flow = None
        if self.netUpflow is not None and coarser is not None:
            flow = self.netUpflow(coarser)
            second = warp(second, flow * self.in_px)
        if self.netUpcorr is None:
            costs = F.leaky_relu(correlation(first, second, RADIUS), 0.1)
        else:
            costs = F.leaky_relu(correlation(first, second, RADIUS, step=2, stride=2), 0.1)
            costs = self.netUpcorr(costs)
        correction: Tensor = self.netMain(costs)
        return correction if flow is None else flow + correction


class Subpixel(nn.Module):
    """Refines the flow from both feature maps, the second one warped."""

    def __init__(self, level: Level) -> None:
        super().__init__()
        self.in_px = level.in_px
        self.netFeat = convolutions(level.channels, 64, kernel=1) if level.number == 2 else nn.Identity()
        self.netMain = flow_head(2 * level.matched + 2, level.kernel)

    def forward(self, first: Tensor, second: Tensor, flow: Tensor) -> Tensor:
        """Flow ``float[N, 2, h, w]``, better than ``flow``."""
        first, second = self.netFeat(first), self.netFeat(second)
        second = warp(second, flow * self.in_px)
        correction: Tensor = self.netMain(torch.cat((first, second, flow), dim=1))
        return flow + correction


class Regularization(nn.Module):
    """Each flow vector becomes a weighted mean of its neighbours; the weights follow features and warping error."""

    def __init__(self, level: Level) -> None:
        super().__init__()
        self.in_px = level.in_px
        self.kernel = k = level.kernel
        widened = level.number < 5
        self.netFeat = convolutions(level.channels, 128, kernel=1) if widened else nn.Identity()
        self.netMain = convolutions(3 + (128 if widened else level.channels), 128, 128, 64, 64, 32, 32)
        if widened:
            self.netDist = nn.Sequential(
                nn.Conv2d(32, k * k, (k, 1), padding=(k // 2, 0)),
                nn.Conv2d(k * k, k * k, (1, k), padding=(0, k // 2)),
            )
        else:
            self.netDist = nn.Sequential(nn.Conv2d(32, k * k, k, padding=k // 2))
        self.netScaleX = nn.Conv2d(k * k, 1, 1)
        self.netScaleY = nn.Conv2d(k * k, 1, 1)

    def forward(self, picture: Tensor, other: Tensor, features: Tensor, flow: Tensor) -> Tensor:
        """Flow ``float[N, 2, h, w]`` smoothed where ``picture`` and the warped ``other`` say so."""
        error = channel_norm(picture - warp(other, flow * self.in_px))
        centred = flow - flow.mean(dim=(2, 3), keepdim=True)
        distance = self.netDist(self.netMain(torch.cat((error, centred, self.netFeat(features)), dim=1))).square()
        weights = (distance.amin(dim=1, keepdim=True) - distance).exp()
        total = weights.sum(dim=1, keepdim=True)
        x = self.netScaleX(weights * self._neighbours(flow[:, :1])) / total
        y = self.netScaleY(weights * self._neighbours(flow[:, 1:])) / total
        return torch.cat((x, y), dim=1)

    def _neighbours(self, values: Tensor) -> Tensor:
        """The k² neighbours of each value, zero outside: ``float[N, k², h, w]`` of ``float[N, 1, h, w]``."""
        height, width = values.shape[-2:]
        return F.unfold(values, self.kernel, padding=self.kernel // 2).view(len(values), -1, height, width)


class LiteFlowNet(nn.Module):
    """Features of both pictures, then levels 6 to 2, each matching, refining and regularising."""

    mean_first: Tensor
    mean_second: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.netFeatures = Features()
        self.netMatching = nn.ModuleList(Matching(level) for level in LEVELS)
        self.netSubpixel = nn.ModuleList(Subpixel(level) for level in LEVELS)
        self.netRegularization = nn.ModuleList(Regularization(level) for level in LEVELS)
        self.register_buffer("mean_first", torch.tensor(MEAN_FIRST).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("mean_second", torch.tensor(MEAN_SECOND).view(1, 3, 1, 1), persistent=False)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Flow ``float[N, 2, H/2, W/2]`` in px of (H, W) of two BGR pictures ``float[N, 3, H, W]`` in [0, 1].

        H and W are multiples of 32.
        """
        first, second = first - self.mean_first, second - self.mean_second
        ones, twos = self.netFeatures(first), self.netFeatures(second)
        pictures = [(first, second)]
        for features in ones:
            size = features.shape[-2:]
            one, two = (resized(p, (size[0], size[1])) for p in pictures[-1])
            pictures.append((one, two))
        flow: Tensor | None = None
        for index in reversed(range(len(LEVELS))):
            one, two = ones[index], twos[index]
            flow = self.netMatching[index](one, two, flow)
            flow = self.netSubpixel[index](one, two, flow)
            flow = self.netRegularization[index](*pictures[index + 1], one, flow)
        assert flow is not None
        return flow * UNIT


def build_network() -> nn.Module:
    """The network as published: 212 tensors ``netFeatures…``, ``netMatching…``, ``netSubpixel…``, ``netRegulariz…``."""
    return LiteFlowNet()
