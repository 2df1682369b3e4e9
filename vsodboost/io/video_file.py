"""A video file as a stream of frames, by PyAV; what is missing from a damaged file is always said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError
from vsodboost.data.video import FOLDER_FPS, Frame
from vsodboost.io.matroska import missing_bytes

VIDEO_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        "mp4",
        "m4v",
        "mov",
        "mkv",
        "webm",
        "avi",
        "mpg",
        "mpeg",
        "ts",
        "mts",
        "m2ts",
        "wmv",
        "flv",
        "ogv",
        "3gp",
        "y4m",
        "gif",
    )
)
# Text that points to other files or hosts, still images: formats which a file may be, but which are no video file.
REFUSED_FORMATS = ("concat", "hls", "dash", "image2", "lavfi", "sdp", "rtsp")
BROADCAST = ("mpegts",)  # made to be cut and joined anywhere, and its demuxer marks good packets as corrupt at a join
TOLERANCE = 0.5  # seconds by which a container may overstate its duration


@dataclass
class RunSummary:
    """What was met while reading: packets of the video, where it and the last stream end (seconds), damage."""

    packets: int = 0
    video_end: float = 0.0
    end: float = 0.0
    damaged: bool = False

    def note(self, packet: Any, is_video: bool) -> None:
        self.packets += is_video
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is not None and packet.time_base:
            stop = float((stamp + (packet.duration or 0)) * packet.time_base)
            self.end = max(self.end, stop)
            self.video_end = max(self.video_end, stop) if is_video else self.video_end


@dataclass(frozen=True)
class _Header:
    """What a container announces; None for what it does not say."""

    fps: float
    frames: int | None
    seconds: float | None
    stream_seconds: float | None
    edits: bool
    """The container may leave out frames it counts (edit lists of MP4 and MOV), so a low count alone proves nothing."""
    size: tuple[int, int]

    @property
    def length(self) -> int | None:
        return self.frames or (None if self.seconds is None else max(1, round(self.seconds * self.fps)))

    def cut_short(self, tally: RunSummary, missing: int | None) -> bool:
        """Whether less was met than announced; ``missing`` is the exact answer of Matroska, in bytes."""
        if missing is not None:
            return missing > 0
        if self.frames:
            early = self.stream_seconds is None or self.stream_seconds - tally.video_end > 1.5 / self.fps
            return tally.packets < self.frames and (early or not self.edits)
        return self.seconds is not None and self.seconds - tally.end > TOLERANCE


class VideoFile:
    """A video file; frames come as they are shown (rotation applied), at the stored size, alpha dropped.

    Every stored frame counts once, also where the frame rate varies. Frame names are the zero-padded index: five
    digits, more for a video that announces more frames.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem

    @cached_property
    def _header(self) -> _Header | InputError:
        try:
            with _opened(self.path) as (container, stream):
                return self._read_header(container, stream)
        except InputError as error:
            return error

    def _read_header(self, container: Any, stream: Any) -> _Header:
        first = next(_decoded(container, stream, RunSummary()), None)
        if first is None:
            raise InputError(f"{self.path} holds no frame that can be decoded")
        rate = stream.average_rate or stream.guessed_rate
        height, width = _upright(first).shape[:2]
        return _Header(
            fps=float(rate) if rate else FOLDER_FPS,
            frames=stream.frames or None,
            seconds=container.duration / av.time_base if container.duration else None,
            stream_seconds=float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None,
            edits="mp4" in container.format.name,
            size=(height, width),
        )

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
        if isinstance(self._header, InputError):
            raise self._header
        digits = self._digits(self._header)
        first: tuple[int, ...] | None = None
        count = 0
        tally = RunSummary()
        with _opened(self.path) as (container, stream):
            for count, decoded in enumerate(_decoded(container, stream, tally), start=1):
                name = f"{count - 1:0{digits}d}"
                image = _upright(decoded)
                first = first or image.shape
                if image.shape != first:
                    raise InputError(
                        f"{self.path}: frame {name} is {image.shape[1]}x{image.shape[0]}, but the first is "
                        f"{first[1]}x{first[0]}; all frames of a video must have one size"
                    )
                yield Frame(name, image)
        self._check_whole(count, tally, self._header)

    @staticmethod
    def _digits(header: _Header) -> int:
        return max(5, len(str((header.length or 1) - 1)))

    def _check_whole(self, decoded: int, tally: RunSummary, header: _Header) -> None:
        """Raise when the file holds less than it announces, or part of it is damaged."""
        if decoded == 0:
            raise InputError(f"{self.path} holds no frame that can be decoded")
        if not tally.damaged and not header.cut_short(tally, missing_bytes(self.path)):
            return
        about = "" if header.frames else "about "
        announced = f" of {about}{header.length}" if header.length and header.length >= decoded else ""
        raise InputError(
            f"{self.path} is damaged or cut short: only {decoded}{announced} frames could be decoded; export it again"
        )


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """The container and its main video stream; every failure inside is an InputError naming the file."""
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise InputError(f"{path} is an empty file")
        # Only local files: a playlist named .mp4 must not make us fetch anything. The absolute path keeps a colon in
        # a file name from being read as a protocol.
        options = {"protocol_whitelist": "file"}  # not `options`, which crashes PyAV < 18 on FLV
        with av.open(str(path.absolute()), container_options=options, metadata_errors="ignore") as container:
            name = container.format.name
            if name.endswith("_pipe") or any(part in REFUSED_FORMATS for part in name.split(",")):
                raise InputError(f"{path} is not a video ({name})")
            streams = [stream for stream in container.streams.video if not _is_cover(stream)]
            if not streams:
                raise InputError(f"{path} holds no video")
            if all(stream.codec_context is None for stream in streams):
                raise InputError(f"{path}: there is no decoder for its codec; convert it to H.264")
            streams = [stream for stream in streams if stream.codec_context is not None]
            stream = max(streams, key=_pixels)
            # Frame threads ("AUTO") swallow errors, lose good frames before a damaged one, and hold a frame each.
            stream.codec_context.thread_type = "SLICE"
            yield container, stream
    except av.error.EOFError as error:
        raise InputError(f"{path} holds no frame that can be decoded") from error
    except av.FFmpegError as error:
        raise InputError(f"cannot read {path}: {_reason(error)}; is it a whole video file?") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def _reason(error: av.FFmpegError) -> str:
    log = getattr(error, "log", None)
    said = log[1][2].strip() if log and log[1] else ""
    return said or error.strerror or "unknown error"


