"""MGA, motion guided attention (Li et al., ICCV 2019): an appearance network steered by a motion network.

Network layout of lhaof/Motion-Guided-Attention (MIT). Input: frame and flow image, both 512x512, ImageNet-normalised.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vsodboost.data.errors import UsageError

from ..layers.aspp import AtrousPyramid
from ..layers.resize import resize
from ..layers.resnet import Bottleneck, ResNet
from ..layers.resnet_aspp import ResNetPyramid, saliency_head

SITES = ("conv1", "layer1", "layer2", "layer3", "layer4")


class MGANetwork(ResNet):
    """The whole network; its appearance branch is a ResNet-101 at top level, as in the released keys."""

    def __init__(self) -> None:
        # Only the first block of layer4 is dilated: the released weights were trained so.
        super().__init__(Bottleneck, (3, 4, 23, 3), strides=(1, 2, 2, 1), dilations=(1, 1, 1, (2, 1, 1)))
        self.aspp = AtrousPyramid(self.channels[-1])
        self.last_conv = saliency_head(304)
        self.conv2 = nn.Conv2d(self.channels[1], 48, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(48)
        self.resnet_aspp = ResNetPyramid()
        motion = self.resnet_aspp.backbone_features.channels
        for site, own, other in zip(SITES, self.channels, motion, strict=True):
            setattr(self, f"conv1x1_{site}_channel_wise", nn.Conv2d(own, own, 1))
            setattr(self, f"conv1x1_{site}_spatial", nn.Conv2d(other, 1, 1))

    def attend(self, site: str, appearance: Tensor, motion: Tensor) -> Tensor:
        """Motion guided attention of one encoder stage (paper Sec. 3.3): where it moves, then which channels."""
        where = torch.sigmoid(self.get_submodule(f"conv1x1_{site}_spatial")(motion))
        moving = appearance * where
        pooled = moving.mean(dim=(2, 3), keepdim=True)
        weights = torch.softmax(self.get_submodule(f"conv1x1_{site}_channel_wise")(pooled), dim=1)
        return moving * (weights * weights.shape[1]) + appearance

    def forward(self, image: Tensor, flow_image: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Two [N, 3, H, W] -> saliency logits [N, 1, H, W] and the motion map in [0, 1] at layer1's size."""
        motion, flow_logits = self.resnet_aspp(flow_image)
        flow_map = torch.sigmoid(flow_logits)
        x = self.attend("conv1", self.stem(image), motion[0])
        x = low = self.attend("layer1", self.layer1(self.maxpool(x)), motion[1])
        for i, layer in enumerate((self.layer2, self.layer3, self.layer4), 2):
            x = self.attend(f"layer{i}", layer(x), motion[i])
        x = resize(self.aspp(x), low.shape[-2:], align_corners=True)
        x = torch.cat([x, self.bn2(self.conv2(low))], dim=1)
        flow_map = resize(flow_map, low.shape[-2:], align_corners=True)
        x = self.last_conv(x * flow_map + x)
        return resize(x, image.shape[-2:], align_corners=True), flow_map


def build_network(variant: str = "mga") -> MGANetwork:
    """The network with the released keys; there is one variant."""
    if variant != "mga":
        raise UsageError(f"mga has no variant '{variant}'")
    return MGANetwork()
