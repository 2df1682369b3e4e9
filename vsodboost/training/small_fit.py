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
    fits: int = 1,
) -> M:
    """Return a model of ``kind`` that gives ``answers`` float32[N] for ``figures`` float32[N, K], fitted with full
    batches by AdamW; a row counts by ``counts`` float32[N]. ``loss`` takes log odds and answers, a number a row. The
    mean of so many ``fits``, of ``hidden`` units and a beginning each, is one model of all their units."""
    mean, scale = figures.mean(axis=0), figures.std(axis=0) + 1e-3
    x, y, weight = as_tensor((figures - mean) / scale), as_tensor(answers), as_tensor(counts / counts.mean())
    found = [_fitted(x, y, weight, loss, hidden, decay, steps, seed + number) for number in range(max(1, fits))]
    into, biases, out, bias = (np.stack(arrays) for arrays in zip(*found, strict=True))
    return kind(
        mean,
        scale,
        np.concatenate(into, axis=1),
        biases.ravel(),
        np.asarray(out / len(found), np.float32).ravel(),
        float(bias.mean()),
    )


def _fitted(
    x: Tensor,
    y: Tensor,
    weight: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor],
    hidden: int,
    decay: float,
    steps: int,
    seed: int,
) -> list[NDArray[np.float32]]:
    """Return one fit's weights into the hidden units [K, H] and their biases [H], and out of them [H], [1]."""
    torch.manual_seed(seed)
    first, last = nn.Linear(x.shape[1], hidden), nn.Linear(hidden, 1)
    network = nn.Sequential(first, nn.Tanh(), last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=decay)
    for _ in range(steps):
        mean_loss = (weight * loss(network(x)[:, 0], y)).mean()
        optimizer.zero_grad()
        mean_loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return [p.detach().numpy() for p in (first.weight.T, first.bias, last.weight[0], last.bias)]
