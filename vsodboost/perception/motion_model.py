"""Motion saliency and motion quality of object motion: the trained MQPM, or the untrained camera residual."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vsodboost.data.types import FlowField, Maps, PerFrame
from vsodboost.ops.motion_image import camera_residual_saliency, motion_image

if TYPE_CHECKING:
    from vsodboost.networks.mqpm import MotionQualityNetwork


class CameraResidual:
    """The untrained model: length of the residual motion; quality is how clearly the map is bright here and dark
    there."""

    def predict(self, motion: FlowField) -> tuple[Maps, PerFrame]:
        """Maps and quality; quality is 1 - the share of undecided pixels (between .2 and .8), less for huge areas."""
        maps = camera_residual_saliency(motion)
        undecided = ((maps > 0.2) & (maps < 0.8)).mean(axis=(1, 2))
        area = (maps > 0.5).mean(axis=(1, 2))
        quality = (1 - undecided) * np.clip((0.6 - area) / 0.4, 0, 1) * (area > 0)
        return maps, quality.astype(np.float32)


class TrainedMotion:
    """The light MQPM (``networks.mqpm``); quality is its estimate of the motion quality score (Eq. 1)."""

    def __init__(self, network: MotionQualityNetwork, device: str = "cpu", batch: int = 16) -> None:
        from vsodboost.networks.graph_runtime import GRAPH_BATCH, RuntimeCache, available

        self.network = network.eval().to(device)
        self.device, self.batch = device, batch
        self._runtimes = RuntimeCache(self.network) if device == "cpu" and available() else None
        if self._runtimes is not None:
            self.batch = min(batch, GRAPH_BATCH)

    def predict(self, motion: FlowField) -> tuple[Maps, PerFrame]:
        """Maps and quality of motion whose sides are multiples of 32."""
        import torch

        maps = np.zeros(motion.shape[:3], np.float32)
        quality = np.zeros(len(motion), np.float32)
        with torch.inference_mode():
            graph = None if self._runtimes is None else self._runtimes.of("mqpm")
            for start in range(0, len(motion), self.batch):
                part = slice(start, start + self.batch)
                image = motion_image(motion[part])
                if graph is not None:
                    found, quality[part] = graph(image)
                    maps[part] = found[:, 0]
                    continue
                out = self.network(torch.from_numpy(image).to(self.device))
                maps[part] = torch.sigmoid(out.logits)[:, 0].cpu().numpy()
                quality[part] = torch.sigmoid(out.score).cpu().numpy()
        return maps, quality
