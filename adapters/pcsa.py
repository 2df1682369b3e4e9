"""PCSA, a light video saliency model: Gu et al., "Pyramid Constrained Self-Attention Network for Fast Video Salient
Object Detection", AAAI 2020. Loads the authors' checkpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsodboost.data.cards import TargetCard, WeightsSource
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.targets.released import released_network

if TYPE_CHECKING:
    from torch import Tensor, nn

    from .networks.pcsa import PCSA


def build_network(variant: str = "pcsa") -> PCSA:
    """The network with the released keys, untrained; there is one variant."""
    from .networks import pcsa

    return pcsa.build_network(variant)


CARD = TargetCard(
    summary="PCSA: a light video model, five frames at a time",
    licence="CC BY-NC 3.0 (code and weights)",
    paper="Gu et al., Pyramid Constrained Self-Attention Network for Fast Video Salient Object Detection, AAAI 2020",
    weights=WeightsSource(
        file="PCSA.pth",
        published="github.com/guyuchao/PyramidCSA (Google Drive folder 1Xe2Eob173M6e6dcapThrOD0rmnuDA2MN, Baidu t781)",
        licence="CC BY-NC 3.0",
        build=build_network,
    ),
    input_size=(256, 448),
    mean=(0.0, 0.0, 0.0),  # see standardise_columns
    std=(1.0, 1.0, 1.0),
    resize="pil",
    window=5,
    output="probabilities",
    learning_rate=1e-5,  # a tenth of the training rate
)

# Statistics of DUTS-TR and MSRA10K, from the authors' file.
_MEAN = (0.47327, 0.44874, 0.39488)
_STD = (0.22675, 0.22012, 0.22383)


def standardise_columns(frames: Tensor) -> Tensor:
    """``[..., H, W]`` in [0, 1] with its first three pixel columns standardised, as the released weights expect.

    The authors meant the three colour channels; their transform indexes the last axis after the channels have moved
    to the front, so in training it met columns 0, 1 and 2 and left all others in [0, 1].
    """
    import torch

    mean, std = frames.new_tensor(_MEAN), frames.new_tensor(_STD)
    return torch.cat([(frames[..., :3] - mean) / std, frames[..., 3:]], -1)


def saliency(network: nn.Module, frames: Tensor, flow_images: Tensor | None = None) -> Tensor:
    """A clip ``[T, 3, h, w]``, or clips ``[B, T, 3, h, w]``, in [0, 1] to maps ``[B T, 1, h, w]`` in [0, 1]."""
    clips = standardise_columns(frames if frames.dim() == 5 else frames[None])
    maps: Tensor = network(clips)
    return maps


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """PCSA as ``pcsa``."""
    register("pcsa", released_network("pcsa", CARD, layout="clip", forward=saliency), CARD)
