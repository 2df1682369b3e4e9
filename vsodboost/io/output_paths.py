"""Where outputs go: always inside ``--out``, whatever a video or frame is called."""

from __future__ import annotations

import os
from pathlib import Path

from vsodboost.data.errors import InputError, UsageError

FORBIDDEN = frozenset("/\\" + ('<>:"|?*' if os.name == "nt" else ""))
LONGEST = 220
"""Bytes of a name; file systems allow 255 with what is put around it, as in a lock's temporary name, 33 bytes more."""


def safe_name(name: str) -> str:
    """``name``, when it can be the name of one file or folder; refused otherwise, not silently changed.

    Maps are found by these names later, so a renamed one would be lost.

    Raises:
        InputError: empty, ``.``, ``..``, hidden, too long, not UTF-8, or with a separator (of any system) or a control
            character.
    """
    try:
        length = len(name.encode("utf-8"))
    except UnicodeEncodeError as error:  # bytes of another encoding, which Python hands on as surrogates
        raise InputError(f"{name!r} is a name that is not UTF-8; rename the video or frame") from error
    if not name or name.startswith(".") or any(char in FORBIDDEN or ord(char) < 32 for char in name):
        raise InputError(f"{name!r} cannot be the name of an output file or folder; rename the video or frame")
    if length > LONGEST:
        raise InputError(
            f"{name!r} is too long for the name of an output file or folder ({length} bytes, {LONGEST} at most); "
            "rename the video or frame"
        )
    return name


def printable(text: object) -> str:
    """The text of a path or name as any terminal and file takes it: control characters, and bytes that are not UTF-8,
    become escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text))


def video_folder(out: str | Path, video: str) -> Path:
    """``<out>/<video>``, not created.

    Raises:
        InputError: the name leads out of ``out``, directly or through a link.
    """
    folder = Path(out) / safe_name(video)
    if folder.is_symlink() and not folder.resolve().is_relative_to(Path(out).resolve()):
        raise InputError(f"{folder} is a link that leads out of {out}; remove it or choose another -o")
    return folder


def refuse_output_over_input(out: str | Path, video: str, source: Path) -> None:
    """Raise UsageError when the maps of ``video`` would land among its own frames (or input maps) at ``source``."""
    if source.exists() and video_folder(out, video).resolve() == source.resolve():
        raise UsageError(f"the output folder {Path(out) / video} is the input itself; choose another -o")


def refuse_unwritable(out: str | Path) -> None:
    """Raise UsageError when nothing could be written to ``out``; nothing is made, so a full disk is not noticed."""
    place = Path(out).absolute()
    try:
        while not place.exists() and place != place.parent:
            place = place.parent
    except OSError as error:  # a name that is too long, a folder closed to us on the way
        raise UsageError(f"cannot write to the output folder {out}: {error.strerror}; choose another -o") from error
    if not place.is_dir():
        raise UsageError(f"cannot write to the output folder {out}: {place} is a file; choose another -o")
    if not os.access(place, os.W_OK | os.X_OK):
        raise UsageError(
            f"cannot write to the output folder {out}: {place} is read-only or not ours; choose another -o"
        )
