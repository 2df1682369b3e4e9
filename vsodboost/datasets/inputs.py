"""Videos in: how the paths a user gives become sources."""

from __future__ import annotations

import glob
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from vsodboost.data.errors import UsageError
from vsodboost.data.video import Frame, UnreadableSource, VideoSource, natural_order
from vsodboost.datasets.discovery import Discovery
from vsodboost.datasets.layout import Layout
from vsodboost.datasets.passed_over import SHOWN, PassedOver, is_results, is_surely_results, is_system
from vsodboost.datasets.reading import LAYOUTS
from vsodboost.io.frame_folder import FrameFolder
from vsodboost.io.image_file import is_image
from vsodboost.io.limits import MAX_PIXELS
from vsodboost.io.video_file import is_video

__all__ = ["Frame", "Inputs", "VideoSource", "open_inputs"]


class Inputs(list[VideoSource]):
    """Videos, and ``notes``: lines that tell the user what was passed over on the way to them, and how much.
    ``data_sets`` are lines on the folders that were read as a data set: ``DAVSOD: davsod, 35 sequences``."""

    def __init__(
        self, sources: Iterable[VideoSource] = (), notes: Iterable[str] = (), data_sets: Iterable[str] = ()
    ) -> None:
        super().__init__(sources)
        self.notes = tuple(notes)
        self.data_sets = tuple(data_sets)


def open_inputs(
    paths: Sequence[str | Path],
    max_pixels: int = MAX_PIXELS,
    rename: Callable[[VideoSource, int], str] | None = None,
    *,
    layout: str | None = None,
    layouts: Sequence[Layout] = LAYOUTS,
) -> Inputs:
    """The videos behind ``paths``, in the order given, those inside a folder or glob in natural order.

    A path is a video file, a folder of frames (``image_file.KINDS``), a DAVIS root (``JPEGImages/480p/<video>/`` or
    ``JPEGImages/<video>/``), a folder of frame folders or of video files, or a glob pattern. Frames given one by one
    (what the shell makes of ``clip/*.jpg``) form one video a folder. The same video given twice counts once.

    Folders without frames, what systems leave behind and results of earlier runs are passed over, also where the shell
    gives them one by one; ``notes`` of the answer count them. A frame of more than ``max_pixels`` pixels is refused
    when it is read, before it is decoded.

    Data sets are recognised by ``layouts``; with ``layout``, a name among these, every path is read as one of that.

    Two videos of the same name are refused rather than renamed: maps, ground truth and earlier results are found by
    the video's name, and a renamed video would silently lose them. ``rename`` says how each is to be called, given its
    number from 1.

    Raises:
        UsageError: a path does not exist, holds no video or has not the layout asked for, or two videos have the same
            name.
    """
    if not paths:
        raise UsageError("no input given; name a video file, a folder of frames, a DAVIS root or a glob pattern")
    passed = PassedOver()
    discovery = Discovery(passed, max_pixels, layout, layouts)
    found: list[VideoSource] = []
    for given, is_match in _expanded(paths, max_pixels):
        if not isinstance(given, Path):
            if layout is not None:
                raise UsageError(f"{given.path}: single frames have no layout {layout}; give the data set's folder")
            found.append(given)
        elif not _passes(given, passed):
            inside = discovery.at(given)
            if is_match and given.is_dir() and all(isinstance(source, UnreadableSource) for source in inside):
                passed.add(given, "empty")
            else:
                found.extend(inside)
    notes = passed.notes()
    if not found:
        listed = ", ".join(map(str, paths[:SHOWN])) + (", ..." if len(paths) > SHOWN else "")
        raise UsageError(f"there is no video in {listed}: {'; '.join(notes)}")
    sources: dict[str, VideoSource] = {}
    for number, source in enumerate(found, 1):
        if rename is not None:
            object.__setattr__(source, "name", rename(source, number))  # unreadable ones are frozen
        other = sources.setdefault(_on_disk(source.name), source)
        if other.path.resolve() != source.path.resolve():
            raise UsageError(
                f"two videos are named {source.name!r}: {other.path} and {source.path}; "
                "rename one, run them apart with an -o of their own, or name the results by "
                "--name-template {parent}_{name}"
            )
    return Inputs(sources.values(), notes, discovery.data_sets)


def _on_disk(name: str) -> str:
    """What tells a video's folder from others: the disks of macOS and Windows make no difference between ``Clip`` and
    ``clip``, nor between an accent of its own and one that is part of its letter."""
    if sys.platform in ("darwin", "win32"):
        return unicodedata.normalize("NFC", name).casefold()
    return name


def _passes(path: Path, passed: PassedOver) -> bool:
    """Whether a folder that was given is none of the user's videos: his system's, or an earlier run's results."""
    if not path.is_dir() or not (is_system(path) or is_results(path)):
        return False
    if is_system(path):
        passed.add(path, "system")
    elif is_surely_results(path) or not any(is_image(child) for child in path.iterdir()):
        passed.add(path, "results")
    else:
        return False
    return True


def _expanded(paths: Sequence[str | Path], max_pixels: int) -> list[tuple[Path | VideoSource, bool]]:
    """Globs expanded, and loose frames gathered into one source a folder, at the place of the first of them.

    Beside each is whether it came from a glob.
    """
    found: list[tuple[Path | VideoSource, bool]] = []
    loose: dict[Path, list[Path]] = {}
    places: dict[Path, int] = {}
    for text in paths:
        matches, is_match = _matches(text)
        for path in matches:
            if is_image(path) and not path.is_dir():
                if path.parent not in loose:
                    places[path.parent] = len(found)
                    found.append((path, is_match))
                loose.setdefault(path.parent, []).append(path)
            else:
                found.append((path, is_match))
    for folder, files in loose.items():
        found[places[folder]] = (FrameFolder(folder, files=files, max_pixels=max_pixels), False)
    return found


def _matches(text: str | Path) -> tuple[list[Path], bool]:
    """The paths behind one that was given, and whether it is a glob."""
    path = Path(text).expanduser()
    if path.exists():
        return [path], False
    if not glob.has_magic(str(path)):
        raise UsageError(f"no such file or folder: {text}")
    matches = [Path(match) for match in natural_order(glob.glob(str(path), recursive=True))]  # noqa: PTH207 - a pattern may be absolute
    usable = [match for match in matches if match.is_dir() or is_video(match) or is_image(match)]
    if not usable:
        what = f"matches {len(matches)} files, but no video, frame or folder" if matches else "matches nothing"
        raise UsageError(f"the pattern {text} {what}")
    return usable, True
