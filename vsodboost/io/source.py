"""Videos in: how the paths a user gives become sources."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from vsodboost.data.errors import UsageError
from vsodboost.data.video import Frame, VideoSource, natural_key
from vsodboost.io.discovery import discover
from vsodboost.io.frame_folder import FrameFolder
from vsodboost.io.image_file import is_image
from vsodboost.io.video_file import VIDEO_SUFFIXES

__all__ = ["Frame", "VideoSource", "open_inputs"]


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
