"""Pseudo-labels from propagated labels: the seven channels, and the network that reads them (Yan et al., FGPLG, 2019,
Sec. 3.3)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from vsodboost.boosters.labels.propagation import Propagated
from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.types import Frames, Maps
from vsodboost.ops.network_input import to_input

CHANNELS = 7
Triple = tuple[float, float, float]


def seven_channels(frames: Frames, propagated: Propagated, mean: Triple, std: Triple, device: str = "cpu") -> Tensor:
    """I⁺ of Eq. 4, ``float32[T, 7, h, w]``: normalised frame, labels from left and right, lengths of both flows."""
    others = np.stack([propagated.left, propagated.right, propagated.length_left, propagated.length_right], axis=1)
    return torch.cat([to_input(frames, device, mean, std), torch.from_numpy(others).to(device)], dim=1)


class Generator:
    """A network of seven channels, fed as its card says."""

    def __init__(self, network: nn.Module, card: SpatialModelCard, device: str, batch: int = 4) -> None:
        self.network = network.eval().to(device)
        self.card, self.device, self.batch = card, device, batch

    def pseudo_labels(self, frames: Frames, propagated: Propagated) -> Maps:
        """Soft pseudo-labels ``float32[T, h, w]`` in [0, 1] of ``uint8[T, h, w, 3]`` frames (Eq. 4)."""
        maps = np.empty(frames.shape[:3], np.float32)
        with torch.inference_mode():
            for start in range(0, len(frames), self.batch):
                part = slice(start, min(start + self.batch, len(frames)))
                inputs = seven_channels(frames[part], propagated.take(part), self.card.mean, self.card.std, self.device)
                maps[part] = torch.sigmoid(self.network(inputs).float())[:, 0].cpu().numpy()
        return maps