def _pixels(stream: Any) -> int:
    return int(stream.codec_context.width or 0) * int(stream.codec_context.height or 0)


def _is_cover(stream: Any) -> bool:
    return "attached_pic" in str(getattr(stream, "disposition", "")).lower()


def _decoded(container: Any, stream: Any, tally: RunSummary) -> Iterator[Any]:
    """Decoded frames until the end or the first damaged packet; ``tally`` learns what was met on the way.

    The packets of all streams are demuxed: only the latest of them tells where a file without a frame count ends.
    """
    for packet in container.demux():
        ours = packet.stream_index == stream.index if hasattr(packet, "stream_index") else packet.stream is stream
        if packet.size:
            tally.note(packet, ours)
        if not ours or not packet.size:
            continue
        if packet.is_corrupt and container.format.name not in BROADCAST:
            tally.damaged = True  # decoded, it would be half a picture
            break
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            tally.damaged = True
            break
    try:
        yield from stream.decode(None)
    except (av.error.InvalidDataError, av.error.EOFError):
        tally.damaged = True


def _upright(frame: Any) -> NDArray[np.uint8]:
    """``uint8[H, W, 3]`` RGB as shown: the display matrix (quarter turns, mirroring) is applied to the pixels.

    Source: ISO/IEC 14496-12, 6.2.2: x' = a x + c y, y' = b x + d y, 16.16 fixed point, y down.
    """
    image: NDArray[np.uint8] = frame.to_ndarray(format="rgb24")
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return image
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
    if abs(b) > abs(a):
        image, across, down = image.transpose(1, 0, 2), c, b
    else:
        across, down = a, d
    return np.ascontiguousarray(image[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1])
