"""CPD, an image saliency model: Wu, Su and Huang, "Cascaded Partial Decoder for Fast and Accurate Salient Object
Detection", CVPR 2019. Loads the authors' CPD.pth (VGG-16) and CPD-R.pth (ResNet-50).
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.data.errors import UsageError
from vsodboost.networks.localisation import resized as antialiased

from ..layers.resize import resize
from ..layers.rfb import RFB, MakeConv, NormedConv, PartialDecoder, plain_conv
from ..layers.two_tailed import TwoTailedResNet50, TwoTailedVGG16

CHANNELS = 32
Variant = Literal["vgg", "resnet"]


class HolisticAttention(nn.Module):
    """Widens an attention map with a blur and weighs features with it (section 3.4).

    The kernel is a learned parameter of the released weights, not a constant: it starts Gaussian and is trained.
    """

    def __init__(self, side: int = 31, sigma: float = 4.0) -> None:
        super().__init__()
        self.gaussian_kernel = nn.Parameter(gaussian_kernel(side, sigma)[None, None])

    def forward(self, attention: Tensor, features: Tensor) -> Tensor:
        """``[N, 1, h, w]`` in [0, 1] and ``[N, C, h, w]`` to ``[N, C, h, w]``."""
        blurred = F.conv2d(attention, self.gaussian_kernel, padding=self.gaussian_kernel.shape[-1] // 2)
        low, high = blurred.amin((2, 3), keepdim=True), blurred.amax((2, 3), keepdim=True)
        return features * torch.maximum((blurred - low) / (high - low + 1e-8), attention)


def gaussian_kernel(side: int, sigma: float) -> Tensor:
    """``float32[side, side]`` that sums to 1: root of the outer product of the normal mass in ``side`` equal bins."""
    half = sigma + (2 * sigma + 1) / side / 2
    edges = torch.linspace(-half, half, side + 1, dtype=torch.float64)
    mass = torch.special.ndtr(edges).diff()
    kernel = torch.outer(mass, mass).sqrt()
    return (kernel / kernel.sum()).float()


class CPD(nn.Module):
    """Attention from one copy of the deep stages steers the other copy, which gives the detection.

    ``levels`` names the receptive field blocks (stages 3, 4, 5 of VGG; 2, 3, 4 of ResNet).
    """

    def __init__(
        self, backbone: str, network: TwoTailedVGG16 | TwoTailedResNet50, levels: dict[int, int], make_conv: MakeConv,
        *, align_corners: bool,
    ) -> None:  # fmt: skip
        super().__init__()
        self._backbone, self._levels, self._align_corners = backbone, tuple(levels), align_corners
        self.add_module(backbone, network)
        for copy in (1, 2):
            for level, channels in levels.items():
                self.add_module(f"rfb{level}_{copy}", RFB(channels, CHANNELS, make_conv))
            self.add_module(f"agg{copy}", PartialDecoder(CHANNELS, make_conv))
        self.HA = HolisticAttention()

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """``[N, 3, H, W]``, ImageNet-normalised, to logits (attention, detection), each ``[N, 1, H, W]``."""
        backbone: Any = self.get_submodule(self._backbone)
        shallow = backbone.trunk(image)
        attention = self._decode(shallow, *backbone.tail(shallow, 1), copy=1)
        attended = self.HA(attention.sigmoid(), shallow)
        detection = self._decode(attended, *backbone.tail(attended, 2), copy=2)
        return self._enlarge(attention, image), self._enlarge(detection, image)

    def _decode(self, *features: Tensor, copy: int) -> Tensor:
        reduced = [self.get_submodule(f"rfb{level}_{copy}")(x) for level, x in zip(self._levels, features, strict=True)]
        logits: Tensor = self.get_submodule(f"agg{copy}")(*reversed(reduced))
        return logits

    def _enlarge(self, logits: Tensor, image: Tensor) -> Tensor:
        return resize(logits, image.shape[-2:], align_corners=self._align_corners)


def build_network(variant: Variant = "vgg") -> CPD:
    """CPD on ``"vgg"`` (VGG-16) or ``"resnet"`` (ResNet-50), untrained; its keys are those of the authors' files.

    The authors enlarge the VGG maps without and the ResNet maps with aligned corners; so do we, for equal maps.
    """
    if variant == "vgg":
        return CPD("vgg", TwoTailedVGG16(), {3: 256, 4: 512, 5: 512}, plain_conv, align_corners=False)
    if variant == "resnet":
        return CPD("resnet", TwoTailedResNet50(), {2: 512, 3: 1024, 4: 2048}, NormedConv, align_corners=True)
    raise UsageError(f"cpd has the variants vgg and resnet, not '{variant}'")


class CPDStudent(nn.Module):
    """CPD as a spatial model: what the released script of the motion-quality paper fine-tunes, both of its maps."""

    side = 352

    def __init__(self, network: CPD) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """``[N, 3, H, W]``, ImageNet-normalised, to logits ``[N, 1, H, W]`` of the final map."""
        return self.supervised(images)[1]

    def supervised(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of (attention, detection), worked out at 352 x 352 px."""
        attention, detected = self.network(antialiased(images, (self.side, self.side)))
        return antialiased(attention, images.shape[-2:]), antialiased(detected, images.shape[-2:])
