"""What is refused before it is opened or decoded: what is no regular file, and pictures that announce a huge size."""

from __future__ import annotations

import stat
from pathlib import Path

from vsodboost.data.errors import InputError, UsageError, VsodboostError

MAX_PIXELS = 1 << 27
"""Pixels of one frame, 134 million (16K video): as RGB they take 0.4 GB, and a buffer holds up to a hundred frames."""

_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISDIR, "a folder"),
)


def special(path: Path) -> str | None:
    """What ``path`` is when it is no regular file ("a named pipe", "a device" ...), None when it is one.

    The file is not opened: opening a pipe waits for its writer, and opening a device may do anything. Links are
    followed. None, too, for what is not there or cannot be looked at: reading it will say so.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(mode):
        return None
    return next((what for is_kind, what in _KINDS if is_kind(mode)), "no regular file")


def refuse_special(path: Path) -> None:
    """Raise InputError when ``path`` is a pipe, a device, a socket or a folder; it is never opened."""
    what = special(path)
    if what is not None:
        raise InputError(f"{path} is {what}, not a file; remove it, or copy what it gives into a file")


def refuse_endless(path: Path, kind: type[VsodboostError] = UsageError) -> None:
    """Raise an error of a ``kind`` when ``path`` is a pipe, a device or a socket, where reading may wait for ever."""
    what = special(path)
    if what is not None and not path.is_dir():
        raise kind(f"{path} is {what}, not a file; copy what it gives into a file, and name that")


def refuse_huge(path: Path, width: int, height: int, max_pixels: int = MAX_PIXELS) -> None:
    """Raise InputError when a header announces more than ``max_pixels`` pixels."""
    if width * height > max_pixels:
        raise InputError(
            f"{path} announces {width}x{height} pixels, more than the {max_pixels:,} that are "
            "decoded; its header is damaged, or it must be made smaller (or allowed by --max-pixels, with a smaller "
            "--buffer)"
        )
