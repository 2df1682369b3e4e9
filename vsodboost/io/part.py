"""A part of a video: from here to there, every so many-th frame, smaller frames. The frames keep their names."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.video import Frame, UnreadableSource, VideoSource, files_of, notes_of, pixel_aspect_of
from vsodboost.io.sound import SoundTrack, sound_of

MOST = 10**9
"""More frames than any video has."""


@dataclass(frozen=True)
class Part:
    """Which frames: those shown from ``start`` on and before ``stop`` (seconds from the first frame; infinity is the
    end), every ``every``-th of them, at most ``max_frames``; scaled down to ``size`` (``640``: the long side,
    ``640x360``: to fit in, ``480p``: the short side; None: as they are).

    Raises:
        UsageError: there can be no such part.
    """

    start: float | None = None
    stop: float | None = None
    max_frames: int | None = None
    every: int | None = None
    size: str | None = None

    def __post_init__(self) -> None:
        if self.stop == math.inf:
            object.__setattr__(self, "stop", None)
        for name, seconds in (("from", self.start), ("to", self.stop)):
            if seconds is not None and not 0 <= seconds < math.inf:
                raise UsageError(f"--{name} {seconds:g} s is no time of a video; give seconds of at least 0")
        if self.stop is not None and self.stop <= (self.start or 0.0):
            raise UsageError(f"--to {self.stop:g} s does not come after --from {self.start or 0:g} s")
        for name, value in (("max-frames", self.max_frames), ("every", self.every)):
            if value is not None and value < 1:
                raise UsageError(f"--{name} {value} leaves no frame; give 1 or more")
        if self.every is not None:  # more leaves one frame, too, and need not be a float
            object.__setattr__(self, "every", min(self.every, MOST))
        if self.size is not None and size_of(self.size) != self.size:
            raise UsageError(f"--size {self.size} is no size; give 640, 640x360 or 480p")

    def of(self, source: VideoSource) -> VideoSource:
        """Return that part of a video; the video itself where it is all of it."""
        return source if self == Part() or isinstance(source, UnreadableSource) else PartSource(source, self)

    def scaled(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return (h, w) of frames that were (H, W): never larger, at least 16 px."""
        if self.size is None:
            return size
        height, width = size
        if self.size.endswith("p"):
            share = int(self.size[:-1]) / min(size)
        elif "x" in self.size:
            wide, high = map(int, self.size.split("x"))
            share = min(wide / width, high / height)
        else:
            share = int(self.size) / max(size)
        if share >= 1:
            return size
        return max(16, round(height * share)), max(16, round(width * share))


def seconds_of(text: str) -> float | None:
    """Return seconds from ``75.5``, ``1:15.5`` or ``0:01:15.5``; None where the text is no time."""
    try:
        numbers = [float(part) for part in text.strip().split(":")]
    except ValueError:
        return None
    if len(numbers) > 3 or not all(0 <= n < math.inf for n in numbers) or any(n >= 60 for n in numbers[1:]):
        return None
    seconds = sum(number * 60.0**place for place, number in enumerate(reversed(numbers)))
    return seconds if seconds < math.inf else None


def size_of(text: str) -> str | None:
    """Return a ``size`` as ``Part`` takes it; None where the text is none."""
    found = text.strip().lower()
    return found if re.fullmatch(r"[1-9][0-9]{0,4}(x[1-9][0-9]{0,4}|p)?", found) else None


class PartSource:
    """A part of a video, read as a video of its own: its time begins with its first frame."""

    def __init__(self, source: VideoSource, part: Part) -> None:
        self._source, self._part = source, part
        self.whole = source
        self.name, self.path = source.name, source.path
        self._begins: float | None = None

    @property
    def fps(self) -> float:
        """Frames a second that are left."""
        return self._source.fps / (self._part.every or 1)

    @property
    def length(self) -> int | None:
        """Number of frames, as far as the video's own length tells; None where nothing does."""
        known = self._indices()
        if known is not None:
            return len(known)
        part, whole, fps = self._part, self._source.length, self._source.fps
        if whole is None:
            return part.max_frames if part.stop is None else None
        first = _frame_at(part.start or 0, fps)
        last = whole if part.stop is None else min(whole, _frame_at(part.stop, fps))
        count = -(-max(0, last - first) // (part.every or 1))
        return min(count, part.max_frames or count)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the frames that are certain without decoding."""
        names, known = getattr(self._source, "names", ()), self._indices()
        if known is not None:
            return tuple(names[index] for index in known)
        return tuple(names) if not self._part.start else ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that the part is read from, as far as the video tells them apart."""
        files, known = files_of(self._source), self._indices()
        return files if known is None or len(files) != self._source.length else tuple(files[i] for i in known)

    @property
    def notes(self) -> tuple[str, ...]:
        """The video's notes."""
        return notes_of(self._source)

    @property
    def size(self) -> tuple[int, int] | None:
        """(H, W) in px of the frames; None where the video does not tell."""
        size = getattr(self._source, "size", None)
        return None if size is None else self._part.scaled(size)

    @property
    def pixel_aspect(self) -> Fraction:
        """The video's pixel aspect."""
        return pixel_aspect_of(self._source)

    @property
    def sound(self) -> SoundTrack | None:
        """The sound of the part, once its first frame was read."""
        track = sound_of(self._source)
        if track is None or (self._part.start is None and self._part.stop is None and self._part.max_frames is None):
            return track
        return replace(track, zero=track.zero + track.lead + (self._begins or 0.0), lead=0.0, whole=False)

    def _indices(self) -> range | None:
        """Which frames of a video that knows all their names (a folder, which has no times but the frame rate)."""
        part, names, fps = self._part, getattr(self._source, "names", ()), self._source.fps
        if not names or len(names) != self._source.length:
            return None
        first = _frame_at(part.start or 0, fps)
        last = len(names) if part.stop is None else min(len(names), _frame_at(part.stop, fps))
        every = part.every or 1
        return range(first, last, every)[: part.max_frames]

    def frames(self) -> Iterator[Frame]:
        """The part's frames.

        Raises:
            InputError: as the video says, or it has no frame there.
        """
        part, count, index = self._part, 0, 0
        shown = 0.0
        for place, frame in enumerate(self._source.frames()):
            shown = place / self._source.fps if frame.time is None else frame.time
            if shown < (part.start or 0.0) - 1e-9:
                continue
            if part.stop is not None and shown >= part.stop - 1e-9:
                break
            if index % (part.every or 1) == 0:
                if count == 0:
                    self._begins = shown
                yield self._made(frame)
                count += 1
                if count == part.max_frames:
                    return
            index += 1
        if count == 0:
            raise InputError(f"{self.path}: no frame is shown from {part.start or 0:g} s on; it ends at {shown:.2f} s")

    def _made(self, frame: Frame) -> Frame:
        image: Any = frame.image
        size = self._part.scaled((int(image.shape[0]), int(image.shape[1])))
        if size != image.shape[:2]:
            image = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)
        time = None if frame.time is None else frame.time - (self._begins or 0.0)
        held = frame.duration if frame.duration is None else frame.duration * (self._part.every or 1)
        return replace(frame, image=image, time=time, duration=held)


def _frame_at(seconds: float, fps: float) -> int:
    """Return the index of the first frame that is shown then or later; at most ``MOST``."""
    return math.ceil(min(seconds * fps, float(MOST)) - 1e-6)
