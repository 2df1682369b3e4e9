"""PWC-Net: pyramid, warping, cost volume, with densely connected decoders.

Sun et al., "PWC-Net: CNNs for Optical Flow Using Pyramid, Warping, and Cost Volume", CVPR 2018; keys and arithmetic of
github.com/NVlabs/PWC-Net (PyTorch). Files in the layout of github.com/sniklaus/pytorch-pwc load too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .operations import correlation, inside, warp

FEATURES = {1: 16, 2: 32, 3: 64, 4: 96, 5: 128, 6: 196}
DENSE = (128, 128, 96, 64, 32)
RADIUS = 4
COSTS = (2 * RADIUS + 1) ** 2
WARP_SCALE = {5: 0.625, 4: 1.25, 3: 2.5, 2: 5.0}
"""px of a level per unit of flow: 20 px at full size."""
CONTEXT = ((128, 1), (128, 2), (128, 4), (96, 8), (64, 16), (32, 1))


def convolution(before: int, after: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """3×3 convolution and leaky ReLU."""
    layer = nn.Conv2d(before, after, 3, stride=stride, padding=dilation, dilation=dilation)
    return nn.Sequential(layer, nn.LeakyReLU(0.1))


def twice(before: int, after: int = 2) -> nn.ConvTranspose2d:
    """Learned upsampling by two."""
    return nn.ConvTranspose2d(before, after, 4, stride=2, padding=1)


def feature_layers(level: int) -> tuple[str, str, str]:
    """Names of a level's three convolutions in order; the published level 6 has its first two the other way round."""
    return ("conv6aa", "conv6a", "conv6b") if level == 6 else (f"conv{level}a", f"conv{level}aa", f"conv{level}b")


class PWCNet(nn.Module):
    """Six feature levels, decoders at levels 6 to 2, a dilated context network at the end."""

    def __init__(self) -> None:
        super().__init__()
        before = 3
        for level, width in FEATURES.items():
            for position, name in enumerate(feature_layers(level)):
                self.add_module(name, convolution(before, width, stride=1 if position else 2))
                before = width
        for level in (6, 5, 4, 3, 2):
            before = COSTS if level == 6 else COSTS + FEATURES[level] + 4
            for position, width in enumerate(DENSE):
                self.add_module(f"conv{level}_{position}", convolution(before, width))
                before += width
            self.add_module(f"predict_flow{level}", nn.Conv2d(before, 2, 3, padding=1))
            self.add_module(f"deconv{level}", twice(2))  # deconv2 is in the published files but never used
            if level > 2:
                self.add_module(f"upfeat{level}", twice(before))
        for position, (width, dilation) in enumerate(CONTEXT, start=1):
            self.add_module(f"dc_conv{position}", convolution(before, width, dilation=dilation))
            before = width
        self.dc_conv7 = nn.Conv2d(before, 2, 3, padding=1)

    def forward(self, pair: Tensor) -> Tensor:
        """Flow ``float[N, 2, H/4, W/4]`` in units of 20 px of two BGR pictures in [0, 1] joined on channels.

        ``pair`` is ``float[N, 6, H, W]`` with H and W multiples of 64.
        """
        ones, twos = self._features(pair[:, :3]), self._features(pair[:, 3:])
        features = self._dense(6, F.leaky_relu(correlation(ones[6], twos[6], RADIUS), 0.1))
        flow = self._layer("predict_flow6", features)
        for level in (5, 4, 3, 2):
            flow = self._layer(f"deconv{level + 1}", flow)
            upper = self._layer(f"upfeat{level + 1}", features)
            in_px = flow * WARP_SCALE[level]
            costs = correlation(ones[level], warp(twos[level], in_px) * inside(in_px), RADIUS)
            features = self._dense(level, torch.cat((F.leaky_relu(costs, 0.1), ones[level], flow, upper), dim=1))
            flow = self._layer(f"predict_flow{level}", features)
        context = features
        for position in range(1, 8):
            context = self._layer(f"dc_conv{position}", context)
        return flow + context

    def _layer(self, name: str, values: Tensor) -> Tensor:
        out: Tensor = self.get_submodule(name)(values)
        return out

    def _features(self, picture: Tensor) -> dict[int, Tensor]:
        levels = {}
        for level in FEATURES:
            for name in feature_layers(level):
                picture = self._layer(name, picture)
            levels[level] = picture
        return levels

    def _dense(self, level: int, features: Tensor) -> Tensor:
        for position in range(len(DENSE)):
            features = torch.cat((self._layer(f"conv{level}_{position}", features), features), dim=1)
        return features


def build_network() -> nn.Module:
    """The network as published by NVlabs: 128 tensors, ``conv1a.0.weight`` … ``dc_conv7.bias``."""
    return PWCNet()


NUMBERS = {"One": 1, "Two": 2, "Thr": 3, "Fou": 4, "Fiv": 5, "Six": 6}
NUMBER = f"net({'|'.join(NUMBERS)})"


def published_keys(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """NVlabs keys for those of either layout; sniklaus files lack the unused ``deconv2``, which becomes zero."""
    if not any(re.match(r"(net|module)Extractor\.", key) for key in state):
        return dict(state)
    ours = {nvlabs_key(key.replace("module", "net")): value for key, value in state.items()}
    ours.setdefault("deconv2.weight", torch.zeros(2, 2, 4, 4))
    ours.setdefault("deconv2.bias", torch.zeros(2))
    return ours


def nvlabs_key(key: str) -> str:
    """The NVlabs name of a sniklaus tensor; unknown names come back as they are (and fail the strict load)."""
    if found := re.fullmatch(rf"netExtractor\.{NUMBER}\.([024])\.(\w+)", key):
        return f"{feature_layers(NUMBERS[found[1]])[int(found[2]) // 2]}.0.{found[3]}"
    if found := re.fullmatch(r"netRefiner\.netMain\.(\d+)\.(\w+)", key):
        position = int(found[1]) // 2 + 1
        return f"dc_conv7.{found[2]}" if position == 7 else f"dc_conv{position}.0.{found[2]}"
    if found := re.fullmatch(rf"{NUMBER}\.net(Upflow|Upfeat)\.(\w+)", key):
        kind = "deconv" if found[2] == "Upflow" else "upfeat"
        return f"{kind}{NUMBERS[found[1]] + 1}.{found[3]}"
    if found := re.fullmatch(rf"{NUMBER}\.{NUMBER}\.0\.(\w+)", key):
        level, position = NUMBERS[found[1]], NUMBERS[found[2]]
        return f"predict_flow{level}.{found[3]}" if position == 6 else f"conv{level}_{position - 1}.0.{found[3]}"
    return key
