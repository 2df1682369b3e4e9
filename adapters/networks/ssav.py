"""SSAV (Fan et al., CVPR 2019): ResNet-50, pyramid of dilated convolutions, bidirectional ConvLSTMs on three frames.

Network after the published Caffe description (DengPingFan/DAVSOD); the parameter names are ours. Input: three
consecutive frames at exactly 473x473, BGR 0-255 minus the mean.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vsodboost.data.errors import PluginError, UsageError

from ..layers.aspp import ConvBN
from ..layers.conv_lstm import PeepholeConvLSTM
from ..layers.resize import resize
from ..layers.resnet import Bottleneck, initialise, stage

SIZE = 473
HIDDEN = 32
RATES = (2, 4, 8, 16)


def feature_size(size: int) -> int:
    """Side of the features of frames of side ``size``: 60 for 473."""
    half = (size - 1) // 2 + 1
    pooled = -(-(half - 1) // 2) + 1  # Caffe rounds pooled sizes up
    return (pooled - 1) // 2 + 1


class SSAVNetwork(nn.Module):
    """The whole network. ``size`` is the frames' side in px: the peepholes are maps, so it cannot change later."""

    def __init__(self, size: int = SIZE) -> None:
        super().__init__()
        self.size = size
        side = feature_size(size)
        self.stem = nn.Sequential(ConvBN(3, 64, 3, stride=2), ConvBN(64, 64, 3), ConvBN(64, 128, 3))
        self.maxpool = nn.MaxPool2d(3, 2, 1, ceil_mode=True)
        self.layer1 = stage(Bottleneck, 128, 64, 3, stride_at="1x1")
        self.layer2 = stage(Bottleneck, 256, 128, 4, stride=2, stride_at="1x1")
        self.layer3 = stage(Bottleneck, 512, 256, 6, dilations=2)
        self.layer4 = stage(Bottleneck, 1024, 512, 3, dilations=4)
        self.pyramid = nn.ModuleList(ConvBN(2048, 512, 3, dilation=rate) for rate in RATES)
        self.reduce = ConvBN(2048 + len(RATES) * 512, HIDDEN, 1)
        for i, dilation in enumerate((1, 2, 1, 2), 1):
            self.add_module(f"encode{i}", PeepholeConvLSTM(HIDDEN, HIDDEN, (side, side), dilation=dilation))
        self.conv7 = nn.Conv2d(2 * HIDDEN, 2, 1)
        self.conv8 = nn.Conv2d(HIDDEN, 2, 1)
        initialise(self)

    def features(self, frames: Tensor) -> Tensor:
        """[N, 3, size, size] -> [N, 32, side, side], Caffe's blob conv5_4."""
        x = self.layer4(self.layer3(self.layer2(self.layer1(self.maxpool(self.stem(frames))))))
        return self.reduce(torch.cat([x, *(branch(x) for branch in self.pyramid)], dim=1))  # type: ignore[no-any-return]

    def both_ways(self, x: Tensor, first: str, second: str) -> Tensor:
        """[T, N, 32, h, w] -> states of ``first`` plus those of ``second``, which reads the former backwards."""
        forward_state = self.get_submodule(first)(x)
        return forward_state + self.get_submodule(second)(forward_state.flip(0)).flip(0)  # type: ignore[no-any-return]

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A clip [T, 3, size, size], or B clips [B, T, 3, size, size] -> three tensors of T (or B*T) frames.

        They are Caffe's ``conv7_sm`` (saliency, [T, 1, size, size] in [0, 1]), ``conv8_sm`` (attention, likewise) and
        ``conv5_4`` (features). The released weights were trained with T = 3.
        """
        clips = frames if frames.dim() == 5 else frames[None]
        if tuple(clips.shape[-2:]) != (self.size, self.size):
            got = "x".join(map(str, clips.shape[-2:]))
            raise PluginError(f"ssav: its peepholes are maps made for frames of {self.size}x{self.size} px, not {got}")
        features = self.features(clips.flatten(0, 1))
        x = features.reshape(*clips.shape[:2], *features.shape[1:]).transpose(0, 1)  # time first
        near = self.both_ways(x, "encode1", "encode3")
        far = self.both_ways(x, "encode2", "encode4")
        saliency = self._side(self.conv7, torch.cat([near, far], dim=2))
        return saliency, self._side(self.conv8, near), features

    def _side(self, layer: nn.Module, x: Tensor) -> Tensor:
        logits = layer(x.transpose(0, 1).flatten(0, 1))[:, 1:]  # the second of two channels is the salient one
        return torch.sigmoid(resize(logits, (self.size, self.size), align_corners=True))


def build_network(variant: str = "ssav") -> SSAVNetwork:
    """The network at its fixed size of 473 px; there is one variant."""
    if variant != "ssav":
        raise UsageError(f"ssav has no variant '{variant}'")
    return SSAVNetwork(SIZE)
