"""TrainingSet of earlier buffers, a bounded number, so that a long video is not forgotten while it is learned."""

from __future__ import annotations

import numpy as np

from vsodboost.ops.resize import resize_frames, resize_maps
from vsodboost.spatial.finetune import TrainingSet

LIMIT = 24


class ReplayBuffer:
    """Keeps up to ``limit`` training_set spread evenly over what has been seen."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._held: TrainingSet | None = None

    @property
    def size(self) -> int:
        """TrainingSet held."""
        return 0 if self._held is None else len(self._held)

    def with_earlier(self, new: TrainingSet) -> TrainingSet:
        """``new`` together with the training_set held, which are then thinned out again; nothing when there is nothing
        new."""
        if len(new) == 0:
            return new
        together = new if self._held is None else join([self._held, new])
        self._held = thin(together, self.limit)
        return together


def join(parts: list[TrainingSet]) -> TrainingSet:
    """Several training_set as one."""
    return TrainingSet(
        np.concatenate([p.frames for p in parts]),
        np.concatenate([p.pseudo_truth for p in parts]),
        np.concatenate([p.weights for p in parts]),
        np.concatenate([p.motion for p in parts]),
        np.concatenate([p.target for p in parts]),
    )


def thin(training_set: TrainingSet, limit: int) -> TrainingSet:
    """At most ``limit`` of them, evenly spaced."""
    if len(training_set) <= limit:
        return training_set
    kept = np.linspace(0, len(training_set) - 1, limit).round().astype(int)
    return TrainingSet(
        training_set.frames[kept],
        training_set.pseudo_truth[kept],
        training_set.weights[kept],
        training_set.motion[kept],
        training_set.target[kept],
    )


def at_size(training_set: TrainingSet, size: tuple[int, int]) -> TrainingSet:
    """The training_set scaled to (h, w), motion with them: videos of several shapes can teach one student."""
    height, width = int(training_set.frames.shape[1]), int(training_set.frames.shape[2])
    if (height, width) == size or len(training_set) == 0:
        return training_set
    motion = np.stack([resize_maps(training_set.motion[..., axis], size) for axis in (0, 1)], axis=-1)
    scale = np.array([size[1] / width, size[0] / height], np.float32)
    return TrainingSet(
        resize_frames(training_set.frames, size),
        resize_maps(training_set.pseudo_truth, size),
        training_set.weights,
        motion * scale,
        resize_maps(training_set.target, size),
    )
