"""Fine-tuning as MQP and its code have it: Adam, cross entropies, clamped gradients, moments that live on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_plans import BrightNetwork, bright_student, weights_of
from torch import Tensor
from torch.nn import functional as F

from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.training_set import TrainingSet, TuneSettings
from vsodboost.spatial.finetune import tune
from vsodboost.spatial.student import Student

SETTINGS = TuneSettings(steps=1, batch=2, rate=0.01, optimizer="adam", loss="cross-entropy", mirror=False)


def training_set(count: int = 2) -> TrainingSet:
    rng = np.random.default_rng(0)
    shape = (count, 8, 12)
    return TrainingSet(
        frames=rng.integers(0, 255, (*shape, 3), np.uint8),
        pseudo_truth=rng.random(shape).astype(np.float32),
        weights=np.linspace(0.1, 3, count).astype(np.float32),
        motion=np.zeros((*shape, 2), np.float32),
        target=np.zeros(shape, np.float32),
    )


def expected_loss(student: Student, given: TrainingSet, reduction: str) -> float:
    samples = student.samples(given.frames)
    logits = student.logits(samples)
    truth = torch.from_numpy(given.pseudo_truth)[:, None]
    return float(F.binary_cross_entropy_with_logits(logits, truth, reduction=reduction).detach())


@pytest.mark.parametrize(("name", "reduction"), [("cross-entropy", "mean"), ("cross-entropy-sum", "sum")])
def test_the_cross_entropies(name: str, reduction: str) -> None:
    student = bright_student()
    expected = expected_loss(student, training_set(), reduction)
    assert tune(student, training_set(), replace(SETTINGS, loss=name), seed=0) == [pytest.approx(expected, rel=1e-5)]


def test_the_first_step_of_adam_is_the_rate_whatever_the_loss_is_summed_over() -> None:
    for loss in ("cross-entropy", "cross-entropy-sum"):
        student = bright_student()
        before = weights_of(student)
        tune(student, training_set(), replace(SETTINGS, loss=loss), seed=0)
        assert torch.allclose((weights_of(student) - before).abs(), torch.full_like(before, 0.01), rtol=1e-3)


def test_the_rate_does_not_fall() -> None:
    student = bright_student()
    given = replace(training_set(), pseudo_truth=np.ones((2, 8, 12), np.float32))
    before = weights_of(student)
    tune(student, given, replace(SETTINGS, steps=10), seed=0)
    assert (weights_of(student) - before).abs().max() > 0.095  # ten steps of nearly .01


def test_elements_of_the_gradient_are_clamped() -> None:
    seen: list[Tensor] = []
    step = torch.optim.Adam.step

    class Watching(torch.optim.Adam):
        def step(self, closure=None):  # type: ignore[no-untyped-def]
            seen.extend(p.grad.clone() for group in self.param_groups for p in group["params"])
            return step(self, closure)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim, "Adam", Watching)
        tune(bright_student(), training_set(), replace(SETTINGS, loss="cross-entropy-sum"), seed=0)
        free = max(float(g.abs().max()) for g in seen)
        seen.clear()
        tune(bright_student(), training_set(), replace(SETTINGS, loss="cross-entropy-sum", clamp=0.5), seed=0)
    assert free > 5  # nothing else clips them
    assert max(float(g.abs().max()) for g in seen) == pytest.approx(0.5)


def test_moments_live_on_where_they_are_to_and_end_with_a_reset() -> None:
    kept, fresh = bright_student(), bright_student()
    for student, keep in ((kept, True), (fresh, False)):
        for _ in range(2):
            tune(student, training_set(), replace(SETTINGS, steps=3, keep_moments=keep), seed=0)
    assert not torch.equal(weights_of(kept), weights_of(fresh))
    assert kept.moments is not None and fresh.moments is None
    kept.reset()
    assert kept.moments is None


class TwoOutputs(BrightNetwork):
    """Its map, and the negative of it."""

    def supervised(self, images: Tensor) -> tuple[Tensor, Tensor]:
        return self(images), -self(images)


def test_every_output_learns_where_it_is_to() -> None:
    def student() -> Student:
        return Student(TwoOutputs(), SpatialModelCard(summary="two", learning_rate=0.1))

    negative = replace(training_set(), pseudo_truth=1 - training_set().pseudo_truth)
    single = expected_loss(student(), training_set(), "mean")
    both = single + expected_loss(student(), negative, "mean")  # BCE(-x, t) = BCE(x, 1 - t)
    assert tune(student(), training_set(), SETTINGS, seed=0) == [pytest.approx(single, rel=1e-5)]
    found = tune(student(), training_set(), replace(SETTINGS, every_output=True), seed=0)
    assert found == [pytest.approx(both, rel=1e-5)]


def test_a_student_normalises_by_its_card() -> None:
    frames = np.full((1, 8, 12, 3), 255, np.uint8)
    student = Student(BrightNetwork(), SpatialModelCard(summary="x", mean=(1.0, 1.0, 1.0), std=(2.0, 2.0, 2.0)))
    assert (student.predict(frames) == 0.5).all()
    (sample,) = student.samples(frames)
    assert not sample[0].any()
