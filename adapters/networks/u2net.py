"""U2-Net and its small version U2-NetP, image saliency models: Qin et al., "U2-Net: Going Deeper with Nested
U-Structure for Salient Object Detection", Pattern Recognition 2020. Loads the authors' u2net.pth and u2netp.pth.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.data.errors import UsageError

from ..layers.resize import resize

Variant = Literal["u2net", "u2netp"]

# Of each stage: kind (layers of a pooled block, "F" for the dilated one), channels in, in the middle, out (figure 5).
Stages = dict[str, tuple[int | Literal["F"], int, int, int]]

FULL: Stages = {
    "stage1": (7, 3, 32, 64),
    "stage2": (6, 64, 32, 128),
    "stage3": (5, 128, 64, 256),
    "stage4": (4, 256, 128, 512),
    "stage5": ("F", 512, 256, 512),
    "stage6": ("F", 512, 256, 512),
    "stage5d": ("F", 1024, 256, 512),
    "stage4d": (4, 1024, 128, 256),
    "stage3d": (5, 512, 64, 128),
    "stage2d": (6, 256, 32, 64),
    "stage1d": (7, 128, 16, 64),
}
SMALL: Stages = {
    name: (kind, 3 if name == "stage1" else 128 if name.endswith("d") else 64, 16, 64)
    for name, (kind, *_) in FULL.items()
}


class ConvUnit(nn.Module):
    """3x3 convolution of the given dilation, batch norm, ReLU; ``[N, inputs, h, w]`` to ``[N, outputs, h, w]``."""

    def __init__(self, inputs: int, outputs: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv_s1 = nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)
        self.bn_s1 = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inputs, h, w]`` to ``[N, outputs, h, w]``."""
        return torch.relu(self.bn_s1(self.conv_s1(x)))


class ResidualUBlock(nn.Module):
    """A small U-Net with a shortcut (section 3.1): ``depth`` layers down, all but the last two halving the size."""

    def __init__(self, depth: int, inputs: int, middle: int, outputs: int) -> None:
        super().__init__()
        self._depth = depth
        self.rebnconvin = ConvUnit(inputs, outputs)
        for i in range(1, depth + 1):
            dilation = 2 if i == depth else 1
            self.add_module(f"rebnconv{i}", ConvUnit(outputs if i == 1 else middle, middle, dilation))
        for i in range(depth - 1, 0, -1):
            self.add_module(f"rebnconv{i}d", ConvUnit(2 * middle, outputs if i == 1 else middle))

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inputs, h, w]`` to ``[N, outputs, h, w]``."""
        shortcut: Tensor = self.rebnconvin(x)
        skips = [self.get_submodule("rebnconv1")(shortcut)]
        for i in range(2, self._depth):
            skips.append(self.get_submodule(f"rebnconv{i}")(halve(skips[-1])))
        x = self.get_submodule(f"rebnconv{self._depth}")(skips[-1])
        for i in range(self._depth - 1, 0, -1):
            x = resize(x, skips[i - 1].shape[-2:], align_corners=False)
            x = self.get_submodule(f"rebnconv{i}d")(torch.cat([x, skips[i - 1]], 1))
        return x + shortcut


class DilatedUBlock(nn.Module):
    """The block of the deepest stages: dilations 1, 2, 4, 8 in place of pooling, because the maps are small there."""

    def __init__(self, inputs: int, middle: int, outputs: int) -> None:
        super().__init__()
        self.rebnconvin = ConvUnit(inputs, outputs)
        self.rebnconv1 = ConvUnit(outputs, middle, 1)
        self.rebnconv2 = ConvUnit(middle, middle, 2)
        self.rebnconv3 = ConvUnit(middle, middle, 4)
        self.rebnconv4 = ConvUnit(middle, middle, 8)
        self.rebnconv3d = ConvUnit(2 * middle, middle, 4)
        self.rebnconv2d = ConvUnit(2 * middle, middle, 2)
        self.rebnconv1d = ConvUnit(2 * middle, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inputs, h, w]`` to ``[N, outputs, h, w]``."""
        shortcut: Tensor = self.rebnconvin(x)
        one = self.rebnconv1(shortcut)
        two = self.rebnconv2(one)
        three = self.rebnconv3(two)
        x = self.rebnconv3d(torch.cat([self.rebnconv4(three), three], 1))
        x = self.rebnconv2d(torch.cat([x, two], 1))
        x = self.rebnconv1d(torch.cat([x, one], 1))
        return x + shortcut


def halve(x: Tensor) -> Tensor:
    """``[N, C, h, w]`` to ``[N, C, ceil(h/2), ceil(w/2)]`` by the maximum; rounding up lets every size in."""
    return F.max_pool2d(x, 2, stride=2, ceil_mode=True)


class U2Net(nn.Module):
    """A U of Us: six stages down, five up, a side map from each of the last six, and their fusion."""

    def __init__(self, stages: Stages) -> None:
        super().__init__()
        for name, (kind, inputs, middle, outputs) in stages.items():
            block = (
                DilatedUBlock(inputs, middle, outputs) if kind == "F" else ResidualUBlock(kind, inputs, middle, outputs)
            )
            self.add_module(name, block)
        for i, name in enumerate(("stage1d", "stage2d", "stage3d", "stage4d", "stage5d", "stage6"), 1):
            self.add_module(f"side{i}", nn.Conv2d(stages[name][3], 1, 3, padding=1))
        self.outconv = nn.Conv2d(6, 1, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """``[N, 3, H, W]`` to seven maps ``[N, 1, H, W]`` in [0, 1]: the fused one, then the sides 1 to 6."""
        features = [self.get_submodule("stage1")(image)]
        for i in range(2, 7):
            features.append(self.get_submodule(f"stage{i}")(halve(features[-1])))
        x = features[-1]
        sides = [self.get_submodule("side6")(x)]
        for i in range(5, 0, -1):
            x = resize(x, features[i - 1].shape[-2:], align_corners=False)
            x = self.get_submodule(f"stage{i}d")(torch.cat([x, features[i - 1]], 1))
            sides.insert(0, self.get_submodule(f"side{i}")(x))
        sides = [resize(side, image.shape[-2:], align_corners=False) for side in sides]
        fused = self.outconv(torch.cat(sides, 1))
        return tuple(torch.sigmoid(logits) for logits in (fused, *sides))


def build_network(variant: Variant = "u2net") -> U2Net:
    """``"u2net"`` (44.0 M parameters) or ``"u2netp"`` (1.1 M), untrained; its keys are those of the authors' files."""
    if variant not in ("u2net", "u2netp"):
        raise UsageError(f"u2net has the variants u2net and u2netp, not '{variant}'")
    return U2Net(FULL if variant == "u2net" else SMALL)
