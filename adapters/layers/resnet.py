"""ResNets whose every block may have its own dilation, with torchvision's key names.

The networks that are adapted here differ in where they dilate, and released weights depend on it: MGA and DS-Net
dilate only the first block of the last stage, RCRNet all of them, SSAV two stages; SSAV and COSNet stride in a
bottleneck's first 1x1 convolution, the others in its 3x3. ImageNet weights of torchvision load by name into all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

StrideAt = Literal["1x1", "3x3"]


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al. 2016); stride and dilation sit on the first convolution."""

    expansion = 1

    def __init__(
        self, channels: int, width: int, out: int, *, stride: int = 1, dilation: int = 1, stride_at: StrideAt = "3x3"
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, dilation, dilation, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.downsample = _shortcut(channels, out, stride)

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, h, w] -> [N, out, ceil(h / stride), ceil(w / stride)]."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))  # type: ignore[no-any-return]


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions and a shortcut (He et al. 2016); the 3x3 is dilated, ``stride_at`` strides."""

    expansion = 4

    def __init__(
        self, channels: int, width: int, out: int, *, stride: int = 1, dilation: int = 1, stride_at: StrideAt = "3x3"
    ) -> None:
        super().__init__()
        first, second = (stride, 1) if stride_at == "1x1" else (1, stride)
        self.conv1 = nn.Conv2d(channels, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, second, dilation, dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(channels, out, stride)

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, h, w] -> [N, out, ceil(h / stride), ceil(w / stride)]."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))  # type: ignore[no-any-return]


Block = type[BasicBlock] | type[Bottleneck]


def _shortcut(channels: int, out: int, stride: int) -> nn.Sequential | None:
    if stride == 1 and channels == out:
        return None
    return nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))


def stage(
    block: Block,
    channels: int,
    width: int,
    blocks: int,
    *,
    stride: int = 1,
    dilations: int | Sequence[int] = 1,
    stride_at: StrideAt = "3x3",
) -> nn.Sequential:
    """One stage (torchvision's ``layerN``) of ``blocks`` blocks: [N, channels, h, w] -> [N, width * expansion, ...].

    ``stride`` applies to the first block. ``dilations`` is one number for all blocks or one a block.
    """
    rates = [dilations] * blocks if isinstance(dilations, int) else list(dilations)
    if len(rates) != blocks:
        raise ValueError(f"{len(rates)} dilations for {blocks} blocks")
    out = width * block.expansion
    first = block(channels, width, out, stride=stride, dilation=rates[0], stride_at=stride_at)
    return nn.Sequential(first, *(block(out, width, out, dilation=rate, stride_at=stride_at) for rate in rates[1:]))


class ResNet(nn.Module):
    """Feature extractor with torchvision's names: conv1, bn1, layer1 ... layer4 (and fc where ``classes`` is given).

    ``strides`` and ``dilations`` are given a stage; a stage's dilations are one number or one a block.
    ``ceil_pool`` rounds the size after max pooling up, as Caffe does. ``channels`` is the number of input channels.
    """

    def __init__(
        self,
        block: Block,
        blocks: Sequence[int],
        *,
        strides: Sequence[int] = (1, 2, 2, 2),
        dilations: Sequence[int | Sequence[int]] = (1, 1, 1, 1),
        stride_at: StrideAt = "3x3",
        ceil_pool: bool = False,
        channels: int = 3,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1, ceil_mode=ceil_pool)
        widths = (64, 128, 256, 512)
        inputs = (64, *(width * block.expansion for width in widths))
        self.layer1, self.layer2, self.layer3, self.layer4 = (
            stage(block, *sizes, stride=stride, dilations=rates, stride_at=stride_at)
            for *sizes, stride, rates in zip(inputs, widths, blocks, strides, dilations, strict=False)
        )
        self.channels = inputs
        """Channels of the stem's and the four stages' features."""
        if classes:
            self.fc = nn.Linear(inputs[4], classes)
        initialise(self)

    def stem(self, image: Tensor) -> Tensor:
        """[N, channels, H, W] -> [N, 64, ceil(H/2), ceil(W/2)], before max pooling."""
        return self.relu(self.bn1(self.conv1(image)))  # type: ignore[no-any-return]

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Features of the stem (before max pooling, at 1/2) and of the four stages."""
        stem = self.stem(image)
        one = self.layer1(self.maxpool(stem))
        two = self.layer2(one)
        three = self.layer3(two)
        return stem, one, two, three, self.layer4(three)


def initialise(module: nn.Module) -> None:
    """He's initialisation of every convolution (fan-out), ones and zeros in batch norms: torchvision's for ResNets."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
            if part.bias is not None:
                nn.init.zeros_(part.bias)
        elif isinstance(part, nn.BatchNorm2d):
            nn.init.ones_(part.weight)
            nn.init.zeros_(part.bias)


def freeze_batch_norm(module: nn.Module) -> None:
    """Put every batch norm below ``module`` into eval mode: its statistics stay those of the checkpoint."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eval()


def load_imagenet(resnet: nn.Module, state: dict[str, Tensor]) -> list[str]:
    """Copy torchvision's ImageNet tensors into a ResNet by name; returns the names that found no place.

    A first convolution with more input channels keeps its own values beyond the third (FGPLG's seven channels).
    """
    own, left = resnet.state_dict(), []
    with torch.no_grad():
        for name, value in state.items():
            target = own.get(name)
            if target is not None and target.shape == value.shape:
                target.copy_(value)
            elif target is not None and target.dim() == 4 and target.shape[1] > value.shape[1] == 3:
                target[:, :3].copy_(value)
            else:
                left.append(name)
    return left
