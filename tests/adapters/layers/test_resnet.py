from __future__ import annotations

import pytest
import torch
from torch import nn
from vsodboost_adapters.layers.resnet import BasicBlock, Bottleneck, ResNet, freeze_batch_norm, load_imagenet, stage

from vsodboost.networks.torchvision_import import ensure_torchvision

ensure_torchvision()
from torchvision.models import resnet  # noqa: E402


@pytest.mark.parametrize(
    ("ours", "name", "dilated"),
    [
        (lambda: ResNet(BasicBlock, (3, 4, 6, 3), classes=1000), "resnet34", None),
        (lambda: ResNet(Bottleneck, (3, 4, 6, 3), classes=1000), "resnet50", None),
        (  # torchvision's own dilated layout: the first block keeps the former rate
            lambda: ResNet(Bottleneck, (3, 4, 6, 3), strides=(1, 2, 1, 1), classes=1000,
                           dilations=(1, 1, (1, 2, 2, 2, 2, 2), (2, 4, 4))),
            "resnet50", [False, True, True],
        ),
    ],
    ids=["34", "50", "50 dilated"],
)  # fmt: skip
def test_equals_torchvision(ours, name: str, dilated: list[bool] | None) -> None:  # type: ignore[no-untyped-def]
    torch.manual_seed(0)
    reference = getattr(resnet, name)(**({"replace_stride_with_dilation": dilated} if dilated else {})).eval()
    network = ours().eval()
    network.load_state_dict(reference.state_dict(), strict=True)
    image = torch.randn(1, 3, 65, 97)
    steps = nn.Sequential(*(getattr(reference, part) for part in ("conv1", "bn1", "relu", "maxpool")))
    with torch.inference_mode():
        x = steps(image)
        for i, feature in enumerate(network(image)[1:], 1):
            x = getattr(reference, f"layer{i}")(x)
            torch.testing.assert_close(feature, x)


def test_a_dilation_a_block_and_where_the_stride_sits() -> None:
    blocks = stage(Bottleneck, 8, 4, 3, stride=2, dilations=(2, 1, 3), stride_at="1x1")
    convolutions = [(block.conv1.stride[0], block.conv2.stride[0], block.conv2.dilation[0]) for block in blocks]
    assert convolutions == [(2, 1, 2), (1, 1, 1), (1, 1, 3)]
    assert stage(Bottleneck, 8, 4, 1, stride=2)[0].conv2.stride == (2, 2)
    assert blocks(torch.zeros(1, 8, 9, 13)).shape == (1, 16, 5, 7)
    with pytest.raises(ValueError, match="2 dilations for 3 blocks"):
        stage(BasicBlock, 8, 8, 3, dilations=(1, 2))


def test_imagenet_weights_go_in_by_name_and_leave_further_channels_alone() -> None:
    torch.manual_seed(0)
    source = ResNet(BasicBlock, (1, 1, 1, 1), classes=10).state_dict()
    network = ResNet(BasicBlock, (1, 1, 1, 1), channels=7)
    further = network.conv1.weight[:, 3:].clone()
    assert load_imagenet(network, source) == ["fc.weight", "fc.bias"]
    assert torch.equal(network.conv1.weight[:, :3], source["conv1.weight"])
    assert torch.equal(network.conv1.weight[:, 3:], further)
    assert torch.equal(network.layer4[0].conv2.weight, source["layer4.0.conv2.weight"])


def test_frozen_batch_norm_keeps_its_statistics() -> None:
    network = ResNet(BasicBlock, (1, 1, 1, 1)).train()
    freeze_batch_norm(network)
    before = network.bn1.running_mean.clone()
    network(torch.randn(2, 3, 33, 33))
    assert torch.equal(network.bn1.running_mean, before)
