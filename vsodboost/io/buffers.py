"""A video as a stream of buffers of at most 100 frames: memory does not grow with its length."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from vsodboost.data.types import Clip, Frames
from vsodboost.data.video import VideoSource
from vsodboost.io.checkpoint import Stale

LIMIT = 100
"""Frames resident at once (Chen et al., MQP, 2021, Sec. III)."""
RESIDENT_PIXELS = 42_000_000
"""Pixels of a buffer's frames, at most, unless that were fewer than ``FEWEST`` frames: 100 of 854x480, 45 of 1280x720,
20 of 1920x1080. Each takes about 22 bytes (the frame, the target's map and the boosted one)."""
FEWEST = 6


def buffer_length(announced: int | None, limit: int = LIMIT) -> int:
    """Frames a buffer: equal shares of a video of known length (104 frames are 52 + 52, not 100 + 4), else
    ``limit``."""
    if not announced or announced <= limit:
        return limit
    count = -(-announced // limit)
    return -(-announced // count)


def resident(size: tuple[int, ...], limit: int = LIMIT) -> int:
    """Frames of ``size`` (H, W) resident at once, at most ``limit``."""
    return min(limit, max(FEWEST, RESIDENT_PIXELS // max(1, size[0] * size[1])))


@dataclass(frozen=True)
class Position:
    """How far a video was read: the number of ``frames``, and a ``checksum`` of a part of their pixels."""

    frames: int = 0
    checksum: int = 0

    def after(self, frames: Frames) -> Position:
        """Return the position behind so many more frames ``uint8[T, H, W, 3]``."""
        checksum = self.checksum
        for image in frames:
            checksum = zlib.crc32(image[::_APART, ::_APART].tobytes(), checksum)
        return Position(self.frames + len(frames), checksum)


START = Position()
_APART = 8
"""Every so many rows and columns count for the checksum."""


def buffers(source: VideoSource, limit: int = LIMIT, start: Position = START) -> Iterator[Clip]:
    """The video's frames behind ``start``, where a buffer ended, at most ``limit`` at a time, fewer of large ones.

    Raises:
        InputError: a frame cannot be read.
        Stale: the frames before ``start`` are not those that were read when it was taken.
    """
    length = 0
    images: Frames | None = None
    names: list[str] = []
    frames = source.frames()
    passed = Position()
    for frame in islice(frames, start.frames):
        passed = passed.after(frame.image[None])
    if passed != start:
        raise Stale(f"{source.path} is no longer the video that it was begun with")
    first = start.frames
    for frame in frames:
        if images is None:  # each frame is put where it stays: a list of them would be a second buffer
            length = length or buffer_length(source.length, resident(frame.image.shape[:2], limit))
            images = np.empty((length, *frame.image.shape), frame.image.dtype)
        images[len(names)] = frame.image
        names.append(frame.name)
        if len(names) == length:
            yield Clip(images, tuple(names), source.name, first)
            first += length
            images, names = None, []
    if images is not None:
        yield Clip(images[: len(names)], tuple(names), source.name, first)
