"""Lessons of earlier buffers, a bounded number, so that a long video is not forgotten while it is learned."""

from __future__ import annotations

import numpy as np

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
