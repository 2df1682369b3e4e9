"""``--shard``: which part of the videos this run is to do."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from vsodboost.data.errors import UsageError

T = TypeVar("T")


@dataclass(frozen=True)
class Shard:
    """Part ``index`` (from 1) of ``count``."""

    index: int
    count: int

    def of(self, videos: Sequence[T]) -> list[T]:
        """Return its videos: every ``count``-th, so that neighbours, which are often alike, are shared out."""
        return list(videos[self.index - 1 :: self.count])

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


def shard_of(text: str | None, environment: Mapping[str, str] = os.environ) -> Shard | None:
    """Read ``I/N``, or ``auto``: what the array job of SLURM says in which this is a task.

    Raises:
        UsageError: it is neither, or there is no such task.
    """
    if text is None:
        return None
    if text == "auto":
        return _of_slurm(environment)
    match = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError(f"--shard {text} is no part; write 1/4 for the first of four, or auto in a SLURM array job")
    return Shard(int(match[1]), int(match[2]))


def _of_slurm(environment: Mapping[str, str]) -> Shard:
    try:
        task, count = (int(environment[f"SLURM_ARRAY_TASK_{name}"]) for name in ("ID", "COUNT"))
        first, step = (int(environment.get(f"SLURM_ARRAY_TASK_{name}", "1")) for name in ("MIN", "STEP"))
    except (KeyError, ValueError):
        raise UsageError(
            "--shard auto is for array jobs of SLURM, and SLURM_ARRAY_TASK_ID and _COUNT are not set; write I/N"
        ) from None
    place, rest = divmod(task - first, max(step, 1))
    if rest or not 0 <= place < count:  # a list such as 1,7,9
        raise UsageError(f"task {task} of the array job is not one of {count} at equal steps; write --shard I/N")
    return Shard(place + 1, count)
