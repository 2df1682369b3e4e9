"""Files that writers made of a video: are they there, and which of them go when the video is made anew.

``run.json`` names them by writer, as paths below the video's folder with ``/``; ``{frame}`` in one stands for every
frame's name. So does the marker of an unfinished video, whose frames nobody knows yet.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from glob import escape
from pathlib import Path
from typing import Any

from vsodboost.data.errors import InputError
from vsodboost.io.atomic import write_errors, write_text
from vsodboost.io.output_paths import safe_name
from vsodboost.io.resume import DONE, STARTED, begun, record_in

FRAME = "{frame}"
UNNAMED: dict[str, tuple[str, ...]] = {
    "overlay": ("overlay.mp4",),
    "sheet": ("contact_sheet.png",),
    "alpha": ("alpha.mov", "alpha.webm", "alpha/{frame}.png"),
    "cutout": ("cutout/{frame}.png", "cutout.mp4"),
    "masks": ("masks/{frame}.png",),
    "doubt": ("doubt/{frame}.png",),
    "rle": ("coco.json",),
    "yolo": ("yolo/images/{frame}.jpg", "yolo/labels/{frame}.txt", "yolo/data.yaml"),
    "cvat": ("cvat.zip",),
}
"""What our writers may have made where a ``run.json`` has their names alone."""
PAGES = ("report.html", "report.json")
"""What ``vsodboost report`` makes, too, without a note."""


def files_of(entry: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the files by writer that an entry of ``run.json`` or a marker names; nothing where it is damaged."""
    found = entry.get("files")
    if not isinstance(found, dict):
        return {}
    return {str(writer): [str(name) for name in names] for writer, names in found.items() if isinstance(names, list)}


def entries(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what a ``run.json`` says was written, the latest last: at once, and later on."""
    added = run.get("added")
    return [e for e in (run.get("write"), *(added if isinstance(added, list) else ())) if isinstance(e, dict)]


def absent(folder: Path, names: Iterable[str], frames: Sequence[str]) -> list[str]:
    """Return those of the files ``names`` of a video with these ``frames`` that are not there."""
    listed: dict[Path, set[str]] = {}
    lost = []
    for path in paths(folder, names, frames):
        if path.parent not in listed:
            listed[path.parent] = set()
            with suppress(OSError):  # no folder, or one that is closed to us
                listed[path.parent] = {entry.name for entry in path.parent.iterdir()}
        if path.name not in listed[path.parent]:
            lost.append(path.relative_to(folder).as_posix())
    return lost


def earlier_files(folder: Path) -> list[Path]:
    """Return what earlier runs of ours made in a video's folder beside maps and table, also those that were killed;
    nothing without a marker of ours."""
    if not (folder / DONE).exists() and not (folder / STARTED).exists():
        return []
    named = [*PAGES, *(name for entry in entries(record_in(folder / "run.json")) for name in _named(entry))]
    unfinished = [name for names in files_of(begun(folder)).values() for name in names]
    found = [*paths(folder, named, _frames(folder)), *paths(folder, unfinished, None)]
    return [path for path in dict.fromkeys(found) if path.is_file() or path.is_symlink()]


def note_begun(folder: Path, files: Mapping[str, Sequence[str]]) -> None:
    """Add the ``files`` that writers are about to make to the marker of the unfinished video. Raises VsodboostError."""
    write_text(folder / STARTED, json.dumps({**begun(folder), "files": files}))


def remove(folder: Path, files: Iterable[Path]) -> None:
    """Delete ``files`` of a video's ``folder``, and the folders below it that are empty then. Nothing is deleted that
    a link leads to.

    Raises:
        VsodboostError: one cannot be deleted.
    """
    home, emptied = folder.resolve(), set[Path]()
    for file in files:
        if not file.parent.resolve().is_relative_to(home):
            continue
        with write_errors(file):
            file.unlink(missing_ok=True)
        emptied |= {place for place in file.parents if place != folder and place.is_relative_to(folder)}
    for place in sorted(emptied, key=lambda path: len(path.parts), reverse=True):
        with suppress(OSError):  # somebody else's files are in it
            place.rmdir()


def _named(entry: Mapping[str, Any]) -> Iterator[str]:
    """The files that an entry names, or those that its writers are known for."""
    files, writers = files_of(entry), entry.get("writers")
    for names in files.values():
        yield from names
    for writer in writers if isinstance(writers, list) else ():
        if str(writer) not in files:
            yield from UNNAMED.get(str(writer).partition(":")[0], ())


def paths(folder: Path, names: Iterable[str], frames: Sequence[str] | None) -> Iterator[Path]:
    """Where the files lie, of all frames that there are where ``frames`` is None. What cannot be the path of an output
    is passed over."""
    for name in names:
        with suppress(InputError):
            if FRAME not in name:
                yield _path(folder, name)
            elif frames is not None:
                for frame in frames:
                    yield _path(folder, name.replace(FRAME, frame))
            else:
                _path(folder, name)
                yield from sorted(folder.glob(escape(name).replace(FRAME, "*")))


def _path(folder: Path, name: str) -> Path:
    return folder.joinpath(*(safe_name(part) for part in name.split("/")))


def _frames(folder: Path) -> list[str]:
    """The frames of the table that lies in the folder, as far as it can be read."""
    try:
        with (folder / "frames.csv").open(encoding="utf-8", newline="") as file:
            return [row["frame"] for row in csv.DictReader(file) if row.get("frame")]
    except (OSError, ValueError, csv.Error):
        return []
