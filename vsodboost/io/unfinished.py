"""Files of this process that are to be gone when it ends: temporary ones and locks. Imports nothing, for early use."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

unfinished: set[Path] = set()
"""Whoever makes such a file adds it before and discards it after."""


def remove_unfinished() -> None:
    """Delete them all: for a process that ends now, whatever it was doing."""
    for path in list(unfinished):
        with suppress(OSError):
            path.unlink(missing_ok=True)
        unfinished.discard(path)
