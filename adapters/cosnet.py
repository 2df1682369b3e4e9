"""COSNet, an unsupervised video object segmentation model: Lu et al., "See More, Know More: Unsupervised Video Object
Segmentation with Co-Attention Siamese Networks", CVPR 2019. Loads the authors' checkpoint.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vsodboost.data.cards import TargetCard, WeightsSource
from vsodboost.data.errors import a_type
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request, Target
from vsodboost.targets.released import released_network

if TYPE_CHECKING:
    from torch import Tensor, nn

    from .networks.cosnet import COSNet


def build_network(variant: str = "cosnet") -> COSNet:
    """The network with the released keys, untrained; there is one variant."""
    from .networks import cosnet

    return cosnet.build_network(variant)


REFERENCES = 5
"""Frames that each frame is compared with; their maps are averaged."""

CARD = TargetCard(
    summary="COSNet: each frame in the light of five others of its video",
    licence="no licence given by the authors: all rights reserved",
    paper="Lu et al., See More, Know More: Unsupervised Video Object Segmentation with Co-Attention Siamese Networks, "
    "CVPR 2019",
    weights=WeightsSource(
        file="co_attention.pth",
        published="github.com/carrierlxk/COSNet (Google Drive 14ya3ZkneeHsegCgDrvkuFtGoAfVRgErz, Baidu xwup)",
        licence="no licence given by the authors: all rights reserved",
        build=build_network,
    ),
    input_size=(473, 473),
    mean=(122.67892 / 255, 116.66877 / 255, 104.00699 / 255),
    std=(1 / 255, 1 / 255, 1 / 255),
    resize="pil",
    output="probabilities",
    batch=100,  # references are drawn from the frames that come together
)


def co_saliency(network: nn.Module, frames: Tensor, flow_images: Tensor | None = None, *, seed: int = 0) -> Tensor:
    """Frames of one video, RGB ``[N, 3, h, w]`` in 0-255 minus the mean, to maps ``[N, 1, h, w]`` in [0, 1].

    Every frame meets five others (all, where there are fewer) drawn among the N. The authors draw anew in every run;
    here the draw follows from ``seed``. Each frame is encoded once rather than six times, which changes no number.
    """
    from random import Random

    import torch

    from .layers.resize import resize
    from .networks.cosnet import COSNet, attend

    if not isinstance(network, COSNet):
        raise TypeError(f"co_saliency runs a COSNet, not {a_type(network)}")
    count, size = len(frames), frames.shape[-2:]
    features = torch.cat([network.encoder(frame.flip(1))[0] for frame in torch.split(frames, 1)])  # BGR goes in
    random, maps = Random(seed), []
    for i, target in enumerate(torch.split(features, 1)):
        found = torch.zeros_like(frames[i : i + 1, :1])
        references = random.sample(range(count), min(REFERENCES, count))
        for reference in references:
            other = features[reference : reference + 1]
            attended = attend(other, network.affinity(target, other).transpose(1, 2))
            logits = network.decode_target(target, attended)
            found += torch.sigmoid(resize(logits, size, align_corners=False))
        maps.append(found / len(references))
    return torch.cat(maps)


def _target(request: Request) -> Target:
    return released_network("cosnet", CARD, forward=partial(co_saliency, seed=request.seed))(request)


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """COSNet as ``cosnet``."""
    register("cosnet", _target, CARD)
