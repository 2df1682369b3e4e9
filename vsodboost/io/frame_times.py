"""When frames are shown: from what a decoder says to seconds that never run backwards, and kept for writers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from vsodboost.data.video import Frame, VideoSource, notes_of, pixel_aspect_of
from vsodboost.io.sound import SoundTrack, sound_of

JUMP = 10.0
"""Seconds: in a broadcast a longer step forwards is a join of two recordings (FFmpeg's dts_delta_threshold)."""
LONGEST = 3600.0
"""Seconds for which a frame may be shown; a longer step is a broken stamp."""


class FrameClock:
    """Turns the stamps of a video's frames, in order, into seconds since its first frame.

    ``step`` is the length of a frame in seconds, for frames without a stamp. Where stamps start anew or jump, as where
    two recordings were joined, time goes on with one step; ``spliced`` says that joins are to be expected (MPEG-TS).
    """

    def __init__(self, step: float, *, spliced: bool = False) -> None:
        self._step = step
        self._longest = JUMP if spliced else LONGEST
        self._zero: float | None = None
        self._last = 0.0

    def time(self, stamp: float | None) -> float:
        """Seconds since the first frame of the one shown at ``stamp`` (None: not known); never less than before."""
        if self._zero is None:
            self._zero = 0.0 if stamp is None else stamp
            return 0.0
        following = self._last + self._step
        time = following if stamp is None else stamp - self._zero
        if stamp is not None and not self._last - 1 <= time <= self._last + self._longest:
            self._zero, time = stamp - following, following
        self._last = max(self._last, time)
        return self._last


class TimedSource:
    """A source that remembers the times of the frames that passed, which buffers do not carry."""

    def __init__(self, source: VideoSource) -> None:
        self._source = source
        self.times: dict[str, tuple[float | None, float | None]] = {}
        """By frame name: when it is shown and for how long, in seconds, as in ``Frame``."""

    @property
    def name(self) -> str:
        """The source's name."""
        return self._source.name

    @property
    def path(self) -> Path:
        """Where the source lies."""
        return self._source.path

    @property
    def fps(self) -> float:
        """The source's frame rate."""
        return self._source.fps

    @property
    def length(self) -> int | None:
        """The source's length."""
        return self._source.length

    @property
    def notes(self) -> tuple[str, ...]:
        """The source's notes."""
        return notes_of(self._source)

    @property
    def sound(self) -> SoundTrack | None:
        """The source's sound."""
        return sound_of(self._source)

    @property
    def pixel_aspect(self) -> Fraction:
        """The source's pixel aspect."""
        return pixel_aspect_of(self._source)

    def frames(self) -> Iterator[Frame]:
        """The source's frames. Raises as it does."""
        for frame in self._source.frames():
            self.times[frame.name] = (frame.time, frame.duration)
            yield frame
