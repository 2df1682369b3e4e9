"""SSAV (Fan et al., CVPR 2019): ResNet-50, pyramid of dilated convolutions, bidirectional ConvLSTMs on three frames.

Network after the published Caffe description (DengPingFan/DAVSOD); the parameter names are ours. Input: three
consecutive frames at exactly 473x473, BGR 0-255 minus the mean.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vsodboost.data.cards import TargetCard, WeightsSource
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.targets.released import released_network

if TYPE_CHECKING:
    from torch import Tensor, nn

    from .networks.ssav import SSAVNetwork

SIZE = 473


def build_network(variant: str = "ssav") -> SSAVNetwork:
    """The network at its fixed size of 473 px, untrained; there is one variant."""
    from .networks import ssav

    return ssav.build_network(variant)


def read_weights(path: Path) -> dict[str, Tensor]:
    """SSAV.caffemodel as the state dict of our network; raises WeightsError when it is another file."""
    from .networks import ssav_blobs

    return ssav_blobs.read_weights(path)


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


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """Register ``ssav``."""
    register("ssav", released_network("ssav", CARD, forward=predict), CARD)
