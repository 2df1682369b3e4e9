"""A video as a stream of buffers of at most 100 frames: memory does not grow with its length."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vsodboost.data.types import Clip
from vsodboost.data.video import Frame, VideoSource

LIMIT = 100
"""Frames resident at once (Chen et al., MQP, 2021, Sec. III)."""


def buffer_length(announced: int | None, limit: int = LIMIT) -> int:
    """Frames a buffer: equal shares of a video of known length (104 frames are 52 + 52, not 100 + 4), else
    ``limit``."""
    if not announced or announced <= limit:
        return limit
    count = -(-announced // limit)
    return -(-announced // count)


def buffers(source: VideoSource, limit: int = LIMIT) -> Iterator[Clip]:
    """The video's frames, at most ``limit`` at a time. Raises InputError when a frame cannot be read."""
    length = buffer_length(source.length, limit)
    held: list[Frame] = []
    first = 0
    for frame in source.frames():
        held.append(frame)
        if len(held) == length:
            yield _clip(held, source.name, first)
            first += len(held)
            held = []
    if held:
        yield _clip(held, source.name, first)


def _clip(held: list[Frame], video: str, first: int) -> Clip:
    frames = np.stack([f.image for f in held])
    return Clip(frames, tuple(f.name for f in held), video, first)
