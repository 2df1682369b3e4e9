"""The values that flow through the house: shapes, ranges and units in one place.

=========  ============================  =======================================================
frames     ``uint8[T, H, W, 3]``         RGB
flow       ``float32[T, H, W, 2]``       px, (dx, dy), frame t to t+1; the last frame of a shot
                                         carries the negated backward flow (t to t-1)
maps       ``float32[T, H, W]``          saliency in [0, 1]
box        ``float32[4]``                x0, y0, x1, y1 in px, half-open
quality    ``float32[T]``                motion quality in [0, 1]
trust      ``float32[T]``                estimate of a map's S-measure, in [0, 1]
=========  ============================  =======================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.rows import Rows

Frames = NDArray[np.uint8]
FlowField = NDArray[np.float32]
Maps = NDArray[np.float32]
Boxes = NDArray[np.float32]
PerFrame = NDArray[np.float32]
Array = NDArray[Any]


@dataclass(frozen=True)
class Clip(Rows):
    """Consecutive frames of one video.

    ``frames`` is ``uint8[T, H, W, 3]``; ``names`` are the T frame names (file stems); ``first`` is the index of the
    first frame in its video; ``flow`` is ``float32[T, H, W, 2]`` in px, present only for targets whose card says
    ``needs_flow`` (and even then None where a shot has one frame).
    """

    frames: Frames
    names: tuple[str, ...]
    video: str = field(metadata={"whole": True})
    first: int = field(default=0, metadata={"whole": True})
    flow: FlowField | None = None

    def __post_init__(self) -> None:
        if len(self.frames) != len(self.names):
            raise ValueError(f"{len(self.frames)} frames but {len(self.names)} names")

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the frames in px."""
        return int(self.frames.shape[1]), int(self.frames.shape[2])

    def part(self, start: int, stop: int) -> Clip:
        """Frames ``start`` to ``stop`` (half-open, 0 <= start < stop <= T) as a clip that shares memory."""
        return replace(self.take(slice(start, stop)), first=self.first + start)


@dataclass(frozen=True)
class Proposals:
    """Object proposals of one frame: ``boxes`` float32[N, 4] (px, half-open), ``scores`` float32[N] in [0, 1]."""

    boxes: Boxes
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.boxes)
