"""Whether a Matroska or WebM file was cut: its demuxer stops silently, but the file says how long it should be.

Source: RFC 8794 (EBML: variable-size integers, unknown sizes) and RFC 9559 (Matroska: the Segment element).
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

EBML_HEADER = 0x1A45DFA3
SEGMENT = 0x18538067


def missing_bytes(path: Path) -> int | None:
    """How many bytes of the Segment are missing: 0 for a whole file; None when no Matroska, or its size is unknown.

    A recorder that was killed, or a live stream, leaves the size unknown.
    """
    with path.open("rb") as file:
        if _number(file, keep_marker=True) != EBML_HEADER:
            return None
        header = _size(file)
        if header is None:
            return None
        file.seek(header, 1)
        if _number(file, keep_marker=True) != SEGMENT:
            return None
        size = _size(file)
        if size is None:
            return None
        return max(0, file.tell() + size - path.stat().st_size)


def _number(file: BinaryIO, keep_marker: bool) -> int | None:
    """An EBML variable-size integer (RFC 8794, section 4); identifiers keep their marker bit, sizes drop it."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    length = 9 - first[0].bit_length()
    value = int.from_bytes(first + file.read(length - 1), "big")
    return value if keep_marker else value & ~(1 << 7 * length)


def _size(file: BinaryIO) -> int | None:
    start = file.tell()
    value = _number(file, keep_marker=False)
    unknown = value is None or value == (1 << 7 * (file.tell() - start)) - 1
    return None if unknown else value
