"""Fine-tuning the student on mined frames: seconds, not minutes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vsodboost.data.errors import PluginError
from vsodboost.data.training_set import TrainingSet, TuneSettings
from vsodboost.ops.tensors import as_tensor
from vsodboost.registry import watch
from vsodboost.registry.checks import checked_logits
from vsodboost.registry.guard import guarded
from vsodboost.spatial.losses import euclidean_loss, structure_loss
from vsodboost.spatial.student import FrameCache, Student, guidance_channels


def tune(student: Student, training_set: TrainingSet, settings: TuneSettings, seed: int) -> list[float]:
    """Fine-tune ``student`` in place (batch norm frozen, gradients clipped); return the loss of each step.

    The pseudo ground truth is soft; a frame counts by its weight. Seeded runs on the CPU are bit-identical.

    Raises:
        PluginError: the network failed, returned something else than logits, or its loss is no number any more.
    """
    if len(training_set) == 0:
        return []
    rng = np.random.default_rng([seed, len(training_set)])
    rate = settings.rate or student.card.learning_rate
    steps, scheduled = settings.steps_for(len(training_set)), settings.optimizer == "adamw"
    with torch.enable_grad(), guarded(student.name, "while it was tuned"):
        optimizer = _optimizer(student, settings, rate)
        samples = student.samples(training_set.frames)
        truth = as_tensor(training_set.pseudo_truth).to(student.device)[:, None]
        weights = as_tensor(training_set.weights).to(student.device)
        losses = []
        batches = _clips if student.card.window > 1 else _batches
        for step, chosen in enumerate(batches(len(training_set), settings.batch, steps, rng)):
            batch = _batch(student, training_set, samples, truth, weights, chosen, settings, rng)
            for group in optimizer.param_groups:
                group["lr"] = rate * _schedule(step, steps, settings.warmup) if scheduled else rate
            optimizer.zero_grad(set_to_none=True)
            losses.append(sum(_learn(student, *part, settings) for part in batch.parts(_at_once(student, settings))))
            if settings.clamp is not None:
                torch.nn.utils.clip_grad_value_(student.parameters(), settings.clamp)
            elif settings.optimizer != "adam":
                torch.nn.utils.clip_grad_norm_(student.parameters(), 5.0)
            optimizer.step()
            watch.reaches((step + 1) / steps)
            if not np.isfinite(losses[-1]):
                raise PluginError(f"{student.name}: its loss is no number after {step + 1} steps at rate {rate:g}")
        student.moments = optimizer.state_dict() if settings.keep_moments else None
    return losses


@dataclass(frozen=True)
class _Batch:
    """What one step learns from: samples, their pseudo truth ``[N, 1, h, w]``, guidance and weights ``[N]``."""

    samples: list[tuple[Tensor, ...]]
    truth: Tensor
    guidance: Tensor | None
    weights: Tensor

    def parts(self, size: int | None) -> Iterator[tuple[_Batch, float]]:
        """Yield parts of so many frames (None: everything), each with its share of the weight."""
        size = size or len(self.samples)
        for start in range(0, len(self.samples), size):
            rows = slice(start, start + size)
            guidance = None if self.guidance is None else self.guidance[rows]
            part = _Batch(self.samples[rows], self.truth[rows], guidance, self.weights[rows])
            yield part, float(part.weights.sum() / self.weights.sum().clamp(min=1e-6))


def _at_once(student: Student, settings: TuneSettings) -> int | None:
    """Return how many frames of a batch are held at once (None: all): one on a CPU, where more are no faster and take
    more memory, if frame by frame surely gives the same gradient."""
    alone = isinstance(student.network, FrameCache) and settings.loss == "structure"
    return 1 if alone and student.device == "cpu" else None


def _learn(student: Student, batch: _Batch, share: float, settings: TuneSettings) -> float:
    """Add the gradient of a part of a batch that is such a ``share`` of it; return its part of the loss."""
    size, truth = (len(batch.samples), *batch.truth.shape[-2:]), batch.truth
    made = (
        student.supervised(batch.samples) if settings.every_output else (student.logits(batch.samples, batch.guidance),)
    )
    outputs = [checked_logits(logits, size, student.name).float() for logits in made]
    loss = share * torch.stack([_loss(logits, truth, batch.weights, settings) for logits in outputs]).sum()
    loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach())


def _batches(count: int, size: int, steps: int, rng: Generator) -> Iterator[NDArray[np.int64]]:
    """Yield ``steps`` batches of indices, each frame once before any comes again."""
    order = np.zeros(0, np.int64)
    for _ in range(steps):
        while len(order) < size:
            order = np.concatenate([order, rng.permutation(count)])
        chosen, order = order[:size], order[size:]
        yield chosen


def _clips(count: int, size: int, steps: int, rng: Generator) -> Iterator[NDArray[np.int64]]:
    """Yield ``steps`` runs of ``size`` consecutive indices for a network that reads clips, in random order, each once
    before any comes again; they overlap by one (Yan et al.'s released training). Half of them run backwards."""
    size = min(size, count)
    starts = np.minimum(np.arange(0, max(1, count - 1), max(1, size - 1)), count - size)
    order = np.zeros(0, np.int64)
    for _ in range(steps):
        if len(order) == 0:
            order = rng.permutation(starts)
        clip = np.arange(order[0], order[0] + size)
        yield clip[::-1].copy() if rng.random() < 0.5 else clip
        order = order[1:]


def _batch(
    student: Student,
    training_set: TrainingSet,
    samples: list[tuple[Tensor, ...]],
    truth: Tensor,
    weights: Tensor,
    chosen: NDArray[np.int64],
    settings: TuneSettings,
    rng: Generator,
) -> _Batch:
    """Return the batch of the ``chosen`` frames, mirrored now and then."""
    size = (int(truth.shape[2]), int(truth.shape[3]))
    guidance = _guidance(student, training_set, chosen, size, rng, settings.guided_batches)
    mirrored = rng.random() < 0.5 and settings.mirror and settings.optimizer != "sgd"
    picked, goal = [samples[i] for i in chosen], truth[chosen]
    if not mirrored:
        return _Batch(picked, goal, guidance, weights[chosen])
    if guidance is not None:
        guidance = guidance.flip(-1)
        guidance[:, 0] *= -1  # a mirror turns dx round
    picked = [tuple(part.flip(-1) for part in sample) for sample in picked]
    return _Batch(picked, goal.flip(-1), guidance, weights[chosen])


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


def _schedule(step: int, steps: int, warmup: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + float(np.cos(np.pi * (step - warmup) / max(1, steps - warmup))))


def _guidance(
    student: Student,
    training_set: TrainingSet,
    chosen: NDArray[np.int64],
    size: tuple[int, int],
    rng: Generator,
    guided_batches: float,
) -> Tensor | None:
    if not student.card.guidance or rng.random() >= guided_batches:
        return None
    with_map = rng.random() < 0.5
    return guidance_channels(
        size,
        len(chosen),
        training_set.motion[chosen],
        training_set.target[chosen] if with_map else None,
        student.device,
    )
