"""Which frames to label next: those whose labels would reach the most frames that are not to be trusted yet.

A label helps the frames near it in its shot, to which it can be propagated, and those that look like it, which the
student then recognises. The chosen frames together are to settle as much doubt as possible, so they lie apart (paper
003, Sec. 4.4: sparse labels that cover more kinds of content bring more gain).
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
LEAST_DOUBT = 0.02
"""Even where trust is full a label helps a little, so that equal frames are covered evenly."""
CANDIDATES = 1500
_THUMB = (14, 8)


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
    doubt = 1 - np.clip(trust, 0, 1) + LEAST_DOUBT
    shots = np.searchsorted(np.asarray(cuts), np.arange(total), side="right")
    candidates = np.unique(np.linspace(0, total - 1, min(total, CANDIDATES)).round().astype(int))
    helped = np.zeros(total, np.float32)
    for index in labelled:
        helped = np.maximum(helped, _help(index, looks, shots))
    table = np.stack([_help(int(c), looks, shots) for c in candidates])
    chosen: list[Suggestion] = []
    taken = set(labelled)
    for _ in range(count):
        gains = (np.maximum(table - helped, 0) * doubt).sum(axis=1)
        gains[[c in taken for c in candidates]] = -1
        best = int(np.argmax(gains))
        if gains[best] <= 0:
            break
        index = int(candidates[best])
        chosen.append(Suggestion(index, float(gains[best] / doubt.sum()), float(trust[index])))
        helped = np.maximum(helped, table[best])
        taken.add(index)
    return chosen


def _help(index: int, looks: NDArray[np.float32], shots: NDArray[np.int64]) -> NDArray[np.float32]:
    """How far a label of frame ``index`` helps each frame, float32[T] in [0, 1]."""
    away = np.abs(np.arange(len(shots)) - index)
    propagated = np.where(shots == shots[index], np.exp(-away / REACH), 0)
    apart = np.square(looks - looks[index]).mean(axis=1)
    return np.asarray(np.maximum(propagated, ALIKE * np.exp(-apart / LOOK**2)), np.float32)
