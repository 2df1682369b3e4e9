"""The files that one video's results are made of: its own, and those that its options' folders hold for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vsodboost.data.video import VideoSource, files_of
from vsodboost.io.file_prints import differs, print_of
from vsodboost.io.image_file import is_image
from vsodboost.io.map_folder import OWN
from vsodboost.pipeline.options import Options

FLOW = (".flo", ".npz")
BACKWARD = "backward"
"""Folder of a video's backward flow, within that of its flow."""


class MadeOf:
    """The files behind a video and the options of a run; they are looked at when asked. Frames in memory have none."""

    def __init__(self, source: VideoSource, options: Options) -> None:
        self._source, self._options = source, options

    def prints(self) -> dict[str, dict[str, str]]:
        """Return the print of each part (``io.file_prints``), without those that cannot be looked at."""
        found = {}
        for part, _, files in self._parts():
            try:
                found[part] = print_of(files)
            except OSError:
                continue
        return found

    def changed(self, before: Any) -> Path | None:
        """Return where there are other files now than ``prints`` told ``before``; None where there are the same, or
        nobody knows."""
        known = before if isinstance(before, dict) else {}
        for part, place, files in self._parts():
            try:
                if differs(files, known.get(part)):
                    return place
            except OSError:
                continue
        return None

    def _parts(self) -> Iterator[tuple[str, Path, list[Path]]]:
        """What a part is called, where it lies, and its files."""
        files = files_of(self._source)
        if files:
            yield "video", self._source.path, list(files)
        for option, folder in _folders(self._options):
            try:
                own = _data(folder / self._source.name)
                if own and option == "flow":
                    own += _data(folder / self._source.name / BACKWARD)
                yield option, folder / self._source.name if own else folder, own or _data(folder)
            except OSError:
                continue


def _folders(options: Options) -> Iterator[tuple[str, Path]]:
    """The folders that options name. Flow that the run itself fills in is no input."""
    named = {"target": options.target.partition(":")[2]}
    if "fill" not in options.flow_options:
        named["flow"] = options.flow.partition(":")[2]
    for part in ("target", "booster", "flow", "detector"):
        values = getattr(options, f"{part}_options")
        named |= {f"{part}-option {name}": value for name, value in values.items()}
    for option, value in named.items():
        try:
            if isinstance(value, str) and value and Path(value).expanduser().is_dir():
                yield option, Path(value).expanduser()
        except (OSError, RuntimeError, ValueError):  # no path at all
            continue


def _data(folder: Path) -> list[Path]:
    """Maps, labels and flow in a folder. What a run of ours wrote beside maps may change."""
    if not folder.is_dir():
        return []
    files = [file for file in folder.iterdir() if is_image(file) or file.suffix.lower() in FLOW]
    return [file for file in files if file.stem not in OWN and file.is_file()]
