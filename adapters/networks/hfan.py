"""HFAN (Pei et al., ECCV 2022): appearance and motion features aligned by the object that both show, scale by scale.

Network layout of NUST-Machine-Intelligence-Laboratory/HFAN, a model of MMSegmentation 0.11.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from vsodboost.data.errors import UsageError

from ..layers.mix_transformer import SIZES, MixTransformer, features_of, tokens_of
from ..layers.resize import resize

INNER = 16
"""Channels within an alignment block, at every scale."""
CROP, STRIDE, MULTIPLE = 512, 271, 32
VARIANTS = {"small": ("b1", 256), "medium": ("b2", 768)}
"""Of each variant: the Mix Transformer, and the width of the decoder."""


class ConvUnit(nn.Module):
    """A 1x1 convolution and ReLU, between them a batch norm if ``norm``; MMCV's names."""

    def __init__(self, channels: int, out: int, *, norm: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, 1, bias=not norm)
        self.bn = nn.BatchNorm2d(out) if norm else None

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, h, w] -> [N, out, h, w] >= 0."""
        x = self.conv(x)
        return torch.relu(x if self.bn is None else self.bn(x))


class ObjectContext(nn.Module):
    """POC: every pixel asks the two category vectors (object and ground), and keeps what it was beside the answer."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.key_project = nn.Sequential(ConvUnit(channels, INNER), ConvUnit(INNER, INNER))
        self.query_project = nn.Sequential(ConvUnit(channels, INNER), ConvUnit(INNER, INNER))
        self.value_project = ConvUnit(channels, INNER)
        self.out_project = ConvUnit(INNER, channels)
        self.bottleneck = ConvUnit(2 * channels, channels)

    def forward(self, features: Tensor, categories: Tensor) -> Tensor:
        """Features [N, C, h, w] and categories [N, C, 2, 1] -> [N, C, h, w]."""
        query, key = tokens_of(self.query_project(features)), self.key_project(categories).flatten(2)
        weights = torch.softmax(query @ key * INNER**-0.5, dim=-1)
        answer = weights @ tokens_of(self.value_project(categories))
        context = self.out_project(features_of(answer, (int(features.shape[2]), int(features.shape[3]))))
        return self.bottleneck(torch.cat([context, features], dim=1))  # type: ignore[no-any-return]


class Alignment(nn.Module):
    """One scale: both features aligned by the object seen in the frame (FAM), then weighed against each other (FAT)."""

    def __init__(self, channels: int) -> None:
        super().__init__()

        def squeeze() -> list[nn.Module]:
            narrow, wide = ConvUnit(channels, INNER, norm=False), ConvUnit(INNER, channels, norm=False)
            return [narrow, nn.BatchNorm2d(INNER), nn.ReLU(), wide, nn.BatchNorm2d(channels)]

        self.ca_layers = nn.Sequential(*squeeze())
        self.pa_layers = nn.Sequential(nn.AdaptiveAvgPool2d(1), *squeeze())
        self.poc = ObjectContext(channels)
        self.object_pred = ConvUnit(channels, 2, norm=False)

    def forward(self, frame: Tensor, flow: Tensor) -> Tensor:
        """Two [N, C, h, w] -> [N, C, h, w]."""
        where = torch.softmax(self.object_pred(frame).flatten(2), dim=2)
        categories = (where @ tokens_of(frame)).transpose(1, 2)[..., None]
        seen, moved = self.poc(frame, categories), self.poc(flow, categories)
        both = seen + moved
        weight = torch.sigmoid(self.ca_layers(both) + self.pa_layers(both))
        return 2 * seen * weight + 2 * moved * (1 - weight)  # type: ignore[no-any-return]


class Embedding(nn.Module):
    """A linear layer at every pixel."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Linear(channels, width)

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, h, w] -> [N, width, h, w]."""
        return features_of(self.proj(tokens_of(x)), (int(x.shape[2]), int(x.shape[3])))


class Head(nn.Module):
    """Aligned features of all scales to two classes, ground and object."""

    def __init__(self, channels: tuple[int, int, int, int], width: int) -> None:
        super().__init__()
        self.conv_seg = nn.Conv2d(128, 2, 1)  # MMSegmentation's base class has it; nothing uses it
        for n, c in enumerate(channels, start=1):
            self.add_module(f"linear_c{n}", Embedding(c, width))
            self.add_module(f"hfan{n}", Alignment(c))
        self.linear_fuse = ConvUnit(4 * width, width)
        self.linear_pred = nn.Conv2d(width, 2, 1)

    def forward(self, frame: list[Tensor], flow: list[Tensor]) -> Tensor:
        """Features of four scales, finest first -> logits [N, 2, h, w] at the finest."""
        size, parts = frame[0].shape[-2:], []
        for n in (4, 3, 2, 1):
            aligned = self.get_submodule(f"hfan{n}")(frame[n - 1], flow[n - 1])
            parts.append(resize(self.get_submodule(f"linear_c{n}")(aligned), size, align_corners=False))
        return self.linear_pred(self.linear_fuse(torch.cat(parts, dim=1)))  # type: ignore[no-any-return]


class Shared(nn.Module):
    """One transformer for both inputs, under the released key prefix ``backbone.backbone``."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.backbone = MixTransformer(SIZES[name])


class HFAN(nn.Module):
    """The whole network with the released keys."""

    def __init__(self, transformer: str, width: int) -> None:
        super().__init__()
        self.backbone = Shared(transformer)
        self.decode_head = Head(SIZES[transformer].channels, width)

    def forward(self, frames: Tensor, flow_images: Tensor) -> Tensor:
        """Two [N, 3, H, W] -> logits [N, 1, H, W]: object less ground, whose sigmoid is the softmax of both."""
        features = self.backbone.backbone(torch.cat([frames, flow_images]))
        both = [x.chunk(2) for x in features]
        logits = self.decode_head([x for x, _ in both], [y for _, y in both])
        logits = resize(logits, frames.shape[-2:], align_corners=False)
        return logits[:, 1:] - logits[:, :1]

    def sliding(self, frames: Tensor, flow_images: Tensor) -> Tensor:
        """The same as the authors test: a short side of 512 px, windows of 512 every 271, their logits averaged."""
        height, width = frames.shape[-2:]
        scale = CROP / min(height, width)
        size = [MULTIPLE * math.ceil(round(side * scale) / MULTIPLE) for side in (height, width)]
        pair = [resize(x, (size[0], size[1]), align_corners=False) for x in (frames, flow_images)]
        total = frames.new_zeros(len(frames), 1, *size)
        count = frames.new_zeros(1, 1, *size)
        for y in _starts(size[0]):
            for x in _starts(size[1]):
                window = (..., slice(y, y + CROP), slice(x, x + CROP))
                total[window] += self(pair[0][window], pair[1][window])
                count[window] += 1
        return resize(total / count, (height, width), align_corners=False)


def _starts(side: int) -> list[int]:
    """Where windows begin along a side: every 271 px, the last ends with the side."""
    return sorted({min(start, max(side - CROP, 0)) for start in range(0, max(side - CROP + STRIDE, 1), STRIDE)})


def build_network(variant: str = "small") -> HFAN:
    """HFAN-Small (MiT-B1) or HFAN-Medium (MiT-B2), untrained; its keys are those of the authors' files."""
    if variant not in VARIANTS:
        raise UsageError(f"hfan has no variant '{variant}'; it has {', '.join(VARIANTS)}")
    return HFAN(*VARIANTS[variant])
