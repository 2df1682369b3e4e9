"""MATNet (Zhou et al., AAAI 2020): two ResNet-101s of which motion steers appearance. Frame and flow image, 473x473.

Network layout of tfzhou/MATNet, whose weights are two files, an encoder's and a decoder's.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vsodboost.data.cards import TargetCard, WeightsSource
from vsodboost.data.errors import WeightsError
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.targets.released import released_network

if TYPE_CHECKING:
    from torch import Tensor, nn

    from .networks.matnet import MATNet

PARTS = ("encoder", "decoder")


def build_network(variant: str = "matnet") -> MATNet:
    """The network, untrained; there is one variant."""
    from .networks import matnet

    return matnet.build_network(variant)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The authors' pair of files as the state dict of our network; ``path`` is either, the other lies beside it.

    Raises:
        WeightsError: it is neither called encoder nor decoder, the other is not there, or one cannot be read.
    """
    from vsodboost.weights.reading import read_checkpoint

    which = next((part for part in PARTS if part in path.name), None)
    if which is None:
        raise WeightsError(f"{path}: give MATNet's encoder_0.pt, with decoder_0.pt beside it")
    found: dict[str, Tensor] = {}
    for part in PARTS:
        file = path.with_name(path.name.replace(which, part))
        if not file.is_file():
            raise WeightsError(f"{path}: its {part}, {file.name}, is not beside it; put both files into one folder")
        tensors = read_checkpoint(file)
        found |= {f"{part}.{name.removeprefix('module.')}": value for name, value in tensors.items()}
    return found


CARD = TargetCard(
    summary="MATNet: two ResNet-101s, motion steers appearance; looks for edges, too (473x473)",
    licence="none stated by the authors (all rights reserved)",
    paper="Zhou et al.: Motion-Attentive Transition for Zero-Shot Video Object Segmentation, AAAI 2020",
    weights=WeightsSource(
        file="encoder_0.pt",
        published="https://github.com/tfzhou/MATNet (README: Google Drive), with decoder_0.pt beside it",
        licence="none stated",
        build=build_network,
        reader=read_weights,
    ),
    input_size=(473, 473),
    resize="pil",  # the authors resize by SciPy's imresize, which is PIL's
    needs_flow=True,
    output="probabilities",
    batch=2,
)


def saliency(network: nn.Module, frames: Tensor, flow_images: Tensor | None) -> Tensor:
    """Maps [N, 1, H, W] in [0, 1] of frames and flow images [N, 3, H, W]: the mean of what the network says of them and
    of both mirrored, as the authors test."""
    import torch

    assert flow_images is not None
    forward = torch.sigmoid(network(frames, flow_images)[0])
    mirrored = torch.sigmoid(network(frames.flip(-1), flow_images.flip(-1))[0]).flip(-1)
    return (forward + mirrored) / 2


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """Register ``matnet``."""
    register("matnet", released_network("matnet", CARD, forward=saliency), CARD)
