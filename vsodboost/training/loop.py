"""The training loop: resumable, seeded, with an averaged copy of the weights, on CPU or GPU."""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.io.atomic import atomic_path

Batch = dict[str, Tensor]


@dataclass
class Schedule:
    """How long and how fast: ``steps`` in all, ``warmup`` of them rising, then a cosine to zero."""

    steps: int
    warmup: int = 50

    def factor(self, step: int) -> float:
        """Share of the peak learning rate at a step, in [0, 1]."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        return 0.5 * (1 + math.cos(math.pi * (step - self.warmup) / max(1, self.steps - self.warmup)))


@dataclass
class Loop:
    """Trains ``network`` on what ``batch(step)`` returns; ``loss(network, batch)`` gives the scalar to descend.

    ``batch`` must depend on the step alone, so that a resumed run sees what an uninterrupted one would have seen, and
    so that ``workers`` processes (0: a thread of this one) may make batches ahead in any order.
    A checkpoint with everything is written to ``folder`` every ``every`` steps; ``average`` is the decay of the
    averaged weights, which is what is kept in the end.
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    batch: Callable[[int], Batch]
    loss: Callable[[nn.Module, Batch], Tensor]
    folder: Path
    say: Callable[[str], None]
    device: str = "cpu"
    average: float = 0.995
    every: int = 200
    workers: int = 0
    clip: float = 5.0
    at: Callable[[int, nn.Module], None] | None = None
    averaged: dict[str, Tensor] = field(init=False)
    step: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.network.to(self.device)
        self.averaged = {k: v.detach().clone() for k, v in self.network.state_dict().items()}
        self._peaks = [group["lr"] for group in self.optimizer.param_groups]

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def resume(self) -> bool:
        """Go on from the checkpoint in ``folder``; False when there is none. Raises WeightsError when it is damaged."""
        if not self.checkpoint.exists():
            return False
        try:
            state: dict[str, Any] = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.averaged, self.step = state["averaged"], int(state["step"])
        except Exception as error:
            kind = type(error).__name__
            raise WeightsError(
                f"cannot resume from {self.checkpoint}: damaged or of another network ({kind}); delete it to start over"
            ) from error
        self.say(f"resumed at step {self.step}")
        return True

    def save(self) -> None:
        """Write the checkpoint, atomically."""
        with atomic_path(self.checkpoint) as temporary:
            torch.save(
                {
                    "network": self.network.state_dict(),
                    "optimizer": self.optimizer.state_dict(),
                    "averaged": self.averaged,
                    "step": self.step,
                },
                temporary,
            )

    def run(self) -> dict[str, Tensor]:
        """Train to the end of the schedule; returns the averaged weights."""
        started, since = time.perf_counter(), self.step
        total = torch.zeros((), device=self.device)
        mixed = torch.autocast("cuda", torch.bfloat16) if self.device.startswith("cuda") else nullcontext()
        for made in self._batches():
            values = {k: v.to(self.device, non_blocking=True) for k, v in made.items()}
            factor = self.schedule.factor(self.step)
            for group, peak in zip(self.optimizer.param_groups, self._peaks, strict=True):
                group["lr"] = peak * factor
            with mixed:
                loss = self.loss(self.network, values)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
            self.optimizer.step()
            self._average()
            self.step += 1
            total += loss.detach()
            if self.step % 50 == 0:
                speed = (time.perf_counter() - started) / (self.step - since)
                self.say(f"step {self.step}/{self.schedule.steps} loss {float(total) / 50:.4f} {speed:.2f} s/step")
                total.zero_()
            if self.step % self.every == 0:
                self.save()
            if self.at is not None:
                self.at(self.step, self.network)
        self.save()
        return self.averaged

    def _batches(self) -> Iterator[Batch]:
        """The batches of all steps to come, the next of which is made while one is in use."""
        if self.workers:
            if "fork" not in multiprocessing.get_all_start_methods():
                raise UsageError("--workers needs processes that fork, which this system has not; leave it out")
            threads = cv2.getNumThreads()
            cv2.setNumThreads(1)  # here: in a forked process OpenCV would wait for threads that it has not
            try:
                yield from DataLoader(
                    _Steps(self.batch, self.schedule.steps),
                    batch_size=None,
                    sampler=range(self.step, self.schedule.steps),
                    num_workers=self.workers,
                    multiprocessing_context="fork",
                    pin_memory=self.device.startswith("cuda"),
                )
            finally:
                cv2.setNumThreads(threads)
            return
        if self.step >= self.schedule.steps:
            return
        with ThreadPoolExecutor(1) as reader:
            upcoming = reader.submit(self.batch, self.step)
            for step in range(self.step + 1, self.schedule.steps):
                made, upcoming = upcoming.result(), reader.submit(self.batch, step)
                yield made
            yield upcoming.result()

    def _average(self) -> None:
        decay = min(self.average, (1 + self.step) / (10 + self.step))
        now = self.network.state_dict()
        real = [key for key, value in now.items() if value.dtype.is_floating_point]
        with torch.no_grad():
            torch._foreach_lerp_([self.averaged[key] for key in real], [now[key] for key in real], 1 - decay)
            for key in now.keys() - set(real):
                self.averaged[key].copy_(now[key])


class _Steps(Dataset[Batch]):
    """The batches by step, for processes that make them."""

    def __init__(self, batch: Callable[[int], Batch], count: int) -> None:
        self.batch, self.count = batch, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, step: int) -> Batch:
        return self.batch(step)


def freeze_batch_norm(module: nn.Module) -> None:
    """Keep every batch norm below ``module`` at its running statistics (batches are too small to renew them)."""
    for child in module.modules():
        if isinstance(child, nn.BatchNorm2d):
            child.eval()
