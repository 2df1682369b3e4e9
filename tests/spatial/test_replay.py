"""Mined frames kept, thinned and scaled."""

from __future__ import annotations

import numpy as np

from vsodboost.data.training_set import TrainingSet
from vsodboost.spatial.replay import ReplayBuffer, at_size, thin


def training_set(count: int, size: tuple[int, int] = (32, 64), first: int = 0) -> TrainingSet:
    numbers = np.arange(first, first + count, dtype=np.float32)
    maps = np.zeros((count, *size), np.float32)
    maps[:, : size[0] // 2] = 1
    motion = np.ones((count, *size, 2), np.float32)
    return TrainingSet(np.zeros((count, *size, 3), np.uint8), maps, numbers + 1, motion, maps)


def test_memory_is_bounded_and_spread_over_the_whole_video() -> None:
    memory = ReplayBuffer(capacity=4)
    for start in (0, 10, 20):
        together = memory.with_earlier(training_set(10, first=start))
    assert memory.size == 4
    assert len(together) == 14
    assert together.weights[0] == 1  # the very first frame is still there
    assert together.weights[-1] == 30


def test_nothing_new_is_nothing() -> None:
    memory = ReplayBuffer()
    memory.with_earlier(training_set(3))
    assert len(memory.with_earlier(training_set(0))) == 0
    assert memory.size == 3


def test_thin_is_even() -> None:
    assert thin(training_set(9), 3).weights.tolist() == [1, 5, 9]
    assert len(thin(training_set(2), 3)) == 2


def test_scaling_scales_the_motion_too() -> None:
    scaled = at_size(training_set(2, (32, 64)), (64, 32))
    assert scaled.frames.shape == (2, 64, 32, 3)
    assert scaled.pseudo_truth[0, :30].min() > 0.99
    assert scaled.pseudo_truth[0, 34:].max() < 0.01
    assert scaled.motion[0, 5, 5].tolist() == [0.5, 2.0]
    same = training_set(2)
    assert at_size(same, (32, 64)) is same
