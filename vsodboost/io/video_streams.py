"""Opening a video file with PyAV, and which of its streams is the film.

PyAV is imported when the first video file is opened: beside OpenCV it prints warnings on macOS, and folders of frames
do without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from vsodboost.data.errors import InputError
from vsodboost.io.image_header import image_header
from vsodboost.io.limits import MAX_PIXELS, refuse_huge, refuse_special

# Text that points to other files or hosts, still images: formats which a file may be, but which are no video file.
REFUSED_FORMATS = ("concat", "hls", "dash", "image2", "lavfi", "sdp", "rtsp")
# AV_DISPOSITION_ATTACHED_PIC, _TIMED_THUMBNAILS and _STILL_IMAGE: a cover, pictures of chapters, a poster.
_PICTURES = 0x400 | 0x800 | 0x100000
_DEFAULT = 0x1
FEW = 0.1
"""A stream with less than this share of the frames of another one is a poster or a slide show beside the film."""
ALIKE = 0.9
"""Streams with at least this share of the most frames are as long as each other; then the larger picture counts."""
COUNTED = 4000
"""Packets that are looked at to count frames which no header counts."""


@dataclass(frozen=True)
class Opened:
    """An open file: the PyAV ``container``, the video ``stream`` that is the film, and what to tell the user."""

    container: Any
    stream: Any
    notes: tuple[str, ...] = field(default=())


@contextmanager
def opened(path: Path, max_pixels: int = MAX_PIXELS, film: int | None = None) -> Iterator[Opened]:
    """Open a video file; every failure inside the block is an InputError that names the file.

    ``film`` is the index of the stream to take, where it is known from an earlier time.

    Raises:
        InputError: no regular file, empty, unreadable, no video, a codec without a decoder, a name that is not UTF-8,
            or a picture that announces more than ``max_pixels`` pixels (nothing of it was decoded then).
    """
    refuse_special(path)
    _refuse_pictures(path, max_pixels)
    import av

    try:
        with _open(av, path, max_pixels) as container:
            name = container.format.name
            if name.endswith("_pipe") or any(part in REFUSED_FORMATS for part in name.split(",")):
                raise InputError(f"{path} is not a video ({name})")
            if film is None:
                stream, notes = _film(path, container, lambda: _open(av, path, max_pixels))
            else:
                stream, notes = container.streams[film], ()
            width, height = _sides(stream)
            refuse_huge(path, width, height, max_pixels)
            # Frame threads ("AUTO") swallow errors, lose good frames before a damaged one, and hold a frame each.
            stream.codec_context.thread_type = "SLICE"
            stream.codec_context.options = {"max_pixels": str(max_pixels)}  # sizes may change in the middle
            yield Opened(container, stream, notes)
    except av.error.EOFError as error:
        raise InputError(f"{path} holds no frame that can be decoded") from error
    except av.FFmpegError as error:
        raise InputError(f"cannot read {path}: {reason(error)}; is it a whole video file?") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeEncodeError as error:
        raise InputError(f"{str(path)!r} is a name that is not UTF-8; rename the video") from error


def _refuse_pictures(path: Path, max_pixels: int) -> None:
    """Raise InputError for an empty file, a still picture, and a GIF that announces a huge one.

    FFmpeg decodes a frame of these when it opens them, in memory for the size that is announced.
    """
    try:
        with path.open("rb") as file:
            head = file.read(1 << 16)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if not head:
        raise InputError(f"{path} is an empty file")
    if head.startswith(b"RIFF") and head[8:12] != b"WEBP":
        return  # AVI
    header = image_header(head)
    if header is not None:
        refuse_huge(path, header.width, header.height, max_pixels)
        if not head.startswith((b"GIF8", b"\xff\xd8")):  # JPEG after JPEG is a film, too
            raise InputError(f"{path} is a picture, not a video; give the folder of the frames")


def _open(av: Any, path: Path, max_pixels: int) -> Any:
    """Open the file; PyAV 19 has no ``metadata_errors`` any more and never fails over text that is not UTF-8."""
    # Only local files: a playlist named .mp4 must not make us fetch anything. The absolute path keeps a colon in a
    # file name from being read as a protocol.
    arguments: dict[str, Any] = {"container_options": {"protocol_whitelist": "file"}}
    if int(av.__version__.partition(".")[0]) >= 18:  # before, `options` crashed on files like FLV
        arguments["options"] = {"max_pixels": str(max_pixels)}
    try:
        return av.open(str(path.absolute()), metadata_errors="ignore", **arguments)
    except TypeError:
        return av.open(str(path.absolute()), **arguments)


def reason(error: Any) -> str:
    """What FFmpeg says of an error."""
    log = getattr(error, "log", None)
    said = log[1][2].strip() if log and log[1] else ""
    return said or error.strerror or "unknown error"


def _film(path: Path, container: Any, again: Callable[[], Any]) -> tuple[Any, tuple[str, ...]]:
    """The stream that is the film, and a note when there was a choice.

    Covers, posters and thumbnails are none. Of the others that is taken which the file marks as its default, then that
    of the most frames, then that of the most pixels. ``again`` opens the file once more.
    """
    streams = [stream for stream in container.streams.video if not _disposition(stream) & _PICTURES]
    if not streams:
        raise InputError(f"{path} holds no video")
    if all(stream.codec_context is None for stream in streams):
        raise InputError(f"{path}: there is no decoder for its codec; convert it to H.264")
    streams = [stream for stream in streams if stream.codec_context is not None]
    if len(streams) == 1:
        return streams[0], ()
    counts = _counts(streams, again)
    most = max(counts.values())
    films = [stream for stream in streams if counts[stream.index] >= FEW * most]
    films = [stream for stream in films if _disposition(stream) & _DEFAULT] or films
    longest = max(counts[stream.index] for stream in films)
    films = [stream for stream in films if counts[stream.index] >= ALIKE * longest]
    film = max(films, key=lambda stream: (_pixels(stream), counts[stream.index], -stream.index))
    width, height = _sides(film)
    taken = f"number {film.index} ({width}x{height}) is taken for the film"
    return film, (f"it holds {len(streams)} video streams; {taken}",)


def _counts(streams: Sequence[Any], again: Callable[[], Any]) -> dict[int, int]:
    """Frames by stream index: as announced, else as met among the first packets."""
    counts = {stream.index: int(stream.frames or 0) for stream in streams}
    if all(counts.values()):
        return counts
    met = dict.fromkeys(counts, 0)
    with again() as container:
        for packet in islice(container.demux([container.streams[index] for index in met]), COUNTED):
            met[packet.stream.index] += bool(packet.size)
    return met


def _pixels(stream: Any) -> int:
    width, height = _sides(stream)
    return width * height


def _sides(stream: Any) -> tuple[int, int]:
    return int(stream.codec_context.width or 0), int(stream.codec_context.height or 0)


def _disposition(stream: Any) -> int:
    """FFmpeg's flags of the stream; 0 where PyAV is too old to tell."""
    flags = getattr(stream, "disposition", 0)
    return int(getattr(flags, "value", flags) or 0)
