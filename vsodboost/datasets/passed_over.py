"""What is passed over on the way to the videos, and how the user is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vsodboost.io.image_file import is_image
from vsodboost.io.output_paths import printable
from vsodboost.io.resume import DONE, STARTED
from vsodboost.io.video_file import is_video

SYSTEM = frozenset(
    name.lower()
    for name in (
        "__MACOSX",  # archives made by macOS
        "@eaDir",  # Synology
        "@Recycle",  # QNAP
        "#recycle",
        "$RECYCLE.BIN",
        "System Volume Information",
        "lost+found",
        "__pycache__",
        "Thumbs.db",
        "desktop.ini",
    )
)
"""Folders and files that systems leave among a user's own, in lower case; others (.DS_Store) are hidden."""
SHOWN = 3
"""Names a line gives of one kind."""
_WORDS = {
    "results": ("folder of earlier results", "folders of earlier results"),
    "system": ("file or folder of the system", "files and folders of the system"),
    "hidden": ("hidden file or folder", "hidden files and folders"),
    "empty": ("folder without frames", "folders without frames"),
    "deeper": ("folder of videos", "folders of videos"),
    "inner": ("folder of frames beside the frames", "folders of frames beside the frames"),
    "other": ("other file", "other files"),
}


def is_system(path: Path) -> bool:
    """Whether a file or folder is one that systems make, by its name."""
    return path.name.lower() in SYSTEM


def is_results(folder: Path) -> bool:
    """Whether an earlier run wrote a folder: a video's results (``run.json``, a state file), or nothing but such."""
    return _made(folder, (DONE, STARTED, "run.json"))


def is_surely_results(folder: Path) -> bool:
    """As ``is_results``, but by our state files alone: others may have a ``run.json`` beside their frames, too."""
    return _made(folder, (DONE, STARTED))


def _made(folder: Path, marks: Sequence[str]) -> bool:
    def is_marked(place: Path) -> bool:
        return any((place / mark).is_file() for mark in marks)

    try:
        children = [child for child in folder.iterdir() if not child.name.startswith(".") and not is_system(child)]
    except OSError:
        return False
    folders = [child for child in children if child.is_dir()]
    own = any(not child.is_dir() and (is_image(child) or is_video(child)) for child in children)
    return is_marked(folder) or (bool(folders) and not own and all(map(is_marked, folders)))


@dataclass
class PassedOver:
    """Collects what is passed over, by the folder it lies in and its kind, a key of ``_WORDS``."""

    _found: dict[Path, dict[str, list[str]]] = field(default_factory=dict)

    def add(self, path: Path, kind: str) -> None:
        """Note one file or folder."""
        names = self._found.setdefault(path.parent, {}).setdefault(kind, [])
        if not names or path.name != names[-1]:  # met twice: a pattern such as ** gives a folder and what it is in
            names.append(path.name)

    def update(self, other: PassedOver) -> None:
        """Take over what another one collected."""
        for folder, kinds in other._found.items():
            for kind, names in kinds.items():
                for name in names:
                    self.add(folder / name, kind)

    def notes(self, within: Path | None = None) -> list[str]:
        """A line a folder (of those in ``within``, itself among them): what was passed over in it, how many, and the
        first names."""
        lines = []
        for folder, kinds in self._found.items():
            if within is not None and not folder.is_relative_to(within):
                continue
            parts = [_counted(kind, kinds[kind]) for kind in _WORDS if kind in kinds]
            mend = f"; '{_pattern(folder, kinds['deeper'])}' takes the videos in folders" if "deeper" in kinds else ""
            lines.append(printable(f"passed over in {folder}: {', '.join(parts)}{mend}"))
        return lines


def holds_videos(folder: Path) -> bool:
    """Whether there are video files directly in a folder."""
    return bool(_suffixes(folder))


def _pattern(folder: Path, names: Sequence[str]) -> Path:
    """The glob that takes the videos in folders of these names: of one suffix, if all have that."""
    suffixes = {suffix for name in names for suffix in _suffixes(folder / name)}
    return folder / "*" / ("*" + suffixes.pop() if len(suffixes) == 1 else "*")


def _suffixes(folder: Path) -> set[str]:
    """Suffixes of the video files directly in a folder; none where it cannot be read."""
    try:
        return {child.suffix for child in folder.iterdir() if is_video(child) and child.is_file()}
    except OSError:
        return set()


def _counted(kind: str, names: Sequence[str]) -> str:
    more = ", ..." if len(names) > SHOWN else ""
    return f"{len(names)} {_WORDS[kind][len(names) > 1]} ({', '.join(names[:SHOWN])}{more})"
