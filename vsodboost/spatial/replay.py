"""Mined frames of earlier buffers, a bounded number, so that a long video is not forgotten while it is learned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from vsodboost.data.training_set import TrainingSet
from vsodboost.ops.resize import resize_flow, resize_frames, resize_maps

CAPACITY = 24


class ReplayBuffer:
    """Keeps up to ``capacity`` mined frames spread evenly over what has been seen."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self._held: TrainingSet | None = None

    @property
    def size(self) -> int:
        """Frames held."""
        return 0 if self._held is None else len(self._held)

    def checkpoint(self) -> dict[str, Any]:
        """Return the frames held, as plain values."""
        return {} if self._held is None else vars(self._held).copy()

    def restore(self, saved: dict[str, Any]) -> None:
        """Hold what ``checkpoint`` gave."""
        self._held = TrainingSet(**saved) if saved else None

    def with_earlier(self, new: TrainingSet) -> TrainingSet:
        """Return ``new`` together with the frames held, which are then thinned out again; nothing when there is
        nothing new."""
        if len(new) == 0:
            return new
        together = new if self._held is None else TrainingSet.concat([self._held, new])
        self._held = thin(together, self.capacity)
        return together


def thin(training_set: TrainingSet, limit: int) -> TrainingSet:
    """Return at most ``limit`` of the frames, evenly spaced."""
    if len(training_set) <= limit:
        return training_set
    return training_set.take(np.linspace(0, len(training_set) - 1, limit).round().astype(int))


def at_size(training_set: TrainingSet, size: tuple[int, int]) -> TrainingSet:
    """Return the set scaled to (h, w), motion with it: videos of several shapes can teach one student."""
    if training_set.frames.shape[1:3] == size or len(training_set) == 0:
        return training_set
    return replace(
        training_set,
        frames=resize_frames(training_set.frames, size),
        pseudo_truth=resize_maps(training_set.pseudo_truth, size),
        motion=resize_flow(training_set.motion, size),
        target=resize_maps(training_set.target, size),
    )
