"""Videos in: what a source is, and how paths become sources."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vsodboost.errors import InputError, UsageError

FOLDER_FPS = 24.0
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
    return [*parts, (2, 0, text)]


def open_inputs(paths: Sequence[str | Path]) -> list[VideoSource]:
    """The videos behind ``paths``, in the order given, those inside a folder or glob in natural order.

    A path is a video file, a folder of frames (jpg, jpeg, png, bmp), a DAVIS root (``JPEGImages/480p/<video>/`` or
    ``JPEGImages/<video>/``), a folder of frame folders or of video files, or a glob pattern. Frames given one by one
    (what the shell makes of ``clip/*.jpg``) form one video a folder. The same video given twice counts once.

    Two videos of the same name are refused rather than renamed: maps, ground truth and earlier results are found by
    the video's name, and a renamed video would silently lose them.

    Raises:
        UsageError: a path does not exist or holds no video, or two videos have the same name.
    """
    from vsodboost.io.discovery import discover

    if not paths:
        raise UsageError("no input given; name a video file, a folder of frames, a DAVIS root or a glob pattern")
    found: list[VideoSource] = []
    for path in _expanded(paths):
        found.extend(discover(path) if isinstance(path, Path) else [path])
    sources: dict[str, VideoSource] = {}
    for source in found:
        other = sources.setdefault(source.name, source)
        if other.path.resolve() != source.path.resolve():
            raise UsageError(
                f"two videos are named {source.name!r}: {other.path} and {source.path}; "
                "rename one, or run them apart with an -o of their own"
            )
    return list(sources.values())


def _expanded(paths: Sequence[str | Path]) -> list[Path | VideoSource]:
    """Globs expanded, and loose frames gathered into one source a folder, at the place of the first of them."""
    from vsodboost.io.frame_folder import FrameFolder
    from vsodboost.io.image_file import is_image

    found: list[Path | VideoSource] = []
    loose: dict[Path, list[Path]] = {}
    places: dict[Path, int] = {}
    for text in paths:
        for path in _matches(text):
            if is_image(path) and path.is_file():
                if path.parent not in loose:
                    places[path.parent] = len(found)
                    found.append(path)
                loose.setdefault(path.parent, []).append(path)
            else:
                found.append(path)
    for folder, files in loose.items():
        found[places[folder]] = FrameFolder(folder, files=files)
    return found


def _matches(text: str | Path) -> list[Path]:
    from vsodboost.io.image_file import is_image

    path = Path(text).expanduser()
    if path.exists():
        return [path]
    if not glob.has_magic(str(path)):
        raise UsageError(f"no such file or folder: {text}")
    matches = [Path(match) for match in sorted(glob.glob(str(path), recursive=True), key=natural_key)]  # noqa: PTH207 - a pattern may be absolute
    usable = [match for match in matches if match.is_dir() or match.suffix.lower() in VIDEO_SUFFIXES or is_image(match)]
    if not usable:
        what = f"matches {len(matches)} files, but no video, frame or folder" if matches else "matches nothing"
        raise UsageError(f"the pattern {text} {what}")
    return usable
