"""Whether a Matroska or WebM file is whole: its demuxer passes over what is missing or damaged without a word.

Source: RFC 8794 (EBML: variable-size integers, unknown sizes, CRC-32) and RFC 9559 (Matroska: Segment, Cluster).
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import BinaryIO

EBML_HEADER = 0x1A45DFA3
SEGMENT = 0x18538067
CLUSTER = 0x1F43B675
SIMPLE_BLOCK = 0xA3
CRC = 0xBF
# SeekHead, Info, Tracks, Cluster, Cues, Attachments, Chapters, Tags: what a Segment holds, and what may stand anywhere
_TOP = frozenset({0x114D9B74, 0x1549A966, 0x1654AE6B, CLUSTER, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367})
_ANYWHERE = frozenset({CRC, 0xEC})
# Timestamp, SilentTracks, Position, PrevSize, SimpleBlock, BlockGroup, EncryptedBlock
_IN_CLUSTER = frozenset({0xE7, 0x5854, 0xA7, 0xAB, SIMPLE_BLOCK, 0xA0, 0xAF}) | _ANYWHERE
_PIECE = 1 << 20


class _BrokenError(Exception):
    """What stands at this place (bytes from the beginning of the file) is no Matroska."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


def missing_bytes(path: Path) -> int | None:
    """How many bytes of the Segment are missing: 0 for a whole file; None when no Matroska, or its size is unknown.

    A recorder that was killed, or a live stream, leaves the size unknown.
    """
    with path.open("rb") as file:
        if not _enter_segment(file):
            return None
        size = _size(file)
        if size is None:
            return None
        return max(0, file.tell() + size - path.stat().st_size)


def damage(path: Path) -> tuple[int, bool] | None:
    """Where a Matroska file is damaged within, in bytes, and whether clusters (the film) follow behind that place.

    None when all elements down to the blocks are where their sizes say, and all checksums of clusters agree; or when
    the file is no Matroska. That the end is missing is no damage: see ``missing_bytes``. The whole file is read.
    """
    with path.open("rb") as file:
        if not _enter_segment(file):
            return None
        total = path.stat().st_size
        size = _size(file)
        end = 1 << 63 if size is None else file.tell() + size
        try:
            while file.tell() < min(end, total):
                _top_element(file, end, total, cut=end > total)
        except _BrokenError as broken:
            return broken.place, _holds_cluster(file, broken.place + 1)
        return None


def _top_element(file: BinaryIO, end: int, total: int, *, cut: bool) -> None:
    """Pass over one child of a Segment that ends at ``end``; with ``cut`` its last one may end with the file.

    Raises:
        _BrokenError: the element, or the content of a cluster, is not as it should be.
    """
    place = file.tell()
    name = _number(file, keep_marker=True)
    size = _size(file)
    content = file.tell()
    if cut and content >= total:
        return
    if name not in _TOP | _ANYWHERE or (size is None and name != CLUSTER) or content + (size or 0) > end:
        raise _BrokenError(place)
    if size is not None and content + size > total:
        if not cut or _holds_cluster(file, content):  # a size that is no size
            raise _BrokenError(place)
        file.seek(total)
    elif name != CLUSTER:
        file.seek(content + (size or 0))
    elif size is None:
        _walk_open_cluster(file, total)
    elif not _checksum_agrees(file, content, size, place):
        file.seek(content)
        while file.tell() < content + size:
            _cluster_element(file, content + size)


def _checksum_agrees(file: BinaryIO, content: int, size: int, place: int) -> bool:
    """True when the cluster has a checksum that agrees, False when it has none; raises _BrokenError when it differs."""
    if _number(file, keep_marker=True) != CRC or _size(file) != 4:
        return False
    stated, found, left = int.from_bytes(file.read(4), "little"), 0, content + size - file.tell()
    while left > 0:
        piece = file.read(min(_PIECE, left))
        if not piece:
            return True
        found, left = zlib.crc32(piece, found), left - len(piece)
    if found != stated:
        raise _BrokenError(place)
    return True


def _walk_open_cluster(file: BinaryIO, total: int) -> None:
    """Pass over a cluster of unknown size, which ends where the next one begins."""
    while file.tell() < total:
        place = file.tell()
        name = _number(file, keep_marker=True)
        file.seek(place)
        if name in _TOP:
            return
        _cluster_element(file, total, cut=True)


def _cluster_element(file: BinaryIO, end: int, *, cut: bool = False) -> None:
    """Pass over one child of a cluster; with ``cut`` it may reach beyond ``end``."""
    place = file.tell()
    name = _number(file, keep_marker=True)
    size = _size(file)
    content = file.tell()
    if cut and content >= end:
        return
    if name not in _IN_CLUSTER or size is None or (content + size > end and not cut):
        raise _BrokenError(place)
    if name == SIMPLE_BLOCK and (size < 4 or file.read(1) == b"\0"):  # a block of no track
        raise _BrokenError(place)
    file.seek(content + size)


def _holds_cluster(file: BinaryIO, place: int) -> bool:
    """Whether the mark of a cluster stands anywhere from ``place`` on."""
    mark = CLUSTER.to_bytes(4, "big")
    file.seek(place)
    before = b""
    while piece := file.read(_PIECE):
        if mark in before + piece:
            return True
        before = piece[-3:]
    return False


def _enter_segment(file: BinaryIO) -> bool:
    """Whether this is Matroska; then the file stands at the size of the Segment."""
    if _number(file, keep_marker=True) != EBML_HEADER:
        return False
    header = _size(file)
    if header is None:
        return False
    file.seek(header, 1)
    return _number(file, keep_marker=True) == SEGMENT


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
