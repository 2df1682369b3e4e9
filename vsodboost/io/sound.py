"""The sound of a video file, copied beside a film that is made of its frames."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vsodboost.data.errors import InputError
from vsodboost.io.atomic import stops_everything
from vsodboost.io.sound_trial import copied_stream, encoder_rate, taken
from vsodboost.io.video_streams import opened

PLAIN = {"webm": "libopus", "mov": "pcm_s16le"}
"""What sound is turned into where a container does not take it as it is; AAC elsewhere."""


@dataclass(frozen=True)
class SoundTrack:
    """Where the sound of a video lies and how it meets the frames, in seconds.

    The moment ``zero`` of the file (counted from its start) is the film's beginning; ``lead`` later comes the film's
    first frame. ``whole``: all sound belongs to it; else it ends with the last frame, as for a part of a video.
    """

    path: Path
    zero: float = 0.0
    lead: float = 0.0
    whole: bool = True


def sound_of(source: object) -> SoundTrack | None:
    """Return the sound of a video source, None where it has none (folders of frames, frames in memory)."""
    found = getattr(source, "sound", None)
    return found if isinstance(found, SoundTrack) else None


class Sound:
    """Copies every audio stream of ``track`` into the PyAV container ``film``, a little at a time.

    Packets are copied as they are where a container of the film's ``kind`` takes them, else decoded and encoded again.
    ``notes`` say so, and what could not be copied: a damaged sound track does not stop the picture.
    """

    def __init__(self, track: SoundTrack, film: Any, kind: str) -> None:
        self.notes: list[str] = []
        self._track, self._film = track, film
        self._stack = ExitStack()
        self._lanes: dict[int, _Lane] = {}
        self._packets: Iterator[Any] = iter(())
        self._next: Any = None
        self._start = 0.0
        self._open(kind)

    def _open(self, kind: str) -> None:
        try:
            copied = taken(self._track.path, kind)
            container = self._stack.enter_context(opened(self._track.path)).container
        except InputError as error:
            self._fails(error)
            return
        self._start = (container.start_time or 0) / 1e6
        for stream in container.streams.audio:
            lane = self._lane(stream, kind, stream.index in copied)
            if lane is not None:
                self._lanes[stream.index] = lane
        if self._lanes:
            self._packets = iter(container.demux([container.streams[index] for index in self._lanes]))
            self._advance()

    def _lane(self, stream: Any, kind: str, copied: bool) -> _Lane | None:
        if stream.codec_context is None:
            self.notes.append("its sound could not be copied: there is no decoder for it")
            return None
        if copied:
            return _Copied(copied_stream(self._film, stream))
        name = PLAIN.get(kind, "aac")
        try:
            lane = _Encoded(self._film, name, stream, kind)
        except _errors() as error:
            self._fails(error)
            return None
        self.notes.append(f"its sound ({stream.codec_context.name}) was written anew as {name.removeprefix('lib')}")
        return lane

    def up_to(self, seconds: float) -> None:
        """Write what sounds before ``seconds`` of the film."""
        while self._next is not None and self._when(self._next) < seconds:
            packet = self._next
            try:
                if self._track.whole or self._when(packet) >= 0:  # what comes before the first sound primes decoders
                    self._lanes[packet.stream.index].take(self._film, packet, self._track.zero + self._start)
            except _errors() as error:
                self._fails(error, written=True)
                return
            self._advance()

    def finish(self, end: float) -> None:
        """Write the rest; for a part of a video, up to ``end`` seconds of the film."""
        self.up_to(float("inf") if self._track.whole else end)
        try:
            for lane in self._lanes.values():
                lane.finish(self._film)
        except _errors() as error:
            self._fails(error, written=True)

    def close(self) -> None:
        """Close the file that the sound comes from."""
        self._stack.close()

    def _advance(self) -> None:
        try:
            self._next = next((packet for packet in self._packets if packet.size and packet.pts is not None), None)
        except _errors() as error:
            self._fails(error)

    def _fails(self, error: Exception, *, written: bool = False) -> None:
        if written and stops_everything(error):
            raise error
        words = getattr(error, "strerror", None) or " ".join(str(error).split())
        note = f"its sound could not be copied to the end: {words}"
        self.notes += [note] * (note not in self.notes)
        self._next = None

    def _when(self, packet: Any) -> float:
        return float(packet.pts * packet.time_base) - self._start - self._track.zero


class _Lane:
    """One audio stream on its way."""

    def take(self, film: Any, packet: Any, zero: float) -> None:
        """Write a packet; ``zero`` is the film's beginning in seconds of the packet's own time."""
        raise NotImplementedError

    def finish(self, film: Any) -> None:
        """Write what is held."""


class _Copied(_Lane):
    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._last: int | None = None

    def take(self, film: Any, packet: Any, zero: float) -> None:
        shift = round(zero / float(packet.time_base))
        packet.pts -= shift
        packet.dts = packet.pts
        if self._last is not None and packet.dts <= self._last:
            return  # a stamp that runs backwards: two recordings were joined there
        self._last = packet.dts
        packet.stream = self._stream
        film.mux(packet)


class _Encoded(_Lane):
    def __init__(self, film: Any, codec: str, stream: Any, kind: str) -> None:
        import av

        channels = stream.codec_context.channels
        layout = "mono" if channels == 1 else "stereo"
        rate = 48000 if codec == "libopus" else encoder_rate(kind, codec, stream.codec_context.sample_rate, layout)
        self._stream = film.add_stream(codec, rate=rate, layout=layout)
        context = self._stream.codec_context
        self._resampler = av.AudioResampler(context.format, layout, rate, frame_size=context.frame_size or None)
        self._shift: float | None = None

    def take(self, film: Any, packet: Any, zero: float) -> None:
        for frame in packet.decode():
            frame.pts = round(float(frame.pts * frame.time_base - zero) * frame.sample_rate)
            frame.time_base = 1 / _fraction(frame.sample_rate)
            self._encode(film, self._resampler.resample(frame))

    def finish(self, film: Any) -> None:
        self._encode(film, self._resampler.resample(None))
        film.mux(self._stream.encode(None))

    def _encode(self, film: Any, frames: Any) -> None:
        for frame in frames:
            film.mux(self._stream.encode(frame))


def _fraction(number: int) -> Any:
    from fractions import Fraction

    return Fraction(number)


def _errors() -> tuple[type[Exception], ...]:
    """What reading, decoding, encoding and writing a damaged or odd sound may raise."""
    import av

    return (av.FFmpegError, OSError, ValueError, TypeError)
