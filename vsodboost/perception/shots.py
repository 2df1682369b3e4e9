"""Shots: where the video was cut. No flow, filter window or clip of a windowed model may cross a cut."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_THUMB = (64, 36)
_LEAST_CHANGE = 18.0
"""Mean HSV difference (0..255) that a cut has at least; fast motion within a shot can exceed it."""
_RATIO = 3.0
"""A cut's difference is this many times that of the frames around it (fast motion raises those too)."""
_AROUND = 3


def _thumbnail(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    small = cv2.resize(frame, _THUMB, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2HSV), np.float32)


def _change(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    difference = np.abs(a - b)
    difference[..., 0] = np.minimum(difference[..., 0], 180 - difference[..., 0])  # hue is a circle
    grey = float(difference[..., 2].mean())
    colours = [
        cv2.calcHist([x.astype(np.uint8)], [0, 2], None, [12, 12], [0, 180, 0, 256]).ravel() / (_THUMB[0] * _THUMB[1])
        for x in (a, b)
    ]
    histogram = float(np.abs(colours[0] - colours[1]).sum()) / 2  # share of pixels that changed colour, 0..1
    return (float(difference.mean()) + grey) / 2 * (0.3 + histogram)


class CutDetector:
    """Finds cuts in a stream of frames; remembers the end of the last buffer so that a cut between buffers counts."""

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None
        self._changes: list[float] = []

    def checkpoint(self) -> dict[str, Any]:
        """Return what it remembers, as plain values."""
        return {"last": self._last, "changes": self._changes}

    def restore(self, saved: dict[str, Any]) -> None:
        """Remember what ``checkpoint`` gave."""
        self._last, self._changes = saved["last"], list(saved["changes"])

    def cuts(self, frames: Iterable[NDArray[np.uint8]]) -> list[int]:
        """Indices of the frames (uint8[H, W, 3] RGB) that begin a new shot; 0 only if it differs from the last call's
        end."""
        changes: list[float] = []
        history = len(self._changes)
        for frame in frames:
            thumb = _thumbnail(frame)
            changes.append(0.0 if self._last is None else _change(self._last, thumb))
            self._last = thumb
        series = np.array(self._changes + changes, np.float32)
        found = []
        for i in range(history, len(series)):
            near = np.r_[series[max(0, i - _AROUND) : i], series[i + 1 : i + 1 + _AROUND]]
            usual = float(np.median(near)) if len(near) else 0.0
            if series[i] > _LEAST_CHANGE and series[i] > _RATIO * usual + 2:
                found.append(i - history)
        self._changes = [float(c) for c in series[-_AROUND:]]
        return found


def shots_between(cuts: list[int], count: int) -> list[tuple[int, int]]:
    """Half-open shots that ``cuts`` divide ``count`` frames into."""
    edges = [0, *sorted({c for c in cuts if 0 < c < count}), count]
    return [(a, b) for a, b in pairwise(edges) if b > a]
