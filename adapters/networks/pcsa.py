"""PCSA, a light video saliency model: Gu et al., "Pyramid Constrained Self-Attention Network for Fast Video Salient
Object Detection", AAAI 2020. Loads the authors' checkpoint.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.data.errors import UsageError

from ..layers.mobilenet_v3 import HIGH_CHANNELS, LOW_CHANNELS, LightRFB, MobileNetV3Features
from ..layers.resize import resize

HEADS = ((3, 1), (3, 2), (4, 1), (4, 2))
"""Radius and dilation of each attention head's window: the pyramid."""


class PyramidSelfAttention(nn.Module):
    """Every position attends to a window around it in all frames of the clip, one window size a head (section 3.2).

    Neighbours beyond the border score 0 and count in the softmax with value 0, as in the authors' CUDA kernel; the
    released weights were trained so.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query_conv = nn.Conv3d(channels, channels, 1, bias=False)
        self.key_conv = nn.Conv3d(channels, channels, 1, bias=False)
        self.value_conv = nn.Conv3d(channels, channels, 1, bias=False)
        self.output_Linear = nn.Conv3d(channels, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """``[B, C, T, h, w]`` to the same shape."""
        query, key, value = self.query_conv(x), self.key_conv(x), self.value_conv(x)
        heads = zip(*(part.chunk(len(HEADS), 1) for part in (query, key, value)), HEADS, strict=True)
        attended = [window_attention(q, k, v, radius, dilation) for q, k, v, (radius, dilation) in heads]
        out: Tensor = self.output_Linear(torch.cat(attended, 1))
        return out + x


def window_attention(query: Tensor, key: Tensor, value: Tensor, radius: int, dilation: int) -> Tensor:
    """One head: ``[B, c, T, h, w]`` three times to ``[B, c, T, h, w]``, over T (2 ``radius`` + 1)² neighbours."""
    batch, c, clip, h, w = query.shape
    keys = neighbours(key, radius, dilation)
    values = neighbours(value, radius, dilation)
    queries = query.permute(0, 3, 4, 2, 1).reshape(-1, clip, c)
    scores = torch.bmm(queries, keys.transpose(1, 2)) / c**0.5
    attended = torch.bmm(scores.softmax(2), values)
    return attended.reshape(batch, h, w, clip, c).permute(0, 4, 3, 1, 2)


def neighbours(x: Tensor, radius: int, dilation: int) -> Tensor:
    """``[B, c, T, h, w]`` to ``[B h w, T (2 radius + 1)², c]``: what surrounds a position, zeros past the border."""
    c, clip, h, w = x.shape[1:]
    reach, side = radius * dilation, 2 * radius + 1
    padded = F.pad(x, (reach, reach, reach, reach))
    steps = torch.arange(side, device=x.device) * dilation
    rows = torch.arange(h, device=x.device)[:, None] + steps
    columns = torch.arange(w, device=x.device)[:, None] + steps
    start = torch.arange(clip, device=x.device) * padded.shape[3] * padded.shape[4]
    places = rows[:, None, :, None] * padded.shape[4] + columns[None, :, None, :]
    places = places.reshape(h * w, 1, -1) + start[:, None]
    return padded.flatten(2).transpose(1, 2)[:, places.flatten()].reshape(-1, clip * side * side, c)


class SplitConv(nn.Module):
    """1x1 reduction, then half of the channels through a 3x3 and half through a dilated 3x3 convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        half = outputs // 2
        self.conv0 = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.conv1 = nn.Conv2d(half, half, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(half, half, 3, padding=2, dilation=2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inputs, h, w]`` to ``[N, outputs, h, w]``."""
        first, second = self.conv0(x).chunk(2, 1)
        merged: Tensor = self.bn(torch.cat([self.conv1(first), self.conv2(second)], 1))
        return merged


class Combine(nn.Module):
    """Joins the high level, enlarged, with the low level at 1/4 of the image's size."""

    def __init__(self, low: int, high: int, outputs: int) -> None:
        super().__init__()
        self.up2_high = SplitConv(high, outputs)
        self.up2_low = nn.Conv2d(low, outputs, 1, bias=False)
        self.up2_bn2 = nn.BatchNorm2d(outputs)
        self.up2_act = nn.PReLU(outputs)
        self.refine = nn.Sequential(
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.PReLU()
        )

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        """``[N, low, h, w]`` and ``[N, high, ., .]`` to ``[N, outputs, h, w]``."""
        high = self.up2_high(resize(high, low.shape[-2:], align_corners=False))
        merged: Tensor = self.refine(self.up2_act(high + self.up2_bn2(self.up2_low(low))))
        return merged


class PCSA(nn.Module):
    """The whole network; a clip of any length T goes through the attention, single frames pass it by."""

    def __init__(self) -> None:
        super().__init__()
        self.feature_extractor = MobileNetV3Features()
        self.dilation_conv_group = LightRFB(HIGH_CHANNELS, 128, 32)
        self.combine = Combine(LOW_CHANNELS, 32, 16)
        self.SegNIN = nn.Sequential(nn.Dropout2d(0.1), nn.Conv2d(16, 1, 1, bias=False))
        self.temporal_high = PyramidSelfAttention(32)

    def forward(self, frames: Tensor) -> Tensor:
        """RGB in [0, 1]: clips ``[B, T, 3, H, W]`` to ``[B T, 1, H, W]``, or images ``[N, 3, H, W]`` to
        ``[N, 1, H, W]``; saliency in [0, 1].
        """
        images = frames.flatten(0, 1) if frames.dim() == 5 else frames
        low, high = self.feature_extractor(images)
        high = self.dilation_conv_group(high)
        if frames.dim() == 5:
            clips = high.reshape(-1, frames.shape[1], *high.shape[1:])
            high = self.temporal_high(clips.transpose(1, 2)).transpose(1, 2).flatten(0, 1)
        logits = self.SegNIN(self.combine(low, high))
        return torch.sigmoid(resize(logits, frames.shape[-2:], align_corners=False))


def build_network(variant: str = "pcsa") -> PCSA:
    """The network with the released keys, untrained; there is one variant."""
    if variant != "pcsa":
        raise UsageError(f"pcsa has no variant '{variant}'")
    return PCSA()
