"""Twins of torch targets: the same maps at first, and the original stays as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from small_plans import BrightNetwork, weights_of
from torch import Tensor, nn

from vsodboost.data.cards import TargetCard
from vsodboost.data.training_set import TrainingSet, TuneSettings
from vsodboost.data.types import Clip
from vsodboost.registry.interfaces import Request, TrainableTarget
from vsodboost.spatial.finetune import tune
from vsodboost.targets.network_target import NetworkTarget

FRAMES = np.random.default_rng(0).integers(0, 255, (3, 32, 64, 3), np.uint8)


class Probable(nn.Module):
    """Returns a list of probabilities, the first of which counts, like U2Net."""

    def __init__(self) -> None:
        super().__init__()
        self.body = BrightNetwork()

    def forward(self, images: Tensor) -> list[Tensor]:
        """``[N, 3, h, w]`` -> two maps ``[N, 1, h, w]`` in [0, 1]."""
        maps = torch.sigmoid(self.body(images))
        return [maps, 1 - maps]


def target(network: nn.Module | None = None, **card: Any) -> NetworkTarget:
    """A torch target with a rate, at an input size of its own."""
    values: dict[str, Any] = {"learning_rate": 0.05, "input_size": (48, 48), **card}
    return NetworkTarget(network or BrightNetwork(), TargetCard(summary="bright", **values), Request())


def training_set() -> TrainingSet:
    """All black is what is to be learnt."""
    empty = np.zeros((3, 32, 64), np.float32)
    return TrainingSet(FRAMES, empty, np.ones(3, np.float32), np.zeros((3, 32, 64, 2), np.float32), empty)


@pytest.mark.parametrize(
    "made", [target(), target(Probable(), output="probabilities")], ids=["logits", "probabilities"]
)
def test_a_twin_starts_equal_and_learns_alone(made: NetworkTarget) -> None:
    clip = Clip(FRAMES, ("0", "1", "2"), "v")
    before = made.predict(clip)
    weights = [p.clone() for p in made.network.parameters()]
    twin = made.twin()
    assert twin is not None
    first = twin.predict(FRAMES)
    assert first.shape == (3, 32, 64)
    assert first.mean() == pytest.approx(before.mean(), abs=0.01)
    losses = tune(twin, training_set(), TuneSettings(steps=30), seed=0)
    assert losses[-1] < losses[0]
    assert twin.predict(FRAMES).mean() < first.mean() - 0.1
    assert (made.predict(clip) == before).all()
    assert all(torch.equal(p, w) for p, w in zip(made.network.parameters(), weights, strict=True))
    twin.reset()
    assert (twin.predict(FRAMES) == first).all()


def test_logits_are_those_of_the_predicted_maps() -> None:
    twin = target(input_size=None).twin()
    assert twin is not None
    logits = twin.logits(twin.samples(FRAMES))
    assert logits.shape == (3, 1, 32, 64)
    assert torch.sigmoid(logits)[:, 0].detach().numpy() == pytest.approx(twin.predict(FRAMES), abs=1e-5)


def test_video_models_and_models_without_a_rate_have_no_twin() -> None:
    assert target(learning_rate=None).twin() is None
    assert target(window=4).twin() is None
    assert target(needs_flow=True).twin() is None
    twin = target(learning_rate=None).twin(0.01)
    assert twin is not None
    assert twin.card.learning_rate == 0.01
    assert isinstance(target(), TrainableTarget)


def test_a_frozen_network_learns_in_its_twin_only() -> None:
    frozen = BrightNetwork().requires_grad_(False)
    twin = target(frozen).twin()
    assert twin is not None
    assert len(twin.parameters()) == 2
    assert not any(p.requires_grad for p in frozen.parameters())
    assert weights_of(twin).numel() == 4
