"""MQPM as MQP has it (Fig. 6): from the flow image, where motion is salient and whether it is of high quality."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from vsodboost.networks.localisation import LocalisationNetwork, resized


class MotionAndQuality(NamedTuple):
    """``logits [N, 1, h, w]`` of the motion saliency; ``high [N]`` logit of high motion quality."""

    logits: Tensor
    high: Tensor


class PaperMqpm(nn.Module):
    """Flow images ``[N, 3, h, w]`` (Middlebury colours, ImageNet norm) -> MotionAndQuality.

    The classification branch "only takes the last decoder layer as input": its mean, then one linear layer.
    """

    def __init__(self, width: int = 64, base: int = 64, side: int | None = 352) -> None:
        super().__init__()
        self.localisation = LocalisationNetwork(width, base, side)
        self.quality = nn.Linear(width, 1)

    def forward(self, flow_image: Tensor) -> MotionAndQuality:
        last = self.localisation.decoded(flow_image)
        logits = resized(self.localisation.head(last), flow_image.shape[-2:])
        return MotionAndQuality(logits, self.quality(last.mean((2, 3)))[:, 0])
