"""A video file as a stream of frames, by PyAV; what is missing from a damaged file is always said."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError
from vsodboost.data.video import FOLDER_FPS, Frame
from vsodboost.io.colours import hdr_kind, rgb_of
from vsodboost.io.frame_order import ShownStamps
from vsodboost.io.frame_times import FrameClock
from vsodboost.io.gif import GifDamage, gif_damage
from vsodboost.io.limits import MAX_PIXELS
from vsodboost.io.riff import read_avi
from vsodboost.io.sound import SoundTrack
from vsodboost.io.video_damage import Header, ReadSummary, check_whole, raise_damaged
from vsodboost.io.video_streams import Opened, opened

KINDS = "mp4 m4v mov qt 3gp 3g2 mkv webm avi divx mpg mpeg mpe m2v vob ts mts m2ts mxf wmv asf flv f4v ogv y4m dv gif"
VIDEO_SUFFIXES = frozenset(f".{kind}" for kind in KINDS.split())
WIDEST = 16
"""A pixel that is said to be wider, or higher, is a broken header."""
BROADCAST = ("mpegts",)  # made to be cut and joined anywhere, and its demuxer marks good packets as corrupt at a join


def is_video(path: Path) -> bool:
    """Whether the file name is that of a video, in any case, not hidden."""
    return path.suffix.lower() in VIDEO_SUFFIXES and not path.name.startswith(".")


class VideoFile:
    """A video file; frames come as they are shown (rotation and colours applied), at the stored size, alpha dropped.

    Every stored frame counts once, also where the frame rate varies: ``Frame.time`` says when it is shown. Frame names
    are the zero-padded index: five digits, more for a video that announces more frames. Of several streams the film is
    taken, and ``notes`` say so. A picture of more than ``max_pixels`` pixels is refused before it is decoded.
    """

    def __init__(self, path: Path, max_pixels: int = MAX_PIXELS) -> None:
        self.path = path
        self.name = path.stem
        self._max_pixels = max_pixels

    @cached_property
    def _header(self) -> Header | InputError:
        try:
            with opened(self.path, self._max_pixels) as file:
                return self._read_header(file)
        except InputError as error:
            return error

    def _read_header(self, file: Opened) -> Header:
        container, stream = file.container, file.stream
        first, stamp = next(_decoded(file, ReadSummary()), (None, None))
        if first is None:
            unknown = not stream.codec_context.width  # FFmpeg forgets a size that it may not decode
            why = f", of at most {self._max_pixels:,} pixels" if unknown else ""
            raise InputError(f"{self.path} holds no frame that can be decoded{why}")
        avi = read_avi(self.path, stream.index)
        height, width = _upright(first).shape[:2]
        return Header(
            fps=_rate(stream, _duration(first, file)),
            frames=stream.frames or None,
            stored=avi.stored or None if avi is not None else None,
            seconds=container.duration / 1e6 if container.duration else None,
            stream_seconds=float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None,
            gaps="mp4" in container.format.name if avi is None else avi.whole,
            size=(height, width),
            stream=stream.index,
            notes=(*file.notes, *_of_hdr(first)),
            lead=max(0.0, (_seconds(stamp, file) or 0.0) - (container.start_time or 0) / 1e6),
            sound=len(container.streams.audio) > 0,
            pixel_aspect=_pixel_aspect(first, stream),
        )

    @property
    def files(self) -> tuple[Path, ...]:
        """The file itself."""
        return (self.path,)

    @property
    def fps(self) -> float:
        """Mean frame rate; 24 when the file cannot be read."""
        return FOLDER_FPS if isinstance(self._header, InputError) else self._header.fps

    @property
    def length(self) -> int | None:
        """Number of frames the container announces, else the one its duration gives; None when neither is there."""
        return None if isinstance(self._header, InputError) else self._header.length

    @property
    def names(self) -> tuple[str, ...]:
        """The names that are certain without decoding: the first frame's; what a container announces is not."""
        return () if isinstance(self._header, InputError) else ("0" * self._digits(self._header),)

    @property
    def notes(self) -> tuple[str, ...]:
        """Which stream is taken, when there was a choice, and that HDR is shown as SDR."""
        return () if isinstance(self._header, InputError) else self._header.notes

    @property
    def pixel_aspect(self) -> Fraction:
        """Width of a pixel over its height, as shown; 1 where the file does not say it or cannot be read."""
        return Fraction(1) if isinstance(self._header, InputError) else self._header.pixel_aspect

    @property
    def sound(self) -> SoundTrack | None:
        """The file's sound; None where there is none."""
        header = self._header
        if isinstance(header, InputError) or not header.sound:
            return None
        return SoundTrack(self.path, lead=header.lead)

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in px as shown; raises InputError when the file cannot be read."""
        if isinstance(self._header, InputError):
            raise self._header
        return self._header.size

    def frames(self) -> Iterator[Frame]:
        """The frames, decoded one by one.

        Raises:
            InputError: no video, no frames, a frame of another size, or, at the end, a video that is damaged or cut
                short: then all frames that can be decoded came before.
        """
        header = self._header
        if isinstance(header, InputError):
            raise header
        damage = self._gif_damage()
        digits = self._digits(header)
        first: tuple[int, ...] | None = None
        count = 0
        tally = ReadSummary()
        with opened(self.path, self._max_pixels, header.stream) as file:
            clock = FrameClock(1 / header.fps, spliced=file.container.format.name in BROADCAST)
            sound = islice(_decoded(file, tally), None if damage is None else damage.sound)
            for count, (decoded, stamp) in enumerate(sound, start=1):
                name = f"{count - 1:0{digits}d}"
                image = _upright(decoded)
                first = first or image.shape
                if image.shape != first:
                    raise InputError(
                        f"{self.path}: frame {name} is {image.shape[1]}x{image.shape[0]}, but the first is "
                        f"{first[1]}x{first[0]}; all frames of a video must have one size"
                    )
                yield Frame(name, image, clock.time(_seconds(stamp, file)), _duration(decoded, file))
        if damage is not None:
            raise_damaged(self.path, count, damage.frames, exact=False)
        check_whole(self.path, count, tally, header)

    @staticmethod
    def _digits(header: Header) -> int:
        return max(5, len(str((header.length or 1) - 1)))

    def _gif_damage(self) -> GifDamage | None:
        try:
            return gif_damage(self.path)
        except OSError as error:
            raise InputError(f"cannot read {self.path}: {error.strerror or error}") from error


def _seconds(ticks: int | None, file: Opened) -> float | None:
    """A stamp or length of the film's stream in seconds (PyAV < 18 gives late frames no time base of their own)."""
    return None if ticks is None or not file.stream.time_base else float(ticks * file.stream.time_base)


