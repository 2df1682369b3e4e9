"""SSAV (Fan et al., CVPR 2019): ResNet-50, pyramid of dilated convolutions, bidirectional ConvLSTMs on three frames.

Network after the published Caffe description (DengPingFan/DAVSOD); the parameter names are ours. Input: three
consecutive frames at exactly 473x473, BGR 0-255 minus the mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from vsodboost_adapters.aspp import ConvBN, resize
from vsodboost_adapters.caffemodel import read_caffemodel
from vsodboost_adapters.conv_lstm import PeepholeConvLSTM
from vsodboost_adapters.resnet import Bottleneck, initialise, stage

from vsodboost.data.cards import TargetCard, WeightsSource
from vsodboost.data.errors import PluginError, UsageError, WeightsError
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request, Target
from vsodboost.targets.network_target import NetworkTarget
from vsodboost.weights import load_into

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
        ahead = self.get_submodule(first)(x)
        return ahead + self.get_submodule(second)(ahead.flip(0)).flip(0)  # type: ignore[no-any-return]

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


def build_network(variant: str = "ssav") -> nn.Module:
    """The network at its fixed size of 473 px; there is one variant."""
    if variant != "ssav":
        raise UsageError(f"ssav has no variant '{variant}'")
    return SSAVNetwork(SIZE)


BATCH_NORM = ("weight", "bias", "running_mean", "running_var")  # Caffe's order in this model; the last is a variance
LSTM = ("input.weight", "hidden.weight", "hidden.bias", "peephole_i", "peephole_f", "peephole_o")


def blob_names() -> Iterator[tuple[str, str]]:
    """Pairs of Caffe's ``layer/index`` and our parameter name, for every blob of the released model."""

    def pair(layer: str, norm: str, path: str, normalised: str) -> Iterator[tuple[str, str]]:
        yield f"{layer}/0", f"{path}.weight"
        for i, name in enumerate(BATCH_NORM):
            yield f"{norm}/{i}", f"{normalised}.{name}"

    for i, layer in enumerate(("conv1_1_3x3_s2", "conv1_2_3x3", "conv1_3_3x3")):
        yield from pair(layer, f"{layer}/bn", f"stem.{i}.conv", f"stem.{i}.bn")
    for number, blocks in enumerate((3, 4, 6, 3), 1):
        for block in range(blocks):
            caffe, ours = f"conv{number + 1}_{block + 1}", f"layer{number}.{block}"
            for i, part in enumerate(("1x1_reduce", "3x3", "1x1_increase"), 1):
                yield from pair(f"{caffe}_{part}", f"{caffe}_{part}/bn", f"{ours}.conv{i}", f"{ours}.bn{i}")
            if block == 0:
                layer = f"{caffe}_1x1_proj"
                yield from pair(layer, f"{layer}/bn", f"{ours}.downsample.0", f"{ours}.downsample.1")
    for i, rate in enumerate(RATES):
        layer = f"conv5_3_d{rate}_conv"
        yield from pair(layer, f"{layer}/bn", f"pyramid.{i}.conv", f"pyramid.{i}.bn")
    yield from pair("conv5_4_", "conv5_4/bn_", "reduce.conv", "reduce.bn")
    for encoder in ("encode1", "encode2", "encode3", "encode4"):
        yield from ((f"{encoder}/{i}", f"{encoder}.{name}") for i, name in enumerate(LSTM))
    for layer in ("conv7", "conv8"):
        yield f"{layer}/0", f"{layer}.weight"
        yield f"{layer}/1", f"{layer}.bias"


def state_dict_from_blobs(blobs: Mapping[str, Any], size: int | None = None) -> dict[str, Tensor]:
    """Caffe's blobs ``{"layer/index": array}`` -> the state dict of ``SSAVNetwork(size)``, by default of 473 px.

    Every blob of the released model must be there, with its size; axes of length one do not matter (Caffe keeps
    batch-norm blobs as 1xCx1x1). Raises WeightsError naming the first blob that is missing, unknown or misshapen.
    """
    with torch.device("meta"):
        wanted = SSAVNetwork(SIZE if size is None else size).state_dict()
    names = dict(blob_names())
    unknown, missing = sorted(set(blobs) - set(names)), [name for name in names if name not in blobs]
    if missing or unknown:
        what = f"lacks the blob {missing[0]}" if missing else f"has an unknown blob {unknown[0]}"
        raise WeightsError(f"ssav: the Caffe model {what}; is this SSAV.caffemodel?")
    state = {}
    for caffe, ours in names.items():
        array, shape = np.asarray(blobs[caffe], dtype=np.float32), tuple(wanted[ours].shape)
        if [n for n in array.shape if n != 1] != [n for n in shape if n != 1]:
            raise WeightsError(f"ssav: blob {caffe} has the shape {array.shape}, not {shape}; is this SSAV.caffemodel?")
        state[ours] = torch.from_numpy(np.ascontiguousarray(array).reshape(shape).copy())
    for name, value in wanted.items():
        if name.endswith("num_batches_tracked"):
            state[name] = torch.zeros(value.shape, dtype=value.dtype)
    return state


def read_weights(path: Path) -> dict[str, Tensor]:
    """SSAV.caffemodel as the state dict of our network; raises WeightsError when it is another file."""
    return state_dict_from_blobs(read_caffemodel(path))


MEAN = (122.67891434, 116.66876762, 104.00698793)  # of the training images, RGB, 0-255

CARD = TargetCard(
    summary="SSAV: ResNet-50, dilated pyramid and bidirectional ConvLSTMs over three frames (473x473)",
    licence="none stated by the authors for the model (its Caffe fork is BSD)",
    paper="Fan, Wang, Cheng, Shen: Shifting More Attention to Video Salient Object Detection, CVPR 2019",
    weights=WeightsSource(
        file="SSAV.caffemodel",
        published="https://github.com/DengPingFan/DAVSOD (README: Google Drive, Baidu code pb0h)",
        licence="none stated",
        build=build_network,
        reader=read_weights,
    ),
    input_size=(SIZE, SIZE),
    mean=(MEAN[0] / 255, MEAN[1] / 255, MEAN[2] / 255),
    std=(1 / 255, 1 / 255, 1 / 255),  # back to 0-255: the weights want mean-free pixel values of that range
    window=3,
    output="probabilities",
    minmax=True,  # the authors' test script stretches every map
)


def predict(network: nn.Module, frames: Tensor, flow_images: Tensor | None = None) -> Tensor:
    """A clip [3, 3, 473, 473] in RGB -> its saliency [3, 1, 473, 473]; Caffe's weights want BGR."""
    saliency: Tensor = network(frames.flip(-3))[0]
    return saliency


def make_target(request: Request) -> Target:
    """The target with the user's copy of the released weights."""
    network = build_network()
    load_into(network, "ssav")
    return NetworkTarget(network, CARD, request, forward=predict)


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """Register ``ssav``."""
    register("ssav", make_target, CARD)
