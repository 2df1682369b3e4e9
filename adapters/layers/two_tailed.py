"""Backbones whose deep stages exist twice, as CPD needs them (Wu, Su and Huang, CVPR 2019, figure 2).

Tail 1 feeds the attention, tail 2 the detection; both start from the same ImageNet weights and are trained apart.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from .resnet import Bottleneck, initialise, stage


def vgg_stage(stage: int, inputs: int, outputs: int, convs: int, *, copy: int | None = None) -> nn.Sequential:
    """``convs`` 3x3 convolutions with ReLU, behind a halving pool except in the first stage.

    Names are the released ones: ``conv3_1``, and ``conv4_1_2`` in copy 2 of stage 4. The pool averages: CPD replaced
    VGG's max pooling, and its weights depend on it.
    """
    suffix = "" if copy is None else f"_{copy}"
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if stage > 1:
        layers[f"pool{stage}{suffix}"] = nn.AvgPool2d(2, stride=2)
    for i in range(1, convs + 1):
        layers[f"conv{stage}_{i}{suffix}"] = nn.Conv2d(inputs if i == 1 else outputs, outputs, 3, padding=1)
        layers[f"relu{stage}_{i}{suffix}"] = nn.ReLU(inplace=True)
    return nn.Sequential(layers)


class TwoTailedVGG16(nn.Module):
    """VGG-16 without batch norm: stages 1 to 3 once, stages 4 and 5 as two copies."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = vgg_stage(1, 3, 64, 2)
        self.conv2 = vgg_stage(2, 64, 128, 2)
        self.conv3 = vgg_stage(3, 128, 256, 3)
        self.conv4_1 = vgg_stage(4, 256, 512, 3, copy=1)
        self.conv5_1 = vgg_stage(5, 512, 512, 3, copy=1)
        self.conv4_2 = vgg_stage(4, 256, 512, 3, copy=2)
        self.conv5_2 = vgg_stage(5, 512, 512, 3, copy=2)

    def trunk(self, image: Tensor) -> Tensor:
        """``[N, 3, H, W]`` to ``[N, 256, H/4, W/4]``."""
        shallow: Tensor = self.conv3(self.conv2(self.conv1(image)))
        return shallow

    def tail(self, shallow: Tensor, copy: int) -> tuple[Tensor, Tensor]:
        """The trunk's ``[N, 256, h, w]`` to ``[N, 512, h/2, w/2]`` and ``[N, 512, h/4, w/4]``."""
        stage4, stage5 = (self.conv4_1, self.conv5_1) if copy == 1 else (self.conv4_2, self.conv5_2)
        middle: Tensor = stage4(shallow)
        return middle, stage5(middle)


class TwoTailedResNet50(nn.Module):
    """ResNet-50 without dilation: the stem and layers 1 and 2 once, layers 3 and 4 as two copies."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = stage(Bottleneck, 64, 64, 3)
        self.layer2 = stage(Bottleneck, 256, 128, 4, stride=2)
        self.layer3_1 = stage(Bottleneck, 512, 256, 6, stride=2)
        self.layer4_1 = stage(Bottleneck, 1024, 512, 3, stride=2)
        self.layer3_2 = stage(Bottleneck, 512, 256, 6, stride=2)
        self.layer4_2 = stage(Bottleneck, 1024, 512, 3, stride=2)
        initialise(self)

    def trunk(self, image: Tensor) -> Tensor:
        """``[N, 3, H, W]`` to ``[N, 512, H/8, W/8]``."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(image))))
        shallow: Tensor = self.layer2(self.layer1(x))
        return shallow

    def tail(self, shallow: Tensor, copy: int) -> tuple[Tensor, Tensor]:
        """The trunk's ``[N, 512, h, w]`` to ``[N, 1024, h/2, w/2]`` and ``[N, 2048, h/4, w/4]``."""
        layer3, layer4 = (self.layer3_1, self.layer4_1) if copy == 1 else (self.layer3_2, self.layer4_2)
        middle: Tensor = layer3(shallow)
        return middle, layer4(middle)
