"""TMO, RealFlow and TransFlow (Cho et al., 2023 to 2025): one network, trained by different data; motion is an option.

Network layout of suhwan-cho/TMO, /RealFlow and /TransFlow: two encoders whose features are added, and a decoder.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vsodboost.data.cards import IMAGENET_MEAN, IMAGENET_STD
from vsodboost.data.errors import UsageError

from ..layers.cbam_decoder import Decoder, bicubic
from ..layers.mix_transformer import SIZES, MixTransformer
from ..layers.resnet import Bottleneck, ResNet

VARIANTS = ("b0", "b1", "b2", "resnet101")
DOUBT = 0.1
"""A probability below it counts as confident, the more the closer to zero (``h`` in TMO's adaptive selection)."""


class Statistics(nn.Module):
    """ImageNet's mean and deviation, which the released files hold beside each encoder."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[None, :, None, None])
        self.register_buffer("std", torch.tensor(IMAGENET_STD)[None, :, None, None])


class TransformerEncoder(Statistics):
    """A Mix Transformer as Hugging Face's library builds it."""

    def __init__(self, size: str) -> None:
        super().__init__()
        self.backbone = MixTransformer(SIZES[size], eps=1e-5)
        self.channels = SIZES[size].channels

    def forward(self, image: Tensor) -> list[Tensor]:
        """[N, 3, h, w] in [0, 1] -> features at strides 4 to 32."""
        return self.backbone((image - self.mean) / self.std)  # type: ignore[no-any-return]


class ResNetEncoder(Statistics):
    """ResNet-101 (TMO of 2023), its layers beside the statistics."""

    def __init__(self) -> None:
        super().__init__()
        resnet = ResNet(Bottleneck, (3, 4, 23, 3))
        self.channels = (256, 512, 1024, 2048)
        for name, part in resnet.named_children():
            self.add_module(name, part)

    def forward(self, image: Tensor) -> list[Tensor]:
        """[N, 3, h, w] in [0, 1] -> features at strides 4 to 32."""
        x, found = (image - self.mean) / self.std, []
        for name, part in self.named_children():
            x = part(x)
            if name.startswith("layer"):
                found.append(x)
        return found


class TwoStreams(nn.Module):
    """Both encoders and the decoder, under the released key prefix ``vos``."""

    def __init__(self, variant: str) -> None:
        super().__init__()
        encoders = [ResNetEncoder() if variant == "resnet101" else TransformerEncoder(variant) for _ in range(2)]
        self.app_encoder, self.mo_encoder = encoders
        self.decoder = Decoder(encoders[0].channels, 2)


class TransFlow(nn.Module):
    """The whole network with the released keys; it works at ``side`` px, whatever the frames have."""

    def __init__(self, variant: str, side: int) -> None:
        super().__init__()
        self.side = side
        self.vos = TwoStreams(variant)

    def forward(self, frames: Tensor, flow_images: Tensor, *, select: bool = False) -> Tensor:
        """Two [N, 3, H, W] in [0, 1] -> logits [N, 1, H, W]: object less ground, whose sigmoid is the softmax of both.

        With ``select`` the frame also stands in for its flow image, and the more confident answer counts.
        """
        small = bicubic(frames, (self.side, self.side))
        seen = self.vos.app_encoder(small)
        scores = self._decode(seen, bicubic(flow_images, (self.side, self.side)))
        if select:
            still = self._decode(seen, small)
            better = confidence(still) > confidence(scores)
            scores = torch.where(better[:, None, None, None], still, scores)
        scores = bicubic(scores, frames.shape[-2:])
        return scores[:, 1:] - scores[:, :1]

    def _decode(self, seen: list[Tensor], image: Tensor) -> Tensor:
        moved = self.vos.mo_encoder(image)
        scores: Tensor = self.vos.decoder([a + b for a, b in zip(seen, moved, strict=True)])
        return scores


def confidence(scores: Tensor) -> Tensor:
    """How far the probabilities of ``scores`` [N, 2, h, w] lie below ``DOUBT``, as one length an image: [N]."""
    below: Tensor = (DOUBT - scores.softmax(dim=1)).clamp(min=0).flatten(1).norm(dim=1)
    return below


def build_network(variant: str = "b2", side: int = 512) -> TransFlow:
    """The network on MiT-B0, B1, B2 or ResNet-101, untrained; ``side`` is a multiple of 32."""
    if variant not in VARIANTS:
        raise UsageError(f"transflow has no variant '{variant}'; it has {', '.join(VARIANTS)}")
    return TransFlow(variant, side)
