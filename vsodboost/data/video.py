"""What a video is: frames with names, read as often as needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError

FOLDER_FPS = 24.0


@dataclass(frozen=True)
class Frame:
    """One frame: ``name`` (file stem, or zero-padded index in a video file) and ``image`` ``uint8[H, W, 3]`` RGB."""

    name: str
    image: NDArray[np.uint8]


class VideoSource(Protocol):
    """A video to be read frame by frame, as often as needed; one frame is held at a time.

    Reading these attributes never raises: what is wrong with a video is said by ``frames()``.
    """

    @property
    def name(self) -> str:
        """Name of the output folder: the folder's name or the file's stem."""
        ...

    @property
    def path(self) -> Path:
        """Where the video lies; for frames in memory, its name."""
        ...

    @property
    def fps(self) -> float:
        """Frames a second (mean where the rate varies); 24 for folders of frames."""
        ...

    @property
    def length(self) -> int | None:
        """Number of frames announced (an estimate where only the duration is known), None where nothing says it."""
        ...

    def frames(self) -> Iterator[Frame]:
        """The frames from first to last, all of one size.

        Raises:
            InputError: while iterating, at the frame that cannot be read, or at the end of a video cut short.
        """
        ...


@dataclass(frozen=True)
class UnreadableSource:
    """A video that is known to be unreadable; ``frames()`` raises why, so that the other videos of a run go on."""

    name: str
    path: Path
    error: InputError
    fps: float = FOLDER_FPS
    length: int | None = None

    def frames(self) -> Iterator[Frame]:
        """Raises the InputError."""
        raise self.error


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """Sort key that counts: ``frame2`` before ``frame10``; ties are broken by the text itself."""
    parts = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", text) if part]
    return [*parts, (-1, 0, text)]
