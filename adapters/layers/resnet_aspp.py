"""ResNet-34, atrous pyramid and a small head: MGA's motion branch and both branches of DS-Net."""

from __future__ import annotations

from torch import Tensor, nn

from .aspp import AtrousPyramid
from .resize import resize
from .resnet import BasicBlock, ResNet


def saliency_head(channels: int) -> nn.Sequential:
    """Two 3x3 convolutions to 256 channels and a 1x1 to one map of logits, size unchanged."""
    layers: list[nn.Module] = []
    for inputs in (channels, 256):
        layers += [nn.Conv2d(inputs, 256, 3, padding=1, bias=False), nn.BatchNorm2d(256), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(256, 1, 1))


class ResNetPyramid(nn.Module):
    """Features and a coarse saliency map of one image (a frame, or optical flow rendered as one)."""

    def __init__(self) -> None:
        super().__init__()
        # Only the first block of layer4 is dilated: the released weights were trained so.
        self.backbone_features = ResNet(BasicBlock, (3, 4, 6, 3), strides=(1, 2, 2, 1), dilations=(1, 1, 1, (2, 1, 1)))
        self.aspp = AtrousPyramid(self.backbone_features.channels[-1])
        self.last_conv = saliency_head(256)

    def forward(self, image: Tensor) -> tuple[list[Tensor], Tensor]:
        """[N, 3, H, W] -> features (stem, layer1 ... layer4, pyramid) and logits [N, 1, H, W]."""
        features = list(self.backbone_features(image))
        features.append(self.aspp(features[-1]))
        return features, resize(self.last_conv(features[-1]), image.shape[-2:], align_corners=True)
