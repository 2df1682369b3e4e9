"""The four networks that FlowNet2 stacks: FlowNetC, FlowNetS, FlowNetSD and the fusion network.

Ilg et al., "FlowNet 2.0", CVPR 2017; keys and arithmetic of github.com/NVIDIA/flownet2-pytorch (Apache-2.0).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .operations import correlation

RADIUS, STEP = 10, 2  # displacements of up to 20 px, every second one
COSTS = (2 * RADIUS + 1) ** 2


def convolution(before: int, after: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution and leaky ReLU."""
    return nn.Sequential(nn.Conv2d(before, after, kernel, stride, (kernel - 1) // 2), nn.LeakyReLU(0.1))


def linear(before: int, after: int) -> nn.Sequential:
    """Convolution without activation, in a Sequential because the published keys say so."""
    return nn.Sequential(nn.Conv2d(before, after, 3, padding=1))


def upward(before: int, after: int) -> nn.Sequential:
    """Transposed convolution to twice the size and leaky ReLU."""
    return nn.Sequential(nn.ConvTranspose2d(before, after, 4, 2, 1), nn.LeakyReLU(0.1))


def flow_head(before: int) -> nn.Conv2d:
    """Flow from features."""
    return nn.Conv2d(before, 2, 3, padding=1)


class Part(nn.Module):
    """What the networks share: the deep end of the encoder and the decoder from level 6 up to level 2."""

    def __init__(self) -> None:
        super().__init__()
        self._intermediate = False

    def add_deep_encoder(self) -> None:
        """Levels 4 to 6."""
        self.conv4, self.conv4_1 = convolution(256, 512, stride=2), convolution(512, 512)
        self.conv5, self.conv5_1 = convolution(512, 512, stride=2), convolution(512, 512)
        self.conv6, self.conv6_1 = convolution(512, 1024, stride=2), convolution(1024, 1024)

    def add_decoder(self, *, bias: bool, intermediate: bool = False) -> None:
        """Levels 6 to 2; ``bias`` of the flows' upsampling, ``intermediate`` convolutions before each flow (SD)."""
        self._intermediate = intermediate
        widths = {6: 1024, 5: 1026, 4: 770, 3: 386, 2: 194}
        deconvolved = {5: 512, 4: 256, 3: 128, 2: 64}
        for level, width in deconvolved.items():
            self.add_module(f"deconv{level}", upward(widths[level + 1], width))
        if intermediate:
            for level, width in deconvolved.items():
                self.add_module(f"inter_conv{level}", linear(widths[level], width))
        for level, width in widths.items():
            self.add_module(f"predict_flow{level}", flow_head(deconvolved.get(level, width) if intermediate else width))
        for level in (6, 5, 4, 3):
            self.add_module(f"upsampled_flow{level}_to_{level - 1}", nn.ConvTranspose2d(2, 2, 4, 2, 1, bias=bias))

    def _layer(self, name: str, values: Tensor) -> Tensor:
        out: Tensor = self.get_submodule(name)(values)
        return out

    def _deep_encode(self, level3: Tensor) -> dict[int, Tensor]:
        level4 = self.conv4_1(self.conv4(level3))
        level5 = self.conv5_1(self.conv5(level4))
        return {3: level3, 4: level4, 5: level5, 6: self.conv6_1(self.conv6(level5))}

    def _decode(self, encoded: dict[int, Tensor]) -> Tensor:
        features = encoded[6]
        flow = self._layer("predict_flow6", features)
        for level in (5, 4, 3, 2):
            upper = self._layer(f"upsampled_flow{level + 1}_to_{level}", flow)
            features = torch.cat((encoded[level], self._layer(f"deconv{level}", features), upper), dim=1)
            seen = self._layer(f"inter_conv{level}", features) if self._intermediate else features
            flow = self._layer(f"predict_flow{level}", seen)
        return flow


class FlowNetC(Part):
    """Correlates the features of both pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = convolution(3, 64, 7, 2)
        self.conv2 = convolution(64, 128, 5, 2)
        self.conv3 = convolution(128, 256, 5, 2)
        self.conv_redir = convolution(256, 32, 1)
        self.conv3_1 = convolution(32 + COSTS, 256)
        self.add_deep_encoder()
        self.add_decoder(bias=True)

    def forward(self, pair: Tensor) -> Tensor:
        """Flow ``float[N, 2, H/4, W/4]`` of two pictures joined on channels, ``float[N, 6, H, W]``."""
        level2 = self.conv2(self.conv1(pair[:, :3]))
        first, second = self.conv3(level2), self.conv3(self.conv2(self.conv1(pair[:, 3:])))
        costs = F.leaky_relu(correlation(first, second, RADIUS, step=STEP), 0.1)
        encoded = self._deep_encode(self.conv3_1(torch.cat((self.conv_redir(first), costs), dim=1)))
        return self._decode({2: level2, **encoded})


class FlowNetS(Part):
    """Corrects a flow: sees both pictures, the second one warped by that flow, the flow and what it leaves over."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = convolution(12, 64, 7, 2)
        self.conv2 = convolution(64, 128, 5, 2)
        self.conv3 = convolution(128, 256, 5, 2)
        self.conv3_1 = convolution(256, 256)
        self.add_deep_encoder()
        self.add_decoder(bias=False)

    def forward(self, seen: Tensor) -> Tensor:
        """Flow ``float[N, 2, H/4, W/4]`` from ``float[N, 12, H, W]``."""
        level2 = self.conv2(self.conv1(seen))
        return self._decode({2: level2, **self._deep_encode(self.conv3_1(self.conv3(level2)))})


class FlowNetSD(Part):
    """Finds small displacements: 3×3 kernels only, smoother flow."""

    def __init__(self) -> None:
        super().__init__()
        self.conv0 = convolution(6, 64)
        self.conv1, self.conv1_1 = convolution(64, 64, stride=2), convolution(64, 128)
        self.conv2, self.conv2_1 = convolution(128, 128, stride=2), convolution(128, 128)
        self.conv3, self.conv3_1 = convolution(128, 256, stride=2), convolution(256, 256)
        self.add_deep_encoder()
        self.add_decoder(bias=True, intermediate=True)

    def forward(self, pair: Tensor) -> Tensor:
        """Flow ``float[N, 2, H/4, W/4]`` of two pictures joined on channels, ``float[N, 6, H, W]``."""
        level2 = self.conv2_1(self.conv2(self.conv1_1(self.conv1(self.conv0(pair)))))
        return self._decode({2: level2, **self._deep_encode(self.conv3_1(self.conv3(level2)))})


class FlowNetFusion(nn.Module):
    """Weighs the flows for small and for large displacements, at full size."""

    def __init__(self) -> None:
        super().__init__()
        self.conv0 = convolution(11, 64)
        self.conv1, self.conv1_1 = convolution(64, 64, stride=2), convolution(64, 128)
        self.conv2, self.conv2_1 = convolution(128, 128, stride=2), convolution(128, 128)
        self.deconv1, self.deconv0 = upward(128, 32), upward(162, 16)
        self.inter_conv1, self.inter_conv0 = linear(162, 32), linear(82, 16)
        self.predict_flow2, self.predict_flow1, self.predict_flow0 = flow_head(128), flow_head(32), flow_head(16)
        self.upsampled_flow2_to_1 = nn.ConvTranspose2d(2, 2, 4, 2, 1)
        self.upsampled_flow1_to_0 = nn.ConvTranspose2d(2, 2, 4, 2, 1)

    def forward(self, seen: Tensor) -> Tensor:
        """Flow ``float[N, 2, H, W]`` in px from ``float[N, 11, H, W]``."""
        level0 = self.conv0(seen)
        level1 = self.conv1_1(self.conv1(level0))
        level2 = self.conv2_1(self.conv2(level1))
        flow = self.upsampled_flow2_to_1(self.predict_flow2(level2))
        features = torch.cat((level1, self.deconv1(level2), flow), dim=1)
        flow = self.upsampled_flow1_to_0(self.predict_flow1(self.inter_conv1(features)))
        features = torch.cat((level0, self.deconv0(features), flow), dim=1)
        fused: Tensor = self.predict_flow0(self.inter_conv0(features))
        return fused
