"""MobileNetV3-large as PCSA uses it (Howard et al., ICCV 2019; layout of the d-li14 port, three strides removed).

It is not timm's or torchvision's: squeeze-and-excitation comes before the activation and is made of linear layers,
and its width is a plain quarter.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# kernel, expanded channels, channels out, squeeze-and-excitation, hard swish (else ReLU), stride
ROWS = (
    (3, 16, 16, False, False, 1),
    (3, 64, 24, False, False, 2),
    (3, 72, 24, False, False, 1),
    (5, 72, 40, True, False, 1),  # stride 2 in the paper
    (5, 120, 40, True, False, 1),
    (5, 120, 40, True, False, 1),
    (3, 240, 80, False, True, 2),
    (3, 200, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 480, 112, True, True, 1),
    (3, 672, 112, True, True, 1),
    (5, 672, 160, True, True, 1),  # stride 2 in the paper
    (5, 672, 160, True, True, 1),
    (5, 960, 160, True, True, 1),
)
LOW_CHANNELS, HIGH_CHANNELS = 24, 160
LOW_LEVEL = 4
"""Layers up to the one whose output is PCSA's low-level feature."""


class HardSigmoid(nn.Module):
    """``relu6(x + 3) / 6``, any shape."""

    def forward(self, x: Tensor) -> Tensor:
        """Same shape, in [0, 1]."""
        return F.relu6(x + 3) / 6


class HardSwish(nn.Module):
    """``x relu6(x + 3) / 6``, any shape."""

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return x * (F.relu6(x + 3) / 6)


class SqueezeExcitation(nn.Module):
    """Weighs channels by a gate computed from their means (Hu et al., CVPR 2018); ``[N, C, h, w]``, shape kept."""

    def __init__(self, channels: int, reduction: int = 4) -> None:
        super().__init__()
        inner = channels // reduction
        self.fc = nn.Sequential(nn.Linear(channels, inner), nn.ReLU(), nn.Linear(inner, channels), HardSigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C, h, w]`` to the same shape."""
        gate: Tensor = self.fc(x.mean((2, 3)))
        return x * gate[:, :, None, None]


class InvertedResidual(nn.Module):
    """Expansion (left out where it would not expand), depthwise convolution, gate, activation, projection."""

    def __init__(
        self, inputs: int, kernel: int, expanded: int, outputs: int, *, excited: bool, swish: bool, stride: int
    ) -> None:
        super().__init__()
        activation = HardSwish if swish else nn.ReLU
        gate = SqueezeExcitation(expanded) if excited else nn.Sequential()
        depthwise = nn.Conv2d(expanded, expanded, kernel, stride, kernel // 2, groups=expanded, bias=False)
        project = nn.Conv2d(expanded, outputs, 1, bias=False)
        layers: list[nn.Module]
        if inputs == expanded:
            layers = [depthwise, nn.BatchNorm2d(expanded), activation(), gate]
        else:
            expand = nn.Conv2d(inputs, expanded, 1, bias=False)
            layers = [expand, nn.BatchNorm2d(expanded), activation()]
            layers += [depthwise, nn.BatchNorm2d(expanded), gate, activation()]
        self.conv = nn.Sequential(*layers, project, nn.BatchNorm2d(outputs))
        self._shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inputs, h, w]`` to ``[N, outputs, h / stride, w / stride]``."""
        y: Tensor = self.conv(x)
        return x + y if self._shortcut else y


class MobileNetV3Features(nn.Module):
    """The convolutional part, giving a low level at 1/4 and a high level at 1/8 of the image's size."""

    def __init__(self) -> None:
        super().__init__()
        stem = nn.Sequential(nn.Conv2d(3, 16, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(16), HardSwish())
        layers: list[nn.Module] = [stem]
        inputs = 16
        for kernel, expanded, outputs, excited, swish, stride in ROWS:
            layers.append(
                InvertedResidual(inputs, kernel, expanded, outputs, excited=excited, swish=swish, stride=stride)
            )
            inputs = outputs
        self.features = nn.Sequential(*layers)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """``[N, 3, H, W]`` to ``[N, 24, H/4, W/4]`` and ``[N, 160, H/8, W/8]`` (sizes rounded up)."""
        low: Tensor = self.features[:LOW_LEVEL](image)
        return low, self.features[LOW_LEVEL:](low)


def conv_norm(
    inputs: int, outputs: int, kernel: int = 1, *, dilation: int = 1, groups: int = 1, act: bool = False
) -> nn.Sequential:
    """Convolution without bias, batch norm and, where ``act``, a PReLU with one slope; keys conv, bn, relu."""
    padding = dilation * (kernel // 2)
    block = nn.Sequential()
    block.add_module(
        "conv", nn.Conv2d(inputs, outputs, kernel, padding=padding, dilation=dilation, groups=groups, bias=False)
    )
    block.add_module("bn", nn.BatchNorm2d(outputs, momentum=0.01))
    if act:
        block.add_module("relu", nn.PReLU())
    return block


class LightRFB(nn.Module):
    """PCSA's receptive field block of depthwise convolutions, ``[N, inputs, h, w]`` to ``[N, outputs, h, w]``."""

    def __init__(self, inputs: int, middle: int, outputs: int) -> None:
        super().__init__()
        self.global_se = SqueezeExcitation(inputs)
        self.reduce = nn.Sequential(
            nn.Conv2d(inputs, middle, 1, bias=False), nn.BatchNorm2d(middle, momentum=0.01), nn.PReLU(middle)
        )
        self.br0 = nn.Sequential(conv_norm(middle, middle, act=True), conv_norm(middle, middle, 3, groups=middle))
        self.br1, self.br2, self.br3 = (self._branch(middle, kernel) for kernel in (3, 5, 7))
        self.point_global = conv_norm(inputs + 4 * middle, outputs, act=True)

    @staticmethod
    def _branch(middle: int, kernel: int) -> nn.Sequential:
        return nn.Sequential(
            conv_norm(middle, middle, kernel, groups=middle),
            conv_norm(middle, middle, act=True),
            conv_norm(middle, middle, 3, dilation=kernel, groups=middle),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inputs, h, w]`` to ``[N, outputs, h, w]``; ``x`` joins the sum of branches without its gate."""
        reduced = self.reduce(self.global_se(x))
        branches = [self.br0(reduced), self.br1(reduced), self.br2(reduced), self.br3(reduced)]
        merged: Tensor = self.point_global(torch.cat([x, *branches], 1))
        return merged
