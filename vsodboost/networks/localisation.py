"""The localisation network of MQP (Fig. 6): VGG-16, dilated attention on its last three stages, a U-Net decoder.

On flow images it is the localisation branch of the MQPM (``perception.paper_mqpm``); on frames it is the paper's
spatial model, "a completely new model that is identical to the localisation branch" (Sec. V-C). The figure gives no
widths and no normalisation layers; ours are 64 channels throughout and batch norm everywhere but in VGG.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIDE = 352
"""Frames are squashed to 352 x 352 px, as the released script does."""
DILATIONS = (2, 4, 6, 8)
_DEPTHS = (2, 2, 3, 3, 3)
_WIDENING = (1, 2, 4, 8, 8)


class VGG16(nn.Module):
    """The convolutions of VGG-16, their keys torchvision's; ``base`` is the first stage's width, 64 in the original."""

    def __init__(self, base: int = 64) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        self.ends: list[int] = []
        """Indices of the layers that end a stage."""
        before = 3
        for depth, wider in zip(_DEPTHS, _WIDENING, strict=True):
            if layers:
                layers.append(nn.MaxPool2d(2))
            for _ in range(depth):
                layers += [nn.Conv2d(before, base * wider, 3, padding=1), nn.ReLU(inplace=True)]
                before = base * wider
            self.ends.append(len(layers) - 1)
        self.features = nn.Sequential(*layers)
        self.channels = tuple(base * wider for wider in _WIDENING)
        for layer in layers:
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, images: Tensor) -> list[Tensor]:
        """``[N, 3, h, w]`` to the five stages' features at strides 1, 2, 4, 8 and 16."""
        stages, x = [], images
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in self.ends:
                stages.append(x)
        return stages


def _convolution(before: int, after: int, kernel: int = 3, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, padding=dilation * (kernel // 2), dilation=dilation, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )


class DilatedAttention(nn.Module):
    """Multi-scale dilated attention: what is irrelevant at every dilation (2, 4, 6, 8) is filtered out."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.narrow = _convolution(channels, width, kernel=1)
        self.scales = nn.ModuleList(_convolution(width, width, dilation=d) for d in DILATIONS)
        self.attention = nn.Conv2d(len(DILATIONS) * width, width, 1)

    def forward(self, features: Tensor) -> Tensor:
        """``[N, channels, h, w]`` to ``[N, width, h, w]``."""
        narrow: Tensor = self.narrow(features)
        seen = torch.cat([scale(narrow) for scale in self.scales], dim=1)
        return narrow * torch.sigmoid(self.attention(seen))


class UNetDecoder(nn.Module):
    """Features from coarse to fine: enlarge, put beside the finer one, two convolutions; again until the finest."""

    def __init__(self, width: int, levels: int) -> None:
        super().__init__()
        self.steps = nn.ModuleList(
            nn.Sequential(_convolution(2 * width, width), _convolution(width, width)) for _ in range(levels - 1)
        )

    def forward(self, features: list[Tensor]) -> Tensor:
        """Features ``[N, width, ., .]``, finest first, to the last decoder layer at the finest one's size."""
        x, *finer = reversed(features)
        for step, shallow in zip(self.steps, finer, strict=True):
            x = step(torch.cat([resized(x, shallow.shape[-2:]), shallow], dim=1))
        return x


class LocalisationNetwork(nn.Module):
    """Images ``[N, 3, H, W]`` (ImageNet norm) -> logits ``[N, 1, H, W]``.

    They are worked on at ``side`` x ``side`` px (None: as they come, at least 16 px a side). ``width`` is that of
    attention and decoder, ``base`` VGG's. A network trained at another side says so in its weights (``trained_side``,
    0 if it is the usual one), so that it is never run at a size it has not learned.
    """

    trained_side: Tensor

    LEVELS = 3

    def __init__(self, width: int = 64, base: int = 64, side: int | None = SIDE) -> None:
        super().__init__()
        self.usual_side = side
        self.register_buffer("trained_side", torch.tensor(0))
        self.encoder = VGG16(base)
        self.attention = nn.ModuleList(DilatedAttention(c, width) for c in self.encoder.channels[-self.LEVELS :])
        self.decoder = UNetDecoder(width, self.LEVELS)
        self.head = nn.Conv2d(width, 1, 3, padding=1)

    @property
    def side(self) -> int | None:
        """px of a side at which images are worked on; None: as they come."""
        return int(self.trained_side) or self.usual_side

    @side.setter
    def side(self, side: int) -> None:
        self.trained_side.fill_(0 if side == self.usual_side else side)

    def decoded(self, images: Tensor) -> Tensor:
        """The last decoder layer, ``[N, width, side/4, side/4]``."""
        if (side := self.side) is not None:
            images = resized(images, (side, side))
        stages = self.encoder(images)[-self.LEVELS :]
        last: Tensor = self.decoder([attend(x) for attend, x in zip(self.attention, stages, strict=True)])
        return last

    def forward(self, images: Tensor) -> Tensor:
        return resized(self.head(self.decoded(images)), images.shape[-2:])


def resized(images: Tensor, size: tuple[int, ...]) -> Tensor:
    """``[N, C, h, w]`` at ``size`` (H, W): bilinear, antialiased where it shrinks (as Pillow does)."""
    if tuple(images.shape[-2:]) == tuple(size):
        return images
    shrinks = any(after < before for before, after in zip(images.shape[-2:], size, strict=True))
    return F.interpolate(images, size=tuple(size), mode="bilinear", align_corners=False, antialias=shrinks)
