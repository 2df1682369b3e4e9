"""SPyNet: a pyramid of small networks, each adding to the flow of the coarser level.

Ranjan and Black, "Optical Flow Estimation using a Spatial Pyramid Network", CVPR 2017; keys and arithmetic of the
PyTorch port github.com/sniklaus/pytorch-spynet.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.data.cards import IMAGENET_MEAN, IMAGENET_STD

from .operations import warp

LEVELS = 6
COARSEST = 32  # px; a picture that fits is not halved again


class Level(nn.Module):
    """Five 7×7 convolutions: both pictures and the flow so far (8 channels) to a correction of the flow."""

    def __init__(self) -> None:
        super().__init__()
        widths = (8, 32, 64, 32, 16, 2)
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 7, padding=3), nn.ReLU()]
        self.netBasic = nn.Sequential(*layers[:-1])

    def forward(self, features: Tensor) -> Tensor:
        """``float[N, 8, h, w]`` to ``float[N, 2, h, w]``."""
        correction: Tensor = self.netBasic(features)
        return correction


class SPyNet(nn.Module):
    """Flow between two pictures by up to six levels of 7×7 convolutions, the coarsest first."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.netBasic = nn.ModuleList(Level() for _ in range(LEVELS))
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Flow ``float[N, 2, H, W]`` in px of two **BGR** pictures ``float[N, 3, H, W]`` in [0, 1].

        Any size runs; the authors resize to multiples of 32 beforehand, which is left to the caller.
        """
        pyramid = [(self._normalised(first), self._normalised(second))]
        while len(pyramid) < LEVELS and max(pyramid[0][0].shape[-2:]) > COARSEST:
            pyramid.insert(0, (halved(pyramid[0][0]), halved(pyramid[0][1])))
        # The published code doubles a zero flow of half the coarsest size; that is a zero flow of the coarsest size.
        flow = torch.zeros_like(pyramid[0][0][:, :2])
        for level, (one, two) in enumerate(pyramid):
            if level:
                flow = doubled(flow, one.shape[-2], one.shape[-1])
            flow = flow + self.netBasic[level](torch.cat((one, warp(two, flow, "edge"), flow), dim=1))
        return flow

    def _normalised(self, picture: Tensor) -> Tensor:
        return (picture.flip(1) - self.mean) / self.std


def halved(picture: Tensor) -> Tensor:
    """``float[N, C, H, W]`` at half its size (floor, at least 1 px a side) by 2×2 means."""
    kernel = (min(2, picture.shape[-2]), min(2, picture.shape[-1]))
    return F.avg_pool2d(picture, kernel, kernel)


def doubled(flow: Tensor, height: int, width: int) -> Tensor:
    """Flow in px at twice the size and length; its last row and column repeat where the finer level is odd."""
    finer = 2 * F.interpolate(flow, scale_factor=2.0, mode="bilinear", align_corners=True)
    finer = finer[..., :height, :width]
    return F.pad(finer, (0, width - finer.shape[-1], 0, height - finer.shape[-2]), mode="replicate")


def build_network() -> nn.Module:
    """The network as published: tensors ``netBasic.{level}.netBasic.{0,2,4,6,8}.{weight,bias}``, 0 is coarsest."""
    return SPyNet()
