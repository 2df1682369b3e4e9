"""The MQPM of Chen et al. (IEEE TIP 2021, Fig. 6) as a motion model: it reads flow images."""

from __future__ import annotations

import numpy as np
import torch

from vsodboost.data.cards import IMAGENET_MEAN, IMAGENET_STD
from vsodboost.data.types import FlowField, Maps, PerFrame
from vsodboost.networks.paper_mqpm import PaperMqpm
from vsodboost.ops.flow_image import flow_images
from vsodboost.ops.network_input import to_input


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
