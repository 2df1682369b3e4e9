"""Receptive field blocks and the partial decoder of CPD (Wu, Su and Huang, CVPR 2019, section 3.3 and figure 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from .resize import resize

MakeConv = Callable[..., nn.Module]


class NormedConv(nn.Module):
    """Convolution without bias, then batch norm, and no activation: the authors define a ReLU and never call it."""

    def __init__(self, inputs: int, outputs: int, kernel: int | tuple[int, int], **options: Any) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, bias=False, **options)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inputs, h, w]`` to ``[N, outputs, h', w']``."""
        normed: Tensor = self.bn(self.conv(x))
        return normed


def plain_conv(inputs: int, outputs: int, kernel: int | tuple[int, int], **options: Any) -> nn.Conv2d:
    """Convolution with bias, drawn from N(0, 0.01) as the authors do where no batch norm follows."""
    conv = nn.Conv2d(inputs, outputs, kernel, **options)
    nn.init.normal_(conv.weight, std=0.01)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    return conv


class RFB(nn.Module):
    """Four branches of growing reach over ``[N, inputs, h, w]``, to ``[N, outputs, h, w]``.

    Branch k (1 to 3) factors a (2k+1)-wide kernel and ends in a 3x3 one of dilation 2k+1; nothing is activated
    before the final sum, as in the released weights.
    """

    def __init__(self, inputs: int, outputs: int, make_conv: MakeConv) -> None:
        super().__init__()
        self.branch0 = nn.Sequential(make_conv(inputs, outputs, 1))
        self.branch1 = self._branch(inputs, outputs, 1, make_conv)
        self.branch2 = self._branch(inputs, outputs, 2, make_conv)
        self.branch3 = self._branch(inputs, outputs, 3, make_conv)
        self.conv_cat = make_conv(4 * outputs, outputs, 3, padding=1)
        self.conv_res = make_conv(inputs, outputs, 1)

    @staticmethod
    def _branch(inputs: int, outputs: int, reach: int, make_conv: MakeConv) -> nn.Sequential:
        side = 2 * reach + 1
        return nn.Sequential(
            make_conv(inputs, outputs, 1),
            make_conv(outputs, outputs, (1, side), padding=(0, reach)),
            make_conv(outputs, outputs, (side, 1), padding=(reach, 0)),
            make_conv(outputs, outputs, 3, padding=side, dilation=side),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inputs, h, w]`` to ``[N, outputs, h, w]``, not negative."""
        branches = torch.cat([self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x)], 1)
        return torch.relu(self.conv_cat(branches) + self.conv_res(x))


class PartialDecoder(nn.Module):
    """The paper's "aggregation": three levels, multiplied and concatenated from deep to shallow, to one logit map.

    Levels are doubled with aligned corners. Where a side is odd, a level is fitted to the shallower one's size instead
    of doubled, so any size goes in; at multiples of the stride both are the same thing.
    """

    def __init__(self, channels: int, make_conv: MakeConv) -> None:
        super().__init__()
        c = channels
        self.conv_upsample1 = make_conv(c, c, 3, padding=1)
        self.conv_upsample2 = make_conv(c, c, 3, padding=1)
        self.conv_upsample3 = make_conv(c, c, 3, padding=1)
        self.conv_upsample4 = make_conv(c, c, 3, padding=1)
        self.conv_upsample5 = make_conv(2 * c, 2 * c, 3, padding=1)
        self.conv_concat2 = make_conv(2 * c, 2 * c, 3, padding=1)
        self.conv_concat3 = make_conv(3 * c, 3 * c, 3, padding=1)
        self.conv4 = make_conv(3 * c, 3 * c, 3, padding=1)
        self.conv5 = nn.Conv2d(3 * c, 1, 1)

    def forward(self, deep: Tensor, middle: Tensor, shallow: Tensor) -> Tensor:
        """``[N, c, ., .]`` at strides 4s, 2s and s to logits ``[N, 1, h, w]`` at stride s."""
        deep_up = resize(deep, middle.shape[-2:], align_corners=True)
        deep_up_up = resize(deep_up, shallow.shape[-2:], align_corners=True)
        middle_up = resize(middle, shallow.shape[-2:], align_corners=True)
        gated_middle = self.conv_upsample1(deep_up) * middle
        gated_shallow = self.conv_upsample2(deep_up_up) * self.conv_upsample3(middle_up) * shallow
        merged = self.conv_concat2(torch.cat([gated_middle, self.conv_upsample4(deep_up)], 1))
        merged = self.conv_upsample5(resize(merged, shallow.shape[-2:], align_corners=True))
        merged = self.conv_concat3(torch.cat([gated_shallow, merged], 1))
        logits: Tensor = self.conv5(self.conv4(merged))
        return logits
