"""What is being done at the moment, told to whoever watches a run: stages of a video, and how far each one is.

Those who work say it in passing, wherever they are; where nobody watches, it costs a look at a list.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Watcher(Protocol):
    """Whoever wants to know; called in the thread that does the work, so it must be quick."""

    def begins(self, stage: str) -> None:
        """A stage begins."""
        ...

    def ends(self, stage: str, seconds: float) -> None:
        """A stage is over; it took so many seconds."""
        ...

    def reaches(self, share: float) -> None:
        """Of the present stage, so much is done, in [0, 1]."""
        ...


_watchers: list[Watcher] = []


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Tell ``watcher`` while the block lasts."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def begins(stage: str) -> None:
    """Say that a stage begins."""
    for watcher in _watchers:
        watcher.begins(stage)


def ends(stage: str, seconds: float) -> None:
    """Say that a stage is over, and what it took."""
    for watcher in _watchers:
        watcher.ends(stage, seconds)


def reaches(share: float) -> None:
    """Say how far the present stage is, in [0, 1]."""
    for watcher in _watchers:
        watcher.reaches(share)
