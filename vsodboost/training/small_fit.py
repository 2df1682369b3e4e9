"""Fitting the small models of the decision: trust and the evidence of regions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vsodboost.decision.small_model import SmallModel
from vsodboost.ops.tensors import as_tensor

M = TypeVar("M", bound=SmallModel)
RATE = 1e-2


def fit_small(
    kind: type[M],
    figures: NDArray[np.float32],
    answers: NDArray[np.float32],
    counts: NDArray[np.float32],
    loss: Callable[[Tensor, Tensor], Tensor],
    *,
    hidden: int,
    decay: float,
    steps: int,
    seed: int,
) -> M:
    """Return a model of ``kind`` that gives ``answers`` float32[N] for ``figures`` float32[N, K], fitted with full
    batches by AdamW; a row counts by ``counts`` float32[N]. ``loss`` takes log odds and answers, a number a row."""
    torch.manual_seed(seed)
    mean, scale = figures.mean(axis=0), figures.std(axis=0) + 1e-3
    x, y, weight = as_tensor((figures - mean) / scale), as_tensor(answers), as_tensor(counts / counts.mean())
    first, last = nn.Linear(figures.shape[1], hidden), nn.Linear(hidden, 1)
    network = nn.Sequential(first, nn.Tanh(), last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=decay)
    for _ in range(steps):
        mean_loss = (weight * loss(network(x)[:, 0], y)).mean()
        optimizer.zero_grad()
        mean_loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    arrays = [p.detach().numpy() for p in (first.weight.T, first.bias, last.weight[0], last.bias)]
    return kind(mean, scale, arrays[0], arrays[1], arrays[2], float(arrays[3][0]))
