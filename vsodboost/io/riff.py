"""How many frames an AVI file holds: its header also counts those that a camera dropped and did not store.

Source: Microsoft's AVI RIFF file reference (the ``idx1`` chunk; chunks of no length stand for dropped frames).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Avi:
    """``stored``: frames that the index lists, without the dropped ones (None: there is no one index for all of them).

    ``whole``: all parts are as long as they say, or do not say it, as in a file that was never finished.
    """

    stored: int | None
    whole: bool


def read_avi(path: Path, stream: int) -> Avi | None:
    """What an AVI says of its stream number ``stream`` (from 0); None for another format.

    There is no one index in a file that was cut, and in one of several parts (OpenDML: more than a GB).

    Raises:
        OSError: the file cannot be read.
    """
    total = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"AVI ":
            return None
        length = int.from_bytes(head[4:8], "little")
        end = 8 + length
        whole = end <= total or length in (0, 0xFFFFFFFF)
        file.seek(end + end % 2)
        if whole and file.read(4) == b"RIFF":
            return Avi(None, whole)
        file.seek(12)
        while file.tell() + 8 <= min(end, total):
            chunk = file.read(8)
            length = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"idx1":
                return Avi(_listed(file.read(length), stream), whole)
            file.seek(length + length % 2, 1)
        return Avi(None, whole)


def _listed(index: bytes, stream: int) -> int:
    """Entries of 16 bytes: the name of a chunk ("00dc": stream 0, compressed video), flags, place, length."""
    entries = np.frombuffer(index[: len(index) // 16 * 16], np.dtype([("name", "S4"), ("rest", "<u4", 3)]))
    names = [f"{stream:02d}{kind}".encode() for kind in ("dc", "db")]
    return int((np.isin(entries["name"], names) & (entries["rest"][:, 2] > 0)).sum())
