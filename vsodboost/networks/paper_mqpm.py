"""MQPM as paper 001 has it (Fig. 6): from the flow image, where motion is salient and whether it is of high quality."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from vsodboost.data.cards import IMAGENET_MEAN, IMAGENET_STD
from vsodboost.data.types import FlowField, Maps, PerFrame
from vsodboost.networks.localisation import LocalisationNetwork, resized
from vsodboost.ops.flow_image import flow_images
from vsodboost.ops.resize import to_input


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


class PaperMotion:
    """The trained MQPM of the paper as a motion model; it reads the flow itself, camera and all."""

    def __init__(self, network: PaperMqpm, device: str = "cpu", batch: int = 4) -> None:
        self.network = network.eval().to(device)
        self.device, self.batch = device, batch

    def predict_flow(self, flow: FlowField) -> tuple[Maps, PerFrame]:
        """Motion saliency ``float32[T, h, w]`` and the probability of high quality ``float32[T]``, both in [0, 1], of
        flow ``float32[T, h, w, 2]`` px; a frame is of high quality from .5 on."""
        maps = np.zeros(flow.shape[:3], np.float32)
        quality = np.zeros(len(flow), np.float32)
        with torch.inference_mode():
            for start in range(0, len(flow), self.batch):
                part = slice(start, start + self.batch)
                images = to_input(flow_images(flow[part]), self.device, IMAGENET_MEAN, IMAGENET_STD)
                out = self.network(images)
                maps[part] = torch.sigmoid(out.logits.float())[:, 0].cpu().numpy()
                quality[part] = torch.sigmoid(out.high.float()).cpu().numpy()
        return maps, quality