def _duration(decoded: Any, file: Opened) -> float | None:
    """How long a decoded frame is shown, in seconds, where the file says it and PyAV (14) knows it."""
    return _seconds(getattr(decoded, "duration", None) or None, file)


def _rate(stream: Any, held: float | None) -> float:
    """Frames a second, as far as the file tells; ``held``: seconds for which its first frame is shown.

    FFmpeg's mean is of the ticks of the clock where a file does not say how long it lasts (DV), and missing where it is
    very short; its guess then, too, may be of the ticks.
    """
    mean, guessed = stream.average_rate, stream.guessed_rate
    if mean and not (guessed and mean > 2 * guessed):
        return float(mean)
    if not mean and held:
        return 1 / held
    return float(guessed) if guessed and guessed * (stream.time_base or 0) != 1 else FOLDER_FPS


def _decoded(file: Opened, tally: ReadSummary) -> Iterator[tuple[Any, int | None]]:
    """Decoded frames with their stamps until the end or the first damaged packet; ``tally`` learns what was met.

    The packets of all streams are demuxed: only the latest of them tells where a file without a frame count ends.
    """
    import av

    container, stream = file.container, file.stream
    stamps = ShownStamps(stream)
    for packet in container.demux():
        ours = packet.stream_index == stream.index if hasattr(packet, "stream_index") else packet.stream is stream
        if packet.size:
            tally.note(packet, ours)
        if not ours or not packet.size:
            continue
        if packet.is_corrupt and container.format.name not in BROADCAST:
            tally.damaged = True  # decoded, it would be half a picture
            break
        stamps.fed(packet)
        try:
            for frame in packet.decode():
                yield frame, stamps.shown(frame.pts)
        except av.FFmpegError:  # mostly InvalidDataError, but GIF's decoder says that something is not permitted
            tally.damaged = True
            break
    try:
        for frame in stream.decode(None):
            yield frame, stamps.shown(frame.pts)
    except av.FFmpegError:
        tally.damaged = True


def _upright(frame: Any) -> NDArray[np.uint8]:
    """``uint8[H, W, 3]`` RGB as shown: the display matrix (quarter turns, mirroring) is applied to the pixels.

    Source: ISO/IEC 14496-12, 6.2.2: x' = a x + c y, y' = b x + d y, 16.16 fixed point, y down.
    """
    image = rgb_of(frame)
    matrix = _display_matrix(frame)
    if matrix is None:
        return image
    a, b, c, d = matrix
    if abs(b) > abs(a):
        image, across, down = image.transpose(1, 0, 2), c, b
    else:
        across, down = a, d
    return np.ascontiguousarray(image[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1])


def _of_hdr(frame: Any) -> tuple[str, ...]:
    kind = hdr_kind(frame)
    return () if kind is None else (f"it is HDR ({kind}); frames, and films made of them, are SDR (BT.709)",)


def _display_matrix(frame: Any) -> tuple[int, int, int, int] | None:
    """(a, b, c, d) of the frame's display matrix; None where it has none."""
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return None
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
    return a, b, c, d


def _pixel_aspect(frame: Any, stream: Any) -> Fraction:
    """Width of a pixel over its height, as shown; 1 where the file does not say it."""
    stored = Fraction(stream.sample_aspect_ratio or 0)
    matrix = _display_matrix(frame)
    if not 1 / WIDEST <= stored <= WIDEST:
        return Fraction(1)
    return 1 / stored if matrix is not None and abs(matrix[1]) > abs(matrix[0]) else stored
