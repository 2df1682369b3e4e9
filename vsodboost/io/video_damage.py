"""Whether a video file gave all that it announces: what was met while reading, against its headers and structure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

from vsodboost.data.errors import InputError
from vsodboost.io.matroska import damage, missing_bytes
from vsodboost.io.structure import broken_at

TOLERANCE = 0.5  # seconds by which a container may overstate its duration


@dataclass
class ReadSummary:
    """What was met while reading: packets of the video, where it and the last stream end (seconds), damage."""

    packets: int = 0
    video_end: float = 0.0
    end: float = 0.0
    damaged: bool = False

    def note(self, packet: Any, is_video: bool) -> None:
        """Count a packet that is not empty."""
        self.packets += is_video
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is not None and packet.time_base:
            stop = float((stamp + (packet.duration or 0)) * packet.time_base)
            self.end = max(self.end, stop)
            self.video_end = max(self.video_end, stop) if is_video else self.video_end


@dataclass(frozen=True)
class Header:
    """What a container announces; None for what it does not say."""

    fps: float
    frames: int | None
    stored: int | None
    """Frames that its index lists, where that is known to be right (AVI, whose ``frames`` counts dropped ones)."""
    seconds: float | None
    stream_seconds: float | None
    gaps: bool
    """The container may leave out frames it counts (edit lists of MP4 and MOV, dropped frames of a whole AVI), so a low
    count alone proves nothing."""
    size: tuple[int, int]
    stream: int
    """Index of the stream that is the film."""
    notes: tuple[str, ...] = ()
    lead: float = 0.0
    """Seconds from the file's start to its first frame."""
    sound: bool = False
    """Whether something is to be heard."""
    pixel_aspect: Fraction = Fraction(1)
    """Width of a pixel over its height, as shown."""

    @property
    def length(self) -> int | None:
        """Number of frames, as the container or its duration tells."""
        counted = self.frames if self.stored is None else self.stored
        return counted or (None if self.seconds is None else max(1, round(self.seconds * self.fps)))

    def cut_short(self, tally: ReadSummary, missing: int | None) -> bool:
        """Whether less was met than announced; ``missing`` is the exact answer of Matroska, in bytes."""
        if missing is not None:
            return missing > 0
        if self.stored is not None:
            return tally.packets < self.stored
        if self.frames:
            early = self.stream_seconds is None or self.stream_seconds - tally.video_end > 1.5 / self.fps
            return tally.packets < self.frames and (early or not self.gaps)
        return self.seconds is not None and self.seconds - tally.end > TOLERANCE

    def ends_early(self, tally: ReadSummary) -> bool:
        """Whether the last stream ends a frame or more before the announced duration."""
        return self.seconds is not None and self.seconds - tally.end > 0.5 / self.fps


def check_whole(path: Path, decoded: int, tally: ReadSummary, header: Header) -> None:
    """Raise InputError when a file of which ``decoded`` frames came is damaged, or holds less than it announces."""
    if decoded == 0:
        raise InputError(f"{path} holds no frame that can be decoded")
    where = _damage(path, decoded, tally, header)
    if where is None:
        return
    raise_damaged(path, decoded, header.length, exact=bool(header.frames), where=where)


def raise_damaged(path: Path, decoded: int, length: int | None, *, exact: bool, where: str = "") -> NoReturn:
    """Raise the InputError of a file of which ``decoded`` frames of ``length`` came."""
    announced = f" of {'' if exact else 'about '}{length}" if length and length >= decoded else ""
    lost = "" if length == decoded else "only "
    raise InputError(
        f"{path} is damaged or cut short{where}: {lost}{decoded}{announced} frames could be decoded; export it again"
    )


def _damage(path: Path, decoded: int, tally: ReadSummary, header: Header) -> str | None:
    """Where the file is damaged, "" when it is somewhere or at its end, None when it is whole."""
    try:
        if tally.damaged or header.cut_short(tally, missing_bytes(path)):
            return ""
        broken = damage(path) or (None if header.frames else broken_at(path))
        if broken is not None and (broken[1] or header.seconds is None or header.ends_early(tally)):
            return f" at byte {broken[0]}"
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    return None
