"""Training the network of pseudo-labels: which triplets there are, what a batch holds, and where it starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from moving_square import square_video, write_labels
from small_plans import ConstantFlow
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.data.types import FlowField, Frames
from vsodboost.networks.label_refinement import PropagatedLabelNetwork
from vsodboost.networks.lite import LiteNetwork
from vsodboost.training import fgplg
from vsodboost.training.fgplg import (
    FgplgTraining,
    Remembering,
    TripletBatches,
    Triplets,
    start_from,
    start_light,
    triplets,
)
from vsodboost.training.files import VideoFiles, list_files

CARD = SpatialModelCard(summary="seven", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), channels=7)
OPTIONS = FgplgTraining(gaps="4", batch=3, route="chain", one_sided=0.0)


def video(root: Path, count: int = 9, labelled: range | None = None) -> VideoFiles:
    """A DAVIS-like root with one sequence, read back."""
    frames, masks = square_video(count)
    folder = root / "JPEGImages" / "square"
    folder.mkdir(parents=True)
    for t, frame in enumerate(frames):
        assert cv2.imwrite(str(folder / f"{t:05d}.png"), frame[..., ::-1])
    write_labels(root / "Annotations" / "square", masks, labelled or range(count))
    return list_files([root]).videos[0]


class Counting(ConstantFlow):
    """Counts the pairs it is asked for."""

    pairs = 0

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        self.pairs += len(first)
        return np.zeros((*first.shape[:3], 2), np.float32)


def test_triplets_are_labelled_frames_between_labelled_frames(tmp_path: Path) -> None:
    (made,) = triplets(video(tmp_path), OPTIONS, Counting(), "flow", tmp_path / "cache", seed=0)
    assert 6 <= len(made) <= 7  # of nine labels every fourth is propagated
    assert made.propagated.shape == (len(made), 4, *made.truth.shape[1:])
    assert made.propagated[:, :2].max() == 1
    assert (made.truth > 127).any(axis=(1, 2)).all()


def test_every_second_label_and_two_spacings(tmp_path: Path) -> None:
    options = replace(OPTIONS, every=2, gaps="4,8")
    near, far = triplets(video(tmp_path), options, Counting(), "flow", tmp_path / "cache", seed=0)
    assert len(near) + len(far) < 10  # five labels are left, of which some are propagated
    assert len(far) >= len(near)
    assert triplets(video(tmp_path / "few", 9, range(2)), OPTIONS, Counting(), "flow", tmp_path, seed=0) == []


def test_what_was_carried_is_kept(tmp_path: Path) -> None:
    estimator, files = Counting(), video(tmp_path)
    first = triplets(files, OPTIONS, estimator, "flow", tmp_path / "cache", seed=0)
    asked = estimator.pairs
    again = triplets(files, OPTIONS, estimator, "flow", tmp_path / "cache", seed=0)
    assert estimator.pairs == asked > 0
    assert (first[0].propagated == again[0].propagated).all()


def test_a_pair_is_estimated_once() -> None:
    estimator = Counting()
    frames, _ = square_video(3)
    remembering = Remembering(estimator)
    for _ in range(3):
        assert remembering.estimate(frames[:2], frames[1:]).shape == (2, 64, 112, 2)
    assert estimator.pairs == 2


def distinct(count: int = 4, size: tuple[int, int] = (32, 64)) -> Triplets:
    """Propagated maps of constant values, and a truth that is the left half."""
    propagated = np.zeros((count, 4, *size), np.float16)
    propagated[:] = np.array([0.1, 0.2, 0.3, 0.4], np.float16)[None, :, None, None]
    truth = np.zeros((count, *size), np.uint8)
    truth[:, :, : size[1] // 2] = 255
    return Triplets(np.full((count, *size, 3), 128, np.uint8), truth, propagated)


def values(inputs: Tensor) -> list[tuple[float, ...]]:
    """The four propagated channels of each sample."""
    return [tuple(round(float(v), 2) for v in sample[3:, 16, 32]) for sample in inputs]


def test_batches_hold_seven_channels_and_turn_time_round() -> None:
    batches = TripletBatches([distinct()], CARD, OPTIONS, seed=0)
    samples = [batches.batch(step) for step in range(8)]
    assert samples[0]["inputs"].shape == (3, 7, 32, 64)
    assert samples[0]["truth"].shape == (3, 1, 32, 64)
    assert torch.equal(batches.batch(3)["inputs"], samples[3]["inputs"])
    seen = {v for sample in samples for v in values(sample["inputs"])}
    assert seen == {(0.1, 0.2, 0.3, 0.4), (0.2, 0.1, 0.4, 0.3)}
    one_sided = TripletBatches([distinct()], CARD, replace(OPTIONS, one_sided=1.0), seed=0)
    seen = {v for step in range(8) for v in values(one_sided.batch(step)["inputs"])}
    assert seen == {(0.1, 0.1, 0.3, 0.3), (0.2, 0.2, 0.4, 0.4)}


def test_the_light_network_starts_from_the_spatial_model() -> None:
    torch.manual_seed(0)
    spatial, network = LiteNetwork(), PropagatedLabelNetwork()
    start_light(network, spatial)
    frame = torch.rand(1, 3, 64, 64)
    network.eval(), spatial.eval()
    with torch.inference_mode():
        fine = network.stages[0](network.stem(frame))
        assert torch.equal(fine, spatial.texture(frame).fine)
        assert torch.equal(network.stages[1](fine), spatial.texture(frame).coarse)


def test_a_stem_of_three_channels_fills_the_first_of_seven(tmp_path: Path) -> None:
    three, seven = nn.Conv2d(3, 5, 3), nn.Conv2d(7, 5, 3)
    extra = seven.weight[:, 3:].clone()
    torch.save(three.state_dict(), tmp_path / "three.pth")
    assert start_from(seven, tmp_path / "three.pth") == 2
    assert torch.equal(seven.weight[:, :3], three.weight)
    assert torch.equal(seven.weight[:, 3:], extra)
    with pytest.raises(WeightsError, match="no weights of this network"):
        start_from(nn.Conv2d(3, 4, 3), tmp_path / "three.pth")


class Tiny(nn.Module):
    """Two layers of seven channels."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(7, 8, 3, padding=1), nn.Conv2d(8, 1, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        """``[N, 7, h, w]`` -> ``[N, 1, h, w]``."""
        return self.second(F.relu(self.first(inputs)))


def test_training_descends_and_resumes(tmp_path: Path) -> None:
    sets = triplets(video(tmp_path), replace(OPTIONS, gaps="3"), ConstantFlow(), "flow", tmp_path / "cache", seed=0)
    options = replace(OPTIONS, steps=30, rate=1e-2)
    said: list[str] = []
    torch.manual_seed(0)
    network = Tiny()
    batches = TripletBatches(sets, CARD, options, seed=0)
    batch = batches.batch(0)
    before = float(fgplg._loss(network, batch).detach())
    state = fgplg.train(network, batches, options, tmp_path / "run", said.append)
    assert float(fgplg._loss(network, batch).detach()) < before
    assert set(state) == set(network.state_dict())
    assert "triplets" in said[0]
    again = fgplg.train(Tiny(), batches, options, tmp_path / "run", said.append, resume=True)
    assert all(torch.equal(state[k], again[k]) for k in state)


def test_gaps_that_make_no_sense() -> None:
    for gaps in ("", "1", "far", "6,x"):
        with pytest.raises(UsageError, match="gaps"):
            fgplg._gaps(gaps)
