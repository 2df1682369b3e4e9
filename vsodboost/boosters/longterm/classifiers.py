"""Is this proposal salient? Two classifiers that are trained on the spot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.boosters.longterm.features import decoded, image_tensor, imagenet_network

EPOCHS = 20  # of both, Sec. V-B
HIDDEN = 64
BATCH = 32
MOST_STEPS = 64
"""Steps an epoch at most; a video with more proposals is learned from in larger batches."""
RATE = 1e-3


class FeatureClassifier:
    """Two fully connected layers on the features of all N proposals of a video.

    ``features`` is ``float32[N, D]``; ``mirrored``, of the same shape, are those of the mirrored frames: where they are
    given, each sample of a batch is one or the other at random (the paper's horizontal flips).
    """

    def __init__(
        self,
        features: NDArray[np.float32],
        mirrored: NDArray[np.float32] | None = None,
        *,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        mean = features.mean(axis=0)
        scale = np.maximum(features.std(axis=0), 1e-6)

        def standard(values: NDArray[np.float32]) -> Tensor:
            return torch.from_numpy(((values - mean) / scale).astype(np.float32)).to(device)

        self._features = standard(features)
        self._mirrored = None if mirrored is None else standard(mirrored)
        self._rng = np.random.default_rng(seed)
        width = features.shape[1]
        self._network = nn.Sequential(self._layer(width, HIDDEN), nn.ReLU(), self._layer(HIDDEN, 1)).to(device)
        self._optimizer = torch.optim.Adam(self._network.parameters(), lr=RATE)

    def _layer(self, inputs: int, outputs: int) -> nn.Linear:
        """A layer drawn by our own generator: torch's global one stays as it was."""
        layer = nn.utils.skip_init(nn.Linear, inputs, outputs)  # type: ignore[no-untyped-call]
        assert isinstance(layer, nn.Linear)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(self._rng.uniform(-1, 1, layer.weight.shape) * inputs**-0.5))
            layer.bias.zero_()
        return layer

    def update(self, rows: NDArray[np.int64], salient: NDArray[np.bool_]) -> None:
        """Twenty epochs of Eq. 9 on ``rows`` int64[Q] labelled ``salient`` bool[Q], on from the last update."""
        goal = torch.from_numpy(salient.astype(np.float32)).to(self._features.device)
        batch = max(BATCH, -(-len(rows) // MOST_STEPS))
        for _ in range(EPOCHS):
            order = self._rng.permutation(len(rows))
            for start in range(0, len(rows), batch):
                chosen = order[start : start + batch]
                loss = F.binary_cross_entropy_with_logits(self._network(self._inputs(rows[chosen]))[:, 0], goal[chosen])
                self._optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                self._optimizer.step()

    def probabilities(self) -> NDArray[np.float32]:
        """How likely each proposal is salient, ``float32[N]`` in [0, 1]."""
        with torch.inference_mode():
            return np.asarray(torch.sigmoid(self._network(self._features))[:, 0].cpu().numpy())

    def _inputs(self, rows: NDArray[np.int64]) -> Tensor:
        inputs = self._features[rows]
        if self._mirrored is None:
            return inputs
        turned = torch.from_numpy(self._rng.random(len(rows)) < 0.5).to(inputs.device)
        return torch.where(turned[:, None], self._mirrored[rows], inputs)


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
