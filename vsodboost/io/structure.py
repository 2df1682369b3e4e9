"""Whether the parts of an FLV or a fragmented MP4 file follow each other as their sizes say.

Demuxers look for the next part that makes sense and say nothing of what lies between. Sources: Adobe's FLV file format
10.1 (tags, PreviousTagSize), ISO/IEC 14496-12 (boxes; ``moof`` begins a fragment).
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO


def broken_at(path: Path) -> tuple[int, bool] | None:
    """Where (in bytes) an FLV or fragmented MP4 is broken, and whether more of the film is behind; None when it is not.

    None also for other formats: an MP4 in one piece counts its frames, and what follows it is not its business.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(9)
        if head.startswith(b"FLV"):
            place = _flv(file, int.from_bytes(head[5:9], "big"), path.stat().st_size)
            return None if place is None else (place, True)
        if head[4:8] in (b"ftyp", b"styp"):
            return _fragments(file, path.stat().st_size)
        return None


def _flv(file: BinaryIO, place: int, end: int) -> int | None:
    place += 4
    while place + 11 <= end:
        file.seek(place)
        head = file.read(11)
        size = int.from_bytes(head[1:4], "big")
        following = place + 11 + size
        if head[0] & 0x1F not in (8, 9, 18) or head[8:] != b"\0\0\0":
            return place
        if following + 4 > end:
            return None  # cut within its last tag
        file.seek(following)
        if int.from_bytes(file.read(4), "big") not in (size + 11, size, 0):  # some writers count otherwise
            return place
        place = following + 4
    return None


def _fragments(file: BinaryIO, end: int) -> tuple[int, bool] | None:
    place = 0
    while place + 8 <= end:
        file.seek(place)
        head = file.read(16)
        size, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if size == 1:
            size = int.from_bytes(head[8:], "big")
        if size == 0 and kind == b"mdat":
            return None  # up to the end of the file
        if size < 8 or not kind.isalnum():
            return place, _holds(file, place + 1, b"moof")
        place += size
    return None


def _holds(file: BinaryIO, place: int, mark: bytes) -> bool:
    file.seek(place)
    before = b""
    while piece := file.read(1 << 20):
        if mark in before + piece:
            return True
        before = piece[-len(mark) :]
    return False
