"""RCRNet and RCRNet+NER (Yan et al., ICCV 2019): a refinement network, alone or with a recurrent module over clips.

Network layout of Kinpzz/RCRNet-Pytorch (MIT). Input: frames at 448x448, ImageNet-normalised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vsodboost.data.errors import UsageError
from vsodboost.networks.localisation import resized as antialiased

from ..layers.aspp import ConvBN, ImagePoolPyramid
from ..layers.conv_gru import ConvGRUCell
from ..layers.non_local import NonLocalBlock3d
from ..layers.resize import resize
from ..layers.resnet import Bottleneck, ResNet

FEATURES = 256
Low = tuple[Tensor, Tensor, Tensor]
"""Features of layer1, layer2 and layer3, which the classifier refines with."""


class Refinement(nn.Module):
    """A refinement block (paper Sec. 3.1): coarse features upsampled, joined with a residual skip, convolved."""

    def __init__(self, low: int, coarse: int, out: int = 128, skip: int = 96) -> None:
        super().__init__()
        self.skip = Bottleneck(low, skip // 2, skip)
        self.refine = ConvBN(skip + coarse, out, 3)

    def forward(self, coarse: Tensor, low: Tensor) -> Tensor:
        """[N, coarse, h, w] and [N, low, H, W] -> [N, out, H, W]."""
        coarse = resize(coarse, low.shape[-2:], align_corners=False)
        return self.refine(torch.cat([coarse, self.skip(low)], dim=1))  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """3x3 to 256 channels and 1x1 to a map of logits."""

    def __init__(self, channels: int = 128) -> None:
        super().__init__()
        self.conv1 = ConvBN(channels, 256, 3)
        self.conv2 = nn.Conv2d(256, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, H, W] -> logits [N, 1, H, W]."""
        return self.conv2(self.conv1(x))  # type: ignore[no-any-return]


class RCRNet(nn.Module):
    """The refinement network with residual connections: spatial feature extractor and pixel-wise classifier."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        # classes=1000: the released files keep the unused ImageNet classifier, and loading is strict.
        self.resnet = ResNet(
            Bottleneck, (3, 4, 6, 3), strides=(1, 2, 2, 1), dilations=(1, 1, 1, 2), channels=channels, classes=1000
        )
        _, one, two, three, four = self.resnet.channels
        self.aspp = ImagePoolPyramid(four, FEATURES)
        self.decoder = Decoder()
        self.refinement1 = Refinement(three, FEATURES)
        self.refinement2 = Refinement(two, 128)
        self.refinement3 = Refinement(one, 128)

    def features(self, image: Tensor) -> tuple[Tensor, Low]:
        """[N, 3, H, W] -> pyramid features [N, 256, H/16, W/16] and the low-level ones."""
        _, one, two, three, four = self.resnet(image)
        return self.aspp(four), (one, two, three)

    def classify(self, features: Tensor, low: Low, size: tuple[int, int] | torch.Size) -> Tensor:
        """Features to logits [N, 1, *size]."""
        x = self.refinement1(features, low[2])
        x = self.refinement2(x, low[1])
        x = self.refinement3(x, low[0])
        return self.decoder(resize(x, size, align_corners=False))  # type: ignore[no-any-return]

    def forward(self, image: Tensor) -> Tensor:
        """[N, 3, H, W] -> logits [N, 1, H, W]."""
        features, low = self.features(image)
        return self.classify(features, low, image.shape[-2:])


class ImageNetwork(nn.Module):
    """RCRNet under the released key prefix ``backbone``."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = RCRNet()

    def forward(self, image: Tensor) -> Tensor:
        """[N, 3, H, W] -> logits [N, 1, H, W]."""
        return self.backbone(image)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Enhancement:
    """What a variant of NER consists of (Table 3): non-local blocks before (``first``) and behind (``second``) a GRU
    in one direction, or in both (``directions`` 0, 1 or 2)."""

    first: bool = True
    directions: int = 2
    second: bool = True


