"""Learning rates that fall in drops, as the papers' do, and a loop set up for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from vsodboost.io.atomic import atomic_path
from vsodboost.training.loop import Batch, Loop, Schedule
from vsodboost.training.recipe import TrainingRequest


@dataclass
class Drops(Schedule):
    """The full rate from the first step; multiplied by ``by`` at each of ``drops`` (steps)."""

    drops: tuple[int, ...] = ()
    by: float = 0.1

    def factor(self, step: int) -> float:
        """Share of the initial learning rate at a step."""
        return float(self.by ** sum(step >= drop for drop in self.drops))


def run(
    request: TrainingRequest,
    stage: str,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: Schedule,
    *,
    batch: Callable[[int], Batch],
    loss: Callable[[nn.Module, Batch], Tensor],
) -> Path:
    """Train to the end and write ``stage.safetensors`` in the request's folder; checkpoints are in ``folder/stage``.

    The papers keep the last weights and cut no norms, so neither does this.
    """
    loop = Loop(
        network, optimizer, schedule, batch, loss, request.folder / stage, request.say, request.device,
        average=0.0, clip=float("inf"), workers=request.workers,
    )  # fmt: skip
    if request.resume:
        loop.resume()
    weights = loop.run()
    network.load_state_dict(weights)
    path = request.folder / f"{stage}.safetensors"
    with atomic_path(path) as temporary:
        save_file({name: value.detach().cpu().contiguous() for name, value in weights.items()}, temporary)
    request.say(f"wrote {path}; next: vsodboost weights add {stage} {path}")
    return path
