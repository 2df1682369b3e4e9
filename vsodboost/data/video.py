"""What a video is: frames with names, read as often as needed."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError

FOLDER_FPS = 24.0


@dataclass(frozen=True)
class Frame:
    """One frame: ``name`` (file stem, or zero-padded index in a video file) and ``image`` ``uint8[H, W, 3]`` RGB.

    ``time`` is when it is shown, in seconds since the video's first frame, never less than the one before;
    ``duration`` for how long, in seconds. None: the source does not know, and the frame rate tells.
    """

    name: str
    image: NDArray[np.uint8]
    time: float | None = None
    duration: float | None = None


class VideoSource(Protocol):
    """A video to be read frame by frame, as often as needed; one frame is held at a time.

    Reading these attributes never raises: what is wrong with a video is said by ``frames()``. A source may also have
    ``notes``, lines that tell the user how it is read (see ``notes_of``), and ``files``, those that it is read from
    (see ``files_of``).
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


def notes_of(source: VideoSource) -> tuple[str, ...]:
    """What the user should know of how a source is read although nothing is wrong: its ``notes``, if it has any."""
    return tuple(getattr(source, "notes", ()))


def files_of(source: VideoSource) -> tuple[Path, ...]:
    """The files that a source is read from: its ``files``, if it has any."""
    return tuple(getattr(source, "files", ()))


def pixel_aspect_of(source: VideoSource) -> Fraction:
    """Return the width of a pixel over its height, as shown: the source's ``pixel_aspect`` where it has one, else 1."""
    found = getattr(source, "pixel_aspect", None)
    return found if isinstance(found, Fraction) else Fraction(1)


_NUMBER = re.compile(r"((?:(?<![^\s_=(\[,])-)?\d+(?:\.\d+)*)")
"""A number in a name; a hyphen is its sign at the beginning and after a space or ``_=([,``: ``t_-2``, not ``t-2``."""


def natural_key(text: str, counters: Container[int] = ()) -> list[tuple[int, Decimal, str]]:
    """Sort key that counts: ``frame2`` before ``frame10``, ``t_-1.5`` before ``t_0.25``; the text itself breaks ties.

    Negative and decimal numbers count as such. Where there is more than one point (2024.01.02), and in the numbers of
    the name whose places (0, 1 ...) are ``counters``, a point ends a number.
    """
    parts: list[tuple[int, Decimal, str]] = []
    for place, part in enumerate(_NUMBER.split(text)):
        if place % 2 == 0:
            parts += [(1, Decimal(0), part)] if part else []
        elif part.count(".") == 1 and place // 2 not in counters:
            parts.append((0, Decimal(part), ""))
        else:
            parts += [(0, Decimal(number), "") for number in part.split(".")]
    return [*parts, (-1, Decimal(0), text)]


def natural_order(names: Iterable[str]) -> list[str]:
    """Names sorted by ``natural_key``, as people count; whether points are decimal points is seen from all of them.

    ``shot1.9`` and ``shot1.10`` are the ninth and the tenth of a shot: nobody writes a tenth as .10 beside .9.
    """
    names = list(names)
    fractions: dict[int, set[str]] = {}
    for name in names:
        for place, part in enumerate(_NUMBER.findall(name)):
            if part.count(".") == 1:
                fractions.setdefault(place, set()).add(part.partition(".")[2])
    counters = {
        place
        for place, seen in fractions.items()
        if len({len(part) for part in seen}) > 1 and any(len(part) > 1 and part.endswith("0") for part in seen)
    }
    return sorted(names, key=lambda name: natural_key(name, counters))
