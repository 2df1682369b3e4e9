"""Which frames to label next: those whose labels would reach the most frames that are not to be trusted yet.

A label helps the frames near it in its shot, to which it can be propagated, and those that look like it, which the
student then recognises. The chosen frames together are to settle as much doubt as possible, so they lie apart (Yan et
al., ICCV 2019, Sec. 4.4: sparse labels that cover more kinds of content bring more gain).

Trust tells good frames from bad ones, but within a video whose frames are all alike its ups and downs are its own
error: there they must not draw the labels together, for a gap in time costs more. So only what differs from the video's
median by more than that error counts, and where nothing does, the frames lie at about equal distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import Frames, PerFrame

REACH = 12.0
"""Frames over which the help of a label falls to 1/e: flow loses about a third of an object in as many."""
LOOK = 0.12
"""Mean squared difference of thumbnails (root of it, of [0, 1]) at which two frames are hardly alike."""
ALIKE = 0.5
"""What a label helps a frame that looks just like its own, anywhere in the video."""
FADE = 0.1
"""How much of that is gone far away in time: among frames that all look alike it makes labels lie apart."""
LEAST_DOUBT = 0.02
"""Even where trust is full a label helps a little, so that equal frames are covered evenly."""
TRUST_ERROR = 0.05
"""Mean absolute error of trust (docs/results.md)."""
SWEEPS = 3
"""How often each chosen frame is exchanged for a better one, at most."""
EXCHANGED = 20
"""So many frames are chosen together at the most; of more, each is the best after those before it."""
BLOCKS = 1500
"""A longer video is looked at in so many blocks of frames, at the most, each by its middle frame."""
_THUMB = (14, 8)
Table = NDArray[np.float32]


@dataclass(frozen=True)
class Suggestion:
    """Frame ``index`` of the video; ``gain`` is the share of all doubt that its label settles after those before it."""

    index: int
    gain: float
    trust: float


def looks_of(frames: Frames) -> NDArray[np.float32]:
    """Thumbnails of ``uint8[T, H, W, 3]`` frames as ``float32[T, D]`` in [0, 1]."""
    small = [cv2.resize(frame, _THUMB, interpolation=cv2.INTER_AREA).ravel() for frame in frames]
    return np.asarray(np.stack(small) / 255, np.float32)


def suggest(
    trust: PerFrame, looks: NDArray[np.float32], cuts: Sequence[int], count: int, labelled: Sequence[int] = ()
) -> list[Suggestion]:
    """Up to ``count`` frames, the most useful first.

    Args:
        trust: trust of every frame's map, float32[T] in [0, 1].
        looks: what ``looks_of`` gave, float32[T, D].
        cuts: indices of the frames that begin a new shot.
        count: how many frames are wanted.
        labelled: frames that have a label already.
    """
    total = len(trust)
    starts = np.unique(np.linspace(0, total, min(total, BLOCKS), endpoint=False).astype(int))
    ends = np.append(starts[1:], total)
    middles = (starts + ends - 1) // 2
    doubt = np.add.reduceat(doubt_beyond_error(trust), starts)
    known = np.unique(np.asarray(labelled, int))
    spacing = total / (count + len(known))
    shots = np.searchsorted(np.asarray(cuts), np.arange(total), side="right")
    table = _help(middles, middles, looks, shots, spacing)
    helped = _help(known, middles, looks, shots, spacing).max(axis=0) if len(known) else np.zeros(len(middles))
    chosen = _Choice(table, doubt, np.isin(starts, starts[np.searchsorted(starts, known, side="right") - 1]))
    picked = chosen.best(np.asarray(helped, np.float32), count)
    return [Suggestion(int(middles[c]), gain, float(trust[middles[c]])) for c, gain in picked]


def doubt_beyond_error(trust: PerFrame) -> PerFrame:
    """Return each frame's doubt, 1 - ``trust``, float32[T] > 0; of what it differs from the video's median, only what
    exceeds trust's own error."""
    doubt = 1 - np.clip(trust, 0, 1)
    middle = np.median(doubt)
    apart = doubt - middle
    excess = np.sign(apart) * np.maximum(np.abs(apart) - TRUST_ERROR, 0)
    return np.asarray(middle + excess + LEAST_DOUBT, np.float32)


