"""``lite``: the small network that learns in seconds.

One EfficientNet-Lite0 encoder reads a frame and, where there are any, guidance beside it: the object motion (3
channels, see ``ops.motion_image``) and a saliency map to be improved (1 channel). It is trained with each of the two
dropped at random, so one set of weights is the spatial model (frame alone), a video model (frame and motion) and the
fusion network (frame, motion and a map).

The encoder's first two stages, which take half of a training step and know only edges and textures, keep their ImageNet
weights: they run without gradient, and their result can be kept from one epoch to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vsodboost.networks.decoder import LightDecoder, timm_encoder

ENCODER = "tf_efficientnet_lite0"
GUIDANCE_CHANNELS = 4  # motion image (3), saliency map (1)
GUIDANCE_WIDTH = 16
WIDTHS = (64, 64, 48, 24)
FROZEN_STAGES = 2


class Texture(NamedTuple):
    """What the frozen stages see of a frame: features at stride 2 ``[N, 16, h/2, w/2]`` and 4 ``[N, 24, h/4, w/4]``."""

    fine: Tensor
    coarse: Tensor


class _GuidanceEncoder(nn.Module):
    """Guidance channels ``[N, 4, h, w]`` -> features at strides 2 and 4; the second starts as zero, so that a frame
    stays itself."""

    def __init__(self, coarse: int) -> None:
        super().__init__()
        self.fine = nn.Sequential(
            nn.Conv2d(GUIDANCE_CHANNELS, GUIDANCE_WIDTH, 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(GUIDANCE_WIDTH),
            nn.ReLU(inplace=True),
        )
        self.coarse = nn.Sequential(
            nn.Conv2d(GUIDANCE_WIDTH, 2 * GUIDANCE_WIDTH, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(2 * GUIDANCE_WIDTH),
            nn.ReLU(inplace=True),
            nn.Conv2d(2 * GUIDANCE_WIDTH, coarse, 3, padding=1),
        )
        last = self.coarse[-1]
        nn.init.zeros_(last.weight)  # type: ignore[arg-type]
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def forward(self, guidance: Tensor) -> tuple[Tensor, Tensor]:
        fine: Tensor = self.fine(guidance)
        return fine, self.coarse(fine)


class LiteNetwork(LightDecoder):
    """Frame ``[N, 3, h, w]`` (mean .5, std .5) and guidance ``[N, 4, h, w]`` or None -> logits ``[N, 1, h, w]``.

    Guidance channels: motion image (3) and a saliency map (1, in [0, 1], given as map - 0.5); an absent one is
    all zero. h and w are multiples of 32.
    """

    graphs = ("lite-texture", "lite-maps")
    """Its two halves for ONNX Runtime (``networks.graph_runtime``)."""

    def __init__(self, *, pretrained_encoder: bool = False) -> None:
        encoder = timm_encoder(ENCODER, pretrained=pretrained_encoder)
        channels: Sequence[int] = encoder.feature_info.channels()
        super().__init__((channels[0] + GUIDANCE_WIDTH, *channels[1:]), WIDTHS)
        self.encoder = encoder
        self.guidance = _GuidanceEncoder(channels[1])

    def texture(self, frames: Tensor) -> Texture:
        """The frozen stages, without gradient; depends on the frames alone, so it may be kept."""
        with torch.no_grad():
            x = self.encoder.bn1(self.encoder.conv_stem(frames))
            fine = self.encoder.blocks[0](x)
            return Texture(fine, self.encoder.blocks[1](fine))

    def forward(self, frames: Tensor, guidance: Tensor | None = None) -> Tensor:
        return self.from_texture(self.texture(frames), guidance)

    def from_texture(self, texture: Sequence[Tensor], guidance: Tensor | None = None) -> Tensor:
        """Logits ``[N, 1, h, w]`` from what ``texture`` gave for the frames."""
        texture = Texture(*texture)
        return self.decode(self.features(texture, guidance), _size(texture))

    def features(self, texture: Texture, guidance: Tensor | None = None) -> list[Tensor]:
        """The encoder's features at strides 2, 4, 8, 16 and 32 (and the guidance' in the first two)."""
        if guidance is None:
            guidance = texture.fine.new_zeros(len(texture.fine), GUIDANCE_CHANNELS, *_size(texture))
        fine, coarse = self.guidance(guidance)
        x = texture.coarse + coarse
        features = [torch.cat([texture.fine, fine], dim=1), x]
        for stage, name in zip(list(self.encoder.blocks)[FROZEN_STAGES:], (8, 0, 16, 0, 32), strict=True):
            x = stage(x)
            if name:
                features.append(x)
        return features

    def trained_parameters(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """(encoder's, the rest's) parameters that training changes."""
        encoder = [p for stage in list(self.encoder.blocks)[FROZEN_STAGES:] for p in stage.parameters()]
        known = {id(p) for p in self.encoder.parameters()}
        return encoder, [p for p in self.parameters() if id(p) not in known]


def _size(texture: Texture) -> tuple[int, int]:
    """(h, w) of the frames that ``texture`` was made of."""
    return 2 * int(texture.fine.shape[-2]), 2 * int(texture.fine.shape[-1])
