"""The binary classifier on frozen features: "multilayer fully connected layers" (Eq. 9 of paper 000)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

EPOCHS = 20  # paper 000, Sec. V-B
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
