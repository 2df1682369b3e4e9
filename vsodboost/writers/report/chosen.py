"""Which frames of a video are shown in full, chosen while it streams past."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

APART = 8
"""Frames of one reason lie at least that far apart: neighbours show the same."""


@dataclass
class Extremes:
    """The ``most`` frames with the largest ``score``, at least ``APART`` frames from each other."""

    most: int
    scores: dict[int, float] = field(default_factory=dict)

    def offer(self, frame: int, score: float) -> None:
        """Consider a frame; frames come in order."""
        near = [other for other in self.scores if frame - other < APART]
        if any(self.scores[other] >= score for other in near):
            return
        for other in near:
            del self.scores[other]
        self.scores[frame] = score
        if len(self.scores) > self.most:
            del self.scores[min(self.scores, key=lambda other: (self.scores[other], -other))]

    def best_first(self) -> list[int]:
        """Return the frames, the largest score first."""
        return sorted(self.scores, key=lambda frame: (-self.scores[frame], frame))


@dataclass
class Spread:
    """Frames at equal distance: at least ``least`` of a video however long, and less than twice as many."""

    least: int
    every: int = 1
    frames: list[int] = field(default_factory=list)

    def offer(self, frame: int) -> None:
        """Consider a frame; all frames come, in order."""
        if frame % self.every:
            return
        self.frames.append(frame)
        if len(self.frames) >= 2 * self.least:
            self.frames, self.every = self.frames[::2], self.every * 2

    def evenly(self, count: int) -> list[int]:
        """Return up to ``count`` of the frames, from the first to the last."""
        last = len(self.frames) - 1
        if last < count:
            return list(self.frames)
        return [self.frames[round(i * last / max(count - 1, 1))] for i in range(count)]


@dataclass
class Chosen:
    """What a report shows in full: the lowest trust, the largest change, the best of what was learned from, and a few
    at equal distance; about a dozen."""

    low_trust: Extremes = field(default_factory=lambda: Extremes(4))
    change: Extremes = field(default_factory=lambda: Extremes(3))
    learned: Extremes = field(default_factory=lambda: Extremes(2))
    spread: Spread = field(default_factory=lambda: Spread(5))

    def offer(self, frame: int, *, trust: float, change: float, quality: float, mined: bool) -> None:
        """Consider a frame; all frames come, in order."""
        self.low_trust.offer(frame, -trust)
        self.change.offer(frame, change)
        if mined:
            self.learned.offer(frame, quality)
        self.spread.offer(frame)

    def candidates(self) -> set[int]:
        """Return the frames that may still be shown."""
        pools = (self.low_trust.scores, self.change.scores, self.learned.scores, self.spread.frames)
        return {frame for pool in pools for frame in pool}

    def reasons(self) -> dict[int, str]:
        """Return the frames to show and why, the most telling first; a frame has its first reason."""
        found: dict[int, str] = {}
        for frame, why in self._in_order():
            found.setdefault(frame, why)
        return found

    def _in_order(self) -> Iterator[tuple[int, str]]:
        by_reason: Mapping[str, list[int]] = {
            "least trust": self.low_trust.best_first(),
            "largest change": self.change.best_first(),
            "learned from": self.learned.best_first(),
            "overview": self.spread.evenly(4),
        }
        for why, frames in by_reason.items():
            for frame in frames:
                yield frame, why