VARIANTS = {
    "a": Enhancement(first=False, directions=0, second=False),
    "b": Enhancement(directions=0, second=False),
    "c": Enhancement(second=False),
    "d": Enhancement(directions=1),
    "e": Enhancement(),
}
"""R_a to R_e of Table 3; the released network is R_e."""


class VideoNetwork(ImageNetwork):
    """RCRNet with the non-locally enhanced recurrent module (NER, paper Sec. 3.2) between features and classifier."""

    def __init__(self, parts: Enhancement = VARIANTS["e"]) -> None:
        super().__init__()
        self.parts = parts
        if parts.directions:
            self.convgru_forward = ConvGRUCell(FEATURES, FEATURES)
        if parts.directions == 2:
            self.convgru_backward = ConvGRUCell(FEATURES, FEATURES)
            self.bidirection_conv = nn.Conv2d(2 * FEATURES, FEATURES, 3, padding=1)
        if parts.first:
            self.non_local_block = NonLocalBlock3d(FEATURES, FEATURES // 2)
        if parts.second:
            self.non_local_block2 = NonLocalBlock3d(FEATURES, FEATURES // 2)

    def enhance(self, features: Sequence[Tensor]) -> list[Tensor]:
        """T features [B, 256, h, w] of consecutive frames -> the same, aware of each other."""
        x = list(features)
        if self.parts.first:
            x = list(self.non_local_block(torch.stack(x, dim=2)).unbind(dim=2))
        if self.parts.directions:
            x = self._recurrent(x)
        if self.parts.second:
            x = list(self.non_local_block2(torch.stack(x, dim=2)).unbind(dim=2))
        return x

    def _recurrent(self, x: list[Tensor]) -> list[Tensor]:
        """The ConvGRU, forwards, or (Eq. 3) forwards and then backwards over what that gave."""
        # The released weights start the recurrence from the first frame's feature, not from zeros.
        forward, state = [], x[0]
        for feature in x:
            state = self.convgru_forward(feature, state)
            forward.append(state)
        if self.parts.directions == 1:
            return forward
        backward = []
        for feature in reversed(forward):
            state = self.convgru_backward(feature, state)
            backward.append(state)
        both = zip(forward, reversed(backward), strict=True)
        return [torch.tanh(self.bidirection_conv(torch.cat(pair, dim=1))) for pair in both]

    def forward(self, frames: Sequence[Tensor]) -> list[Tensor]:  # type: ignore[override]
        """A list of T >= 1 consecutive frames [B, 3, H, W] -> T logits [B, 1, H, W]."""
        seen = [self.backbone.features(frame) for frame in frames]
        enhanced = self.enhance([features for features, _ in seen])
        size = frames[0].shape[-2:]
        return [self.backbone.classify(x, low, size) for x, (_, low) in zip(enhanced, seen, strict=True)]


class ClipStudent(nn.Module):
    """RCRNet+NER as a spatial model that reads a batch as one clip, worked out at ``side`` x ``side`` px."""

    side = 448

    def __init__(self, network: VideoNetwork, side: int = side) -> None:
        super().__init__()
        self.network, self.side = network, side

    def forward(self, clip: Tensor) -> Tensor:
        """T >= 1 consecutive frames ``[T, 3, H, W]``, ImageNet-normalised, to logits ``[T, 1, H, W]``."""
        frames = antialiased(clip, (self.side, self.side))
        return antialiased(torch.cat(self.network([frames[t : t + 1] for t in range(len(frames))])), clip.shape[-2:])


def build_network(variant: str = "video") -> ImageNetwork:
    """``image``: RCRNet on single frames; ``video``: RCRNet+NER on a list of consecutive frames. Released keys.
    ``video-a`` to ``video-e`` are the variants of Table 3."""
    if variant == "image":
        return ImageNetwork()
    if variant == "video":
        return VideoNetwork()
    if variant.removeprefix("video-") in VARIANTS:
        return VideoNetwork(VARIANTS[variant.removeprefix("video-")])
    raise UsageError(f"rcrnet has no variant '{variant}'; it has 'image' and 'video'")
