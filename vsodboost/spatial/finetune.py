"""Fine-tuning the student on mined frames: seconds, not minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn import functional as F

from vsodboost.data.types import FlowField, Frames, Maps, PerFrame
from vsodboost.ops.resize import TAUGHT_PIXELS
from vsodboost.spatial.losses import euclidean_loss, structure_loss
from vsodboost.spatial.student import Student, clue_tensor


@dataclass(frozen=True)
class TrainingSet:
    """Mined frames: ``frames uint8[K,h,w,3]``, ``pseudo_truth float32[K,h,w]``, ``weights float32[K]``, and what the
    student may read beside the frame: object ``motion float32[K,h,w,2]`` px and ``target`` maps float32[K,h,w]."""

    frames: Frames
    pseudo_truth: Maps
    weights: PerFrame
    motion: FlowField
    target: Maps

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class TuneSettings:
    """``steps`` of ``batch`` frames at ``rate`` (None: the card's); ``clue_share`` of the batches also show clues.

    ``passes`` replaces the steps by that many times the number of training_set. ``optimizer`` "adamw" warms up and cools
    down and mirrors at random (``mirror``); "sgd" (momentum .95, weight decay 5e-4) keeps its rate and shows frames as
    they are: paper 002; "adam" keeps its rate and clips no gradient: paper 001.
    """

    steps: int = 40
    batch: int = 4
    rate: float | None = None
    clue_share: float = 0.75
    warmup: int = 4
    passes: float | None = None
    pixels: int | None = TAUGHT_PIXELS
    """Pixels of a frame the student is taught with, at most (None: as many as the scene has)."""
    optimizer: Literal["adamw", "sgd", "adam"] = "adamw"
    loss: Literal["structure", "euclidean", "cross-entropy", "cross-entropy-sum"] = "structure"
    """The cross entropies, mean or sum over pixels and frames, take all frames as equal."""
    mirror: bool = True
    clamp: float | None = None
    """Largest size of any element of a gradient."""
    every_output: bool = False
    """Teach every output of a network that has several, and add their losses; else the final map alone."""
    keep_moments: bool = False
    """Go on with the optimiser of the last tuning, unless the student was reset since."""

    def steps_for(self, training_set: int) -> int:
        """Steps to learn that many training_set."""
        return self.steps if self.passes is None else max(1, round(self.passes * training_set / self.batch))


def tune(student: Student, training_set: TrainingSet, settings: TuneSettings, seed: int) -> list[float]:
    """Fine-tune ``student`` in place (batch norm frozen, gradients clipped); returns the loss of each step.

    The pseudo ground truth is soft; a frame counts by its weight. Seeded runs on the CPU are bit-identical.
    """
    if len(training_set) == 0:
        return []
    rng = np.random.default_rng([seed, len(training_set)])
    rate = settings.rate or student.card.learning_rate
    steps, scheduled = settings.steps_for(len(training_set)), settings.optimizer == "adamw"
    optimizer = _optimizer(student, settings, rate)
    samples = student.samples(training_set.frames)
    truth = torch.from_numpy(training_set.pseudo_truth).to(student.device)[:, None]
    weights = torch.from_numpy(training_set.weights).to(student.device)
    size = (int(truth.shape[2]), int(truth.shape[3]))
    order = np.zeros(0, np.int64)
    losses = []
    for step in range(steps):
        while len(order) < settings.batch:
            order = np.concatenate([order, rng.permutation(len(training_set))])
        chosen, order = order[: settings.batch], order[settings.batch :]
        clues = _clues(student, training_set, chosen, size, rng, settings.clue_share)
        mirrored = rng.random() < 0.5 and settings.mirror and settings.optimizer != "sgd"
        picked = [samples[i] for i in chosen]
        goal = truth[chosen]
        if mirrored:
            picked = [tuple(part.flip(-1) for part in sample) for sample in picked]
            goal = goal.flip(-1)
            if clues is not None:
                clues = clues.flip(-1)
                clues[:, 0] *= -1  # a mirror turns dx round
        for group in optimizer.param_groups:
            group["lr"] = rate * _share(step, steps, settings.warmup) if scheduled else rate
        outputs = student.supervised(picked) if settings.every_output else (student.logits(picked, clues),)
        loss = torch.stack([_loss(logits.float(), goal, weights[chosen], settings) for logits in outputs]).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if settings.clamp is not None:
            torch.nn.utils.clip_grad_value_(student.parameters(), settings.clamp)
        elif settings.optimizer != "adam":
            torch.nn.utils.clip_grad_norm_(student.parameters(), 5.0)
        optimizer.step()
        losses.append(float(loss.detach()))
    student.moments = optimizer.state_dict() if settings.keep_moments else None
    return losses


def _loss(logits: Tensor, goal: Tensor, weights: Tensor, settings: TuneSettings) -> Tensor:
    if settings.loss == "structure":
        return structure_loss(logits, goal, weights)
    if settings.loss == "euclidean":
        return euclidean_loss(torch.sigmoid(logits), goal)
    return F.binary_cross_entropy_with_logits(
        logits, goal, reduction="mean" if settings.loss == "cross-entropy" else "sum"
    )


def _optimizer(student: Student, settings: TuneSettings, rate: float) -> torch.optim.Optimizer:
    if settings.optimizer == "adam":
        adam = torch.optim.Adam(student.parameters(), lr=rate)
        if settings.keep_moments and student.moments is not None:
            adam.load_state_dict(student.moments)
        return adam
    if settings.optimizer == "sgd":
        return torch.optim.SGD(student.parameters(), lr=rate, momentum=0.95, weight_decay=5e-4)
    return torch.optim.AdamW(student.parameters(), lr=rate, weight_decay=student.card.weight_decay)


def _share(step: int, steps: int, warmup: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + float(np.cos(np.pi * (step - warmup) / max(1, steps - warmup))))


def _clues(
    student: Student, training_set: TrainingSet, chosen: np.ndarray, size: tuple[int, int], rng: Generator, share: float
) -> Tensor | None:
    if not student.reads_clues or rng.random() >= share:
        return None
    with_map = rng.random() < 0.5
    return clue_tensor(
        size,
        len(chosen),
        training_set.motion[chosen],
        training_set.target[chosen] if with_map else None,
        student.device,
    )
