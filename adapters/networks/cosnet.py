"""COSNet, an unsupervised video object segmentation model: Lu et al., "See More, Know More: Unsupervised Video Object
Segmentation with Co-Attention Siamese Networks", CVPR 2019. Loads the authors' checkpoint.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vsodboost.data.errors import UsageError

from ..layers.aspp import RATES
from ..layers.resize import resize
from ..layers.resnet import Bottleneck, ResNet


class BiasedPyramid(nn.Module):
    """DeepLabV3's pyramid as COSNet has it: biases, the image average first, a 3x3 fusion and a PReLU."""

    def __init__(self, inputs: int, middle: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, middle, 1)
        self.bn_x = nn.BatchNorm2d(middle)
        self.conv2d_0 = nn.Conv2d(inputs, middle, 1)
        self.bn_0 = nn.BatchNorm2d(middle)
        for i, rate in enumerate(RATES, 1):
            self.add_module(f"conv2d_{i}", nn.Conv2d(inputs, middle, 3, padding=rate, dilation=rate))
            self.add_module(f"bn_{i}", nn.BatchNorm2d(middle))
        self.bottleneck = nn.Conv2d(5 * middle, outputs, 3, padding=1)
        self.bn = nn.BatchNorm2d(outputs)
        self.prelu = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inputs, h, w]`` to ``[N, outputs, h, w]``."""
        pooled = torch.relu(self.bn_x(self.conv(x.mean((2, 3), keepdim=True))))
        parts = [pooled.expand(-1, -1, *x.shape[-2:])]  # a 1x1 map enlarged is a constant
        for i in range(4):
            parts.append(torch.relu(self.get_submodule(f"bn_{i}")(self.get_submodule(f"conv2d_{i}")(x))))
        fused: Tensor = self.prelu(self.bn(self.bottleneck(torch.cat(parts, 1))))
        return fused


class Encoder(ResNet):
    """DeepLabV3 on ResNet-101 at 1/8 of the image's size, every block of layers 3 and 4 dilated by 2 and 4."""

    def __init__(self) -> None:
        super().__init__(
            Bottleneck, (3, 4, 23, 3), strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4), stride_at="1x1", ceil_pool=True
        )
        self.layer5 = BiasedPyramid(2048, 512, 256)
        self.main_classifier = nn.Conv2d(256, 1, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """``[N, 3, H, W]`` to features ``[N, 256, h, w]`` and the logits ``[N, 1, h, w]`` of their own map."""
        features: Tensor = self.layer5(super().forward(image)[-1])
        return features, self.main_classifier(features)


class COSNet(nn.Module):
    """Two frames of a video, each seen in the light of the other (section 3.1)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.linear_e = nn.Linear(256, 256, bias=False)
        self.gate = nn.Conv2d(256, 1, 1, bias=False)
        self.conv1 = nn.Conv2d(512, 256, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(512, 256, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(256)
        self.bn2 = nn.BatchNorm2d(256)
        self.main_classifier1 = nn.Conv2d(256, 1, 1)
        self.main_classifier2 = nn.Conv2d(256, 1, 1)

    def forward(self, target: Tensor, search: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Two ``[N, 3, H, W]``, BGR in 0-255 minus the mean, to saliency in [0, 1]: of the target and of the search
        frame, and the encoder's own map of the search frame, each ``[N, 1, H, W]``.
        """
        target_features, _ = self.encoder(target)
        search_features, search_alone = self.encoder(search)
        affinity = self.affinity(target_features, search_features)
        of_target = self.decode_target(target_features, attend(search_features, affinity.transpose(1, 2)))
        of_search = self.decode_search(search_features, attend(target_features, affinity))
        size = target.shape[-2:]
        logits = (of_target, of_search, search_alone)
        target_map, search_map, alone_map = (torch.sigmoid(resize(x, size, align_corners=False)) for x in logits)
        return target_map, search_map, alone_map

    def affinity(self, target_features: Tensor, search_features: Tensor) -> Tensor:
        """Features ``[N, 256, h, w]`` of both to ``[N, target positions, search positions]`` (equation 2)."""
        projected: Tensor = self.linear_e(target_features.flatten(2).transpose(1, 2))
        return torch.bmm(projected, search_features.flatten(2))

    def decode_target(self, features: Tensor, attended: Tensor) -> Tensor:
        """Own and attended features ``[N, 256, h, w]`` to logits ``[N, 1, h, w]`` of the target frame."""
        logits: Tensor = self.main_classifier1(torch.relu(self.bn1(self.conv1(self._gated(features, attended)))))
        return logits

    def decode_search(self, features: Tensor, attended: Tensor) -> Tensor:
        """Own and attended features ``[N, 256, h, w]`` to logits ``[N, 1, h, w]`` of the search frame."""
        logits: Tensor = self.main_classifier2(torch.relu(self.bn2(self.conv2(self._gated(features, attended)))))
        return logits

    def _gated(self, features: Tensor, attended: Tensor) -> Tensor:
        return torch.cat([attended * torch.sigmoid(self.gate(attended)), features], 1)


def attend(features: Tensor, affinity: Tensor) -> Tensor:
    """Features ``[N, C, h, w]`` gathered by ``affinity [N, their positions, the other's positions]`` to the other
    frame's positions ``[N, C, h, w]``; the softmax is over ``features``' own positions (equation 3).
    """
    gathered = torch.bmm(features.flatten(2), affinity.softmax(1))
    return gathered.reshape(features.shape)


def build_network(variant: str = "cosnet") -> COSNet:
    """The network with the released keys, untrained; there is one variant."""
    if variant != "cosnet":
        raise UsageError(f"cosnet has no variant '{variant}'")
    return COSNet()
