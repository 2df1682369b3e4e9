"""The released script's classifier: a whole ResNet-18, fine-tuned on the crops themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vsodboost.boosters.longterm.backbone import image_tensor, imagenet_network
from vsodboost.boosters.longterm.crops import decoded

EPOCHS = 20
BATCH = 32
RATE = 1e-3
MOMENTUM = 0.9
SIDE = 500


class CropClassifier:
    """ResNet-18 with two classes on crops in [0, 1] (no mean and deviation), cross-entropy, SGD, flips both ways.

    ``crops`` are all N proposals of a video as JPEG; ``weights`` the file of the ImageNet weights it starts from.
    """

    def __init__(
        self, crops: tuple[bytes, ...], weights: Path, *, seed: int = 0, device: str = "cpu", side: int = SIDE
    ) -> None:
        self._crops, self._device, self._side = crops, device, side
        self._rng = np.random.default_rng(seed)
        self._network = imagenet_network("resnet18", weights, classes=2).to(device)
        last = self._network.get_submodule("fc")
        with torch.no_grad():  # by our own generator, so that seeded runs agree
            for parameter in last.parameters():
                drawn = self._rng.uniform(-0.05, 0.05, tuple(parameter.shape)).astype(np.float32)
                parameter.copy_(torch.from_numpy(drawn))
        self._optimizer = torch.optim.SGD(self._network.parameters(), lr=RATE, momentum=MOMENTUM)

    def update(self, rows: NDArray[np.int64], salient: NDArray[np.bool_]) -> None:
        """Twenty epochs on the crops of ``rows`` int64[Q], labelled ``salient`` bool[Q]."""
        self._network.train()
        goal = torch.from_numpy(salient.astype(np.int64)).to(self._device)
        for _ in range(EPOCHS):
            order = self._rng.permutation(len(rows))
            for start in range(0, len(rows), BATCH):
                chosen = order[start : start + BATCH]
                if len(chosen) == 1 and len(order) > 1:
                    continue  # batch norm cannot learn from one
                values = self._batch(rows[chosen])
                for axis in (-1, -2):
                    turned = torch.from_numpy(self._rng.random(len(chosen)) < 0.5).to(values.device)
                    values = torch.where(turned[:, None, None, None], values.flip(axis), values)
                loss = F.cross_entropy(self._network(values), goal[chosen])
                self._optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                self._optimizer.step()
        self._network.eval()

    def probabilities(self) -> NDArray[np.float32]:
        """How likely each proposal is salient, ``float32[N]`` in [0, 1]."""
        parts = []
        with torch.inference_mode():
            for start in range(0, len(self._crops), BATCH):
                rows = np.arange(start, min(start + BATCH, len(self._crops)))
                parts.append(torch.softmax(self._network(self._batch(rows)), dim=1)[:, 1].cpu().numpy())
        return np.concatenate(parts).astype(np.float32)

    def _batch(self, rows: NDArray[np.int64]) -> Tensor:
        return image_tensor(np.stack([decoded(self._crops[i], self._side) for i in rows]), self._device)
