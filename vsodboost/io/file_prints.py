"""What files hold, told without reading them whole: by it results know whether what they were made of is still there.

Files are taken as the same where names, sizes and times of change are. Where only times differ, as after a copy to
another machine, their ends and middles are read and compared.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

BLOCK = 4096
"""Bytes that are read at the beginning, in the middle and at the end of a file; a smaller file is read whole."""


def print_of(files: Sequence[Path]) -> dict[str, str]:
    """Return the print of files that belong together, in whatever order: ``times`` tells those that nobody touched,
    ``content`` those that hold the same. Raises OSError."""
    return {"times": _times(files), "content": _content(files)}


def differs(files: Sequence[Path], before: Any) -> bool:
    """Whether files are others than those whose print was ``before``; anything else than a print says nothing. Raises
    OSError."""
    if not isinstance(before, dict) or not {"times", "content"} <= before.keys():
        return False
    return bool(before["times"] != _times(files)) and bool(before["content"] != _content(files))


def _times(files: Sequence[Path]) -> str:
    found = sha256()
    for file in _ordered(files):
        about = file.stat()
        found.update(_named(file, about.st_size) + b"%d\n" % about.st_mtime_ns)
    return found.hexdigest()


def _content(files: Sequence[Path]) -> str:
    found = sha256()
    for file in _ordered(files):
        with file.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            found.update(_named(file, size))
            for start in sorted({0, max(0, (size - BLOCK) // 2), max(0, size - BLOCK)}):
                opened.seek(start)
                found.update(opened.read(BLOCK))
    return found.hexdigest()


def _named(file: Path, size: int) -> bytes:
    return b"%s\0%d\0" % (_name(file), size)


def _ordered(files: Sequence[Path]) -> list[Path]:
    """The files by name. Raises OSError for what is none: opening a pipe would wait for its writer."""
    odd = next((file for file in files if not file.is_file()), None)
    if odd is not None:
        raise FileNotFoundError(f"{odd} is no file")
    return sorted(files, key=_name)


def _name(file: Path) -> bytes:
    """The file's own name; disks differ in how they compose accents."""
    return unicodedata.normalize("NFC", file.name).encode("utf-8", "surrogateescape")