@dataclass
class _Choice:
    """A choice of rows of ``table`` float32[C, C], how far each one helps each other, by the ``doubt`` float32[C] that
    they settle together; rows that are ``taken`` bool[C] cannot be chosen."""

    table: Table
    doubt: NDArray[np.float32]
    taken: NDArray[np.bool_]

    def best(self, helped: PerFrame, count: int) -> list[tuple[int, float]]:
        """Return up to ``count`` rows, the most useful first, and the share of all doubt that each settles after those
        before it; ``helped`` float32[C] is what is settled already.

        They are chosen together. One after the other, the first would be the middle of everything, which is wrong where
        two or four are wanted.
        """
        greedy = self._greedy(helped, count)
        begun = [greedy, self._spread(len(greedy))] if 1 < len(greedy) <= EXCHANGED else [greedy]
        tried = [self._exchanged(rows, helped) for rows in begun] if len(begun) > 1 else begun
        rows = max(tried, key=lambda rows: self._gain(rows, helped))
        found = []
        while rows:
            gains = self._gains(helped)[rows]
            row, gain = rows.pop(int(np.argmax(gains))), float(gains.max())
            found.append((row, gain / float(self.doubt.sum())))
            helped = np.maximum(helped, self.table[row])
        return found

    def _gains(self, helped: PerFrame) -> PerFrame:
        """What each row settles beyond ``helped``."""
        return np.asarray(np.maximum(self.table - helped, 0) @ self.doubt, np.float32)

    def _gain(self, rows: list[int], helped: PerFrame) -> float:
        """What these rows settle together."""
        return float((np.maximum(self.table[rows].max(axis=0), helped) - helped) @ self.doubt) if rows else 0.0

    def _greedy(self, helped: PerFrame, count: int) -> list[int]:
        """Rows of which each settles most after those before it."""
        rows: list[int] = []
        for _ in range(count):
            gains = np.where(self.taken, -1, self._gains(helped))
            gains[rows] = -1
            best = int(np.argmax(gains))
            if gains[best] <= 0:
                break
            rows.append(best)
            helped = np.maximum(helped, self.table[best])
        return rows

    def _spread(self, count: int) -> list[int]:
        """Rows that each stand for an equal share of the doubt, as frames at equal distance do where all are equal."""
        passed = np.cumsum(self.doubt) - self.doubt / 2
        wanted = (np.arange(count) + 0.5) * self.doubt.sum() / count
        rows: list[int] = []
        for share in wanted:
            order = np.argsort(np.abs(passed - share), kind="stable")
            rows.append(next(int(row) for row in order if not self.taken[row] and row not in rows))
        return rows

    def _exchanged(self, rows: list[int], helped: PerFrame) -> list[int]:
        """The rows, each exchanged for another as long as they settle more together."""
        rows = list(rows)
        for _ in range(SWEEPS):
            before = list(rows)
            for place in range(len(rows)):
                others = rows[:place] + rows[place + 1 :]
                gains = np.where(self.taken, -1, self._gains(np.maximum(helped, self.table[others].max(axis=0))))
                gains[others] = -1
                best = int(np.argmax(gains))
                if gains[best] > gains[rows[place]] * (1 + 1e-5):
                    rows[place] = best
            if rows == before:
                break
        return rows


def _help(
    labels: NDArray[np.int64],
    frames: NDArray[np.int64],
    looks: NDArray[np.float32],
    shots: NDArray[np.int64],
    spacing: float,
) -> Table:
    """How far a label of each of ``labels`` [L] helps each of ``frames`` [C], float32[L, C] in [0, 1]: it is carried
    there, or the frame is recognised. ``spacing`` is the distance of labels that lie evenly, in frames."""
    away = np.abs(labels[:, None] - frames[None])
    propagated = np.where(shots[labels][:, None] == shots[frames][None], np.exp(-away / REACH), 0)
    ours, theirs = looks[labels], looks[frames]
    squares = (ours**2).sum(axis=1)[:, None] + (theirs**2).sum(axis=1)[None] - 2 * ours @ theirs.T
    apart = np.maximum(squares, 0) / looks.shape[1]
    far = 1 - np.exp(-np.square(away / spacing))
    alike = ALIKE * np.exp(-apart / LOOK**2) * (1 - FADE * far)
    return np.asarray(1 - (1 - propagated) * (1 - alike), np.float32)
