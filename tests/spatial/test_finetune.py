"""Fine-tuning: how many steps, by which rule, and that it learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_plans import bright_student, weights_of

from vsodboost.data.training_set import TrainingSet, TuneSettings
from vsodboost.spatial.finetune import tune


def training_set(count: int) -> TrainingSet:
    """Frames whose red half is to be found and whose green half is not."""
    frames = np.zeros((count, 8, 8, 3), np.uint8)
    frames[:, :, :4, 0] = 255
    frames[:, :, 4:, 1] = 255
    truth = np.zeros((count, 8, 8), np.float32)
    truth[:, :, :4] = 1
    empty = np.zeros((count, 8, 8), np.float32)
    return TrainingSet(frames, truth, np.ones(count, np.float32), np.zeros((count, 8, 8, 2), np.float32), empty)


@pytest.mark.parametrize(
    ("passes", "batch", "count", "steps"), [(8, 1, 5, 40), (8, 4, 5, 10), (None, 4, 5, 12), (1, 8, 2, 1)]
)
def test_passes_count_in_lessons(passes: float | None, batch: int, count: int, steps: int) -> None:
    settings = TuneSettings(steps=12, batch=batch, passes=passes, warmup=1)
    assert settings.steps_for(count) == steps
    assert len(tune(bright_student(), training_set(count), settings, seed=0)) == steps


def test_no_lessons_no_steps() -> None:
    student = bright_student()
    before = weights_of(student)
    assert tune(student, training_set(0), TuneSettings(passes=8), seed=0) == []
    assert (weights_of(student) == before).all()


def test_one_step_of_sgd_with_the_euclidean_loss_by_hand() -> None:
    # One white pixel, weights 2 each, bias 0: white is 1 after normalisation, so z = 6 and p = σ(6). With truth 0 the
    # loss is p²/2, dL/dz = p · p(1 - p), the same for bias and weights; weight decay adds 5e-4 · 2 to each weight.
    student = bright_student()
    one = TrainingSet(
        np.full((1, 1, 1, 3), 255, np.uint8), np.zeros((1, 1, 1), np.float32), np.ones(1, np.float32),
        np.zeros((1, 1, 1, 2), np.float32), np.zeros((1, 1, 1), np.float32),
    )  # fmt: skip
    settings = TuneSettings(steps=1, batch=1, rate=0.5, optimizer="sgd", loss="euclidean")
    (loss,) = tune(student, one, settings, seed=0)
    p = 1 / (1 + np.exp(-6))
    slope = p * p * (1 - p)
    assert loss == pytest.approx(p * p / 2, rel=1e-5)
    weights = weights_of(student)
    assert weights[:3].numpy() == pytest.approx(2 - 0.5 * (slope + 5e-4 * 2), rel=1e-5)
    assert weights[3].item() == pytest.approx(-0.5 * slope, rel=1e-4)


@pytest.mark.parametrize(
    "settings", [TuneSettings(), TuneSettings(optimizer="sgd", loss="euclidean", rate=0.05, batch=1)]
)
def test_it_learns_and_is_repeatable(settings: TuneSettings) -> None:
    runs = []
    for _ in range(2):
        student = bright_student()
        losses = tune(student, training_set(4), settings, seed=3)
        runs.append(weights_of(student))
    assert losses[-1] < 0.7 * losses[0]
    assert torch.equal(*runs)
