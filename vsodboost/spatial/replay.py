"""Lessons of earlier buffers, a bounded number, so that a long video is not forgotten while it is learned."""

from __future__ import annotations

import numpy as np

from vsodboost.ops.resize import resize_frames, resize_maps
from vsodboost.spatial.finetune import Lessons

LIMIT = 24


class LessonMemory:
    """Keeps up to ``limit`` lessons spread evenly over what has been seen."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._held: Lessons | None = None

    @property
    def size(self) -> int:
        """Lessons held."""
        return 0 if self._held is None else len(self._held)

    def with_earlier(self, new: Lessons) -> Lessons:
        """``new`` together with the lessons held, which are then thinned out again; nothing when there is nothing
        new."""
        if len(new) == 0:
            return new
        together = new if self._held is None else join([self._held, new])
        self._held = thin(together, self.limit)
        return together


def join(parts: list[Lessons]) -> Lessons:
    """Several lessons as one."""
    return Lessons(
        np.concatenate([p.frames for p in parts]),
        np.concatenate([p.pseudo_truth for p in parts]),
        np.concatenate([p.weights for p in parts]),
        np.concatenate([p.motion for p in parts]),
        np.concatenate([p.target for p in parts]),
    )


def thin(lessons: Lessons, limit: int) -> Lessons:
    """At most ``limit`` of them, evenly spaced."""
    if len(lessons) <= limit:
        return lessons
    kept = np.linspace(0, len(lessons) - 1, limit).round().astype(int)
    return Lessons(
        lessons.frames[kept],
        lessons.pseudo_truth[kept],
        lessons.weights[kept],
        lessons.motion[kept],
        lessons.target[kept],
    )


def at_size(lessons: Lessons, size: tuple[int, int]) -> Lessons:
    """The lessons scaled to (h, w), motion with them: videos of several shapes can teach one student."""
    height, width = int(lessons.frames.shape[1]), int(lessons.frames.shape[2])
    if (height, width) == size or len(lessons) == 0:
        return lessons
    motion = np.stack([resize_maps(lessons.motion[..., axis], size) for axis in (0, 1)], axis=-1)
    scale = np.array([size[1] / width, size[0] / height], np.float32)
    return Lessons(
        resize_frames(lessons.frames, size),
        resize_maps(lessons.pseudo_truth, size),
        lessons.weights,
        motion * scale,
        resize_maps(lessons.target, size),
    )
