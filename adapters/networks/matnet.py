"""MATNet (Zhou et al., AAAI 2020): motion steers appearance at every stage, and a decoder that also looks for edges.

Network layout of tfzhou/MATNet: an encoder and a decoder, each in a file of its own. Frame and flow image, 473x473.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.data.errors import UsageError

from ..layers.resize import resize
from ..layers.resnet import Bottleneck, ResNet

SIZE = 473
WIDTH = 256
CASCADES = 5
STAGES = (256, 512, 1024, 2048)
"""Channels of res2 to res5 of one stream."""


class MotionAttention(nn.Module):
    """MAT: soft attention within each stream, then motion's own affinity turns to appearance; five times over."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.proja, self.projb = (nn.Conv2d(channels, channels // 16, 1) for _ in range(2))
        self.proj1, self.proj2 = (nn.Conv2d(channels, 1, 1) for _ in range(2))
        for n in (1, 2):  # in the released files, and never used: as bna and bnb
            block = nn.Sequential(nn.Conv2d(channels, channels, 1), nn.BatchNorm2d(channels), nn.ReLU())
            self.add_module(f"bottolneck{n}", block)
        self.bna, self.bnb = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)

    def forward(self, frame: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
        """Two [N, C, h, w] -> both of the same shape, still to be added to what came in."""
        seen, moved = frame, flow
        for last in (False,) * (CASCADES - 1) + (True,):
            here, there = self._attend(seen, self.proj1), self._attend(moved, self.proj2)
            transferred = self._transfer(here, there)
            if not last:
                seen, moved = torch.relu(transferred + seen), torch.relu(there + moved)
        return transferred, there

    def _attend(self, features: Tensor, score: nn.Conv2d) -> Tensor:
        """Features weighed by a softmax over all pixels."""
        weights = score(features)
        return weights.flatten(1).softmax(dim=1).reshape(weights.shape) * features  # type: ignore[no-any-return]

    def _transfer(self, frame: Tensor, flow: Tensor) -> Tensor:
        """Zb: the frame's features gathered by their affinity with the flow's, of unit length over the channels."""
        low_frame, low_flow = self.proja(frame).flatten(2), self.projb(flow).flatten(2)
        affinity = torch.tanh(low_flow.transpose(1, 2) @ low_frame)
        return F.normalize((frame.flatten(2) @ affinity.transpose(1, 2)).view_as(frame))


class Gate(nn.Module):
    """SSA: what of both streams is worth, by channel, by place and as a whole."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // 16
        self.excitation_1 = nn.Sequential(nn.Linear(channels, inner), nn.ReLU())
        self.excitation_2 = nn.Sequential(nn.Linear(inner, channels), nn.Sigmoid())
        self.global_attention = nn.Sequential(nn.Linear(inner, 1), nn.Sigmoid())
        self.spatial = nn.Sequential()
        self.spatial.add_module("conv", nn.Conv2d(1, 1, 7, padding=3, bias=False))
        self.spatial.add_module("bn", nn.BatchNorm2d(1, momentum=0.01))

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, h, w] -> the same shape."""
        inner = self.excitation_1(x.mean(dim=(2, 3)))
        excited = self.excitation_2(inner)[..., None, None] * x
        placed = self.spatial(excited.amax(dim=1, keepdim=True)) * excited
        return x + self.global_attention(inner)[..., None, None] * placed  # type: ignore[no-any-return]


class Encoder(nn.Module):
    """Two ResNet-101s, joined by attention from the third stage on."""

    def __init__(self) -> None:
        super().__init__()
        for n in (1, 2):
            resnet = ResNet(Bottleneck, (3, 4, 23, 3))
            names = ("conv1", "bn1", "res2", "res3", "res4", "res5")
            parts = (resnet.conv1, resnet.bn1, resnet.layer1, resnet.layer2, resnet.layer3, resnet.layer4)
            for name, part in zip(names, parts, strict=True):
                self.add_module(f"{name}_{n}", part)
        for n, channels in enumerate(STAGES, start=2):
            self.add_module(f"gated_res{n}", Gate(2 * channels))
            if n > 2:
                self.add_module(f"coa_res{n}", MotionAttention(channels))

    def forward(self, frame: Tensor, flow: Tensor) -> list[Tensor]:
        """Two [N, 3, H, W] -> gated features [N, 2 C, h, w] of res2 to res5."""
        streams, found = [], []
        for n, image in ((1, frame), (2, flow)):
            x = torch.relu(self.get_submodule(f"bn1_{n}")(self.get_submodule(f"conv1_{n}")(image)))
            streams.append(self.get_submodule(f"res2_{n}")(F.max_pool2d(x, 3, 2, 1)))
        for stage in (2, 3, 4, 5):
            if stage > 2:
                streams = [self.get_submodule(f"res{stage}_{n}")(x) for n, x in enumerate(streams, start=1)]
                added = self.get_submodule(f"coa_res{stage}")(*streams)
                streams = [torch.relu(more + x) for more, x in zip(added, streams, strict=True)]
            found.append(self.get_submodule(f"gated_res{stage}")(torch.cat(streams, dim=1)))
        return found


class Boundary(nn.Module):
    """Where edges are: norm, convolution, ReLU, twice, then a map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(channels), nn.Conv2d(channels, 64, 3, padding=1)
        self.bn2, self.conv2 = nn.BatchNorm2d(64), nn.Conv2d(64, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, h, w] -> logits [N, 1, h, w]."""
        x = torch.relu(self.conv1(self.bn1(x)))
        return self.conv3(torch.relu(self.conv2(self.bn2(x))))  # type: ignore[no-any-return]


class GlobalConvolution(nn.Module):
    """A 7x7 field of view by two ways of strips (7x1 then 1x7, and the other way round)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_l1, self.conv_l2 = nn.Conv2d(channels, 256, (7, 1), padding=(3, 0)), _strip((1, 7))
        self.conv_r1, self.conv_r2 = nn.Conv2d(channels, 256, (1, 7), padding=(0, 3)), _strip((7, 1))

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, h, w] -> [N, 256, h, w]."""
        return self.conv_l2(self.conv_l1(x)) + self.conv_r2(self.conv_r1(x))  # type: ignore[no-any-return]


def _strip(kernel: tuple[int, int]) -> nn.Conv2d:
    return nn.Conv2d(256, WIDTH, kernel, padding=(kernel[0] // 2, kernel[1] // 2))


class Dilated(nn.Module):
    """Four convolutions side by side; the released code runs the first dilated one three times, and so do we."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.block0 = nn.Conv2d(channels, out, 1)
        for n, rate in enumerate((3, 5, 7), start=1):
            block = nn.Sequential()
            block.add_module("conv", nn.Conv2d(channels, out, 3, padding=rate, dilation=rate))
            self.add_module(f"block{n}", block)
        self.bn = nn.BatchNorm2d(4 * out)

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, h, w] -> [N, 4 * out, h, w]."""
        dilated = self.get_submodule("block1")(x)
        return self.bn(torch.cat([self.block0(x), dilated, dilated, dilated], dim=1))  # type: ignore[no-any-return]


class Refine(nn.Module):
    """A finer scale joined with what the coarser ones gave."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convFS1 = nn.Conv2d(channels, WIDTH, 3, padding=1)  # in the files, and never used
        self.convFS2, self.convFS3, self.convMM1, self.convMM2 = (
            nn.Conv2d(WIDTH, WIDTH, 3, padding=1) for _ in range(4)
        )
        self.pdc = Dilated(channels, WIDTH // 4)

    def forward(self, finer: Tensor, coarser: Tensor) -> Tensor:
        """[N, channels, H, W] and [N, 256, h, w] -> [N, 256, H, W]."""
        s = self.pdc(finer)
        s = s + self.convFS3(torch.relu(self.convFS2(torch.relu(s))))
        m = s + resize(coarser, s.shape[-2:], align_corners=False)
        return m + self.convMM2(torch.relu(self.convMM1(torch.relu(m))))  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """Gated features to the map, from coarse to fine, each scale with its edges beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.GC = GlobalConvolution(2 * STAGES[3] + 1)
        self.convG1, self.convG2 = (nn.Conv2d(WIDTH, WIDTH, 3, padding=1) for _ in range(2))
        self.concat = nn.Conv2d(4, 1, 3, padding=1)
        for n, channels in enumerate(STAGES, start=2):
            self.add_module(f"bdry{n}", Boundary(2 * channels))
            self.add_module(f"pred{n}", nn.Conv2d(WIDTH, 1, 3, padding=1))  # but pred2 they are not used
            if n < 5:
                self.add_module(f"RF{n}", Refine(2 * channels + 1))

    def forward(self, features: list[Tensor], size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Features of res2 to res5 -> logits [N, 1, *size] of the object, and of its edges."""
        edges = [self.get_submodule(f"bdry{n}")(x) for n, x in enumerate(features, start=2)]
        edge = self.concat(torch.cat([resize(e, size, align_corners=False) for e in edges], dim=1))
        stacked = [torch.cat(pair, dim=1) for pair in zip(features, edges, strict=True)]
        x = self.GC(stacked[3])
        x = x + self.convG2(torch.relu(self.convG1(torch.relu(x))))
        for n in (4, 3, 2):
            x = self.get_submodule(f"RF{n}")(stacked[n - 2], x)
        return resize(self.get_submodule("pred2")(torch.relu(x)), size, align_corners=False), edge


class MATNet(nn.Module):
    """Encoder and decoder, with the released keys behind ``encoder.`` and ``decoder.``."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder()

    def forward(self, frame: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
        """Two [N, 3, H, W] -> logits [N, 1, H, W] of the object, and of its edges."""
        size = (int(frame.shape[2]), int(frame.shape[3]))
        maps: tuple[Tensor, Tensor] = self.decoder(self.encoder(frame, flow), size)
        return maps


def build_network(variant: str = "matnet") -> MATNet:
    """The network with the released keys, untrained; there is one variant."""
    if variant != "matnet":
        raise UsageError(f"matnet has no variant '{variant}'")
    return MATNet()
