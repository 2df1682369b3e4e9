"""The size of a picture, read from its header before anything is decoded.

A few bytes may announce 30000 x 30000 pixels, and decoders take the memory for them before they find out that there is
nothing more. Sources: ISO/IEC 15948 (PNG), ITU-T T.81 annex B (JPEG), RFC 9649 (WebP), TIFF 6.0 and BigTIFF, GIF89a,
the BITMAPFILEHEADER and netpbm's pages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

DEFLATE = 1032
"""Bytes that one byte of compressed data can stand for, at the most (RFC 1951: 258 by two bits)."""
LZW = 2048
"""The same for LZW: codes of 12 bits for strings of up to 4096 bytes, of which each is one longer than the last."""
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG's markers SOF0 to SOF15; DHT, JPG and DAC lie between them."""


@dataclass(frozen=True)
class ImageHeader:
    """What a header announces: ``width`` and ``height`` in px as stored, and how many ``pictures`` the file holds.

    ``needed`` is how many bytes the file must have at the least: as many as the header says, or as that many pixels
    take when they are compressed as far as the method can.
    """

    width: int
    height: int
    pictures: int = 1
    needed: int = 0


def image_header(data: bytes) -> ImageHeader | None:
    """The header of PNG, JPEG, WebP, TIFF, BMP, GIF or netpbm ``data``; None for anything else, or when it is cut."""
    for mark, read in _READERS:
        if data.startswith(mark):
            try:
                return read(data)
            except (IndexError, KeyError, ValueError):
                return None
    return None


def _int(data: bytes, place: int, length: int, order: str = "little", *, signed: bool = False) -> int:
    part = data[place : place + length]
    if len(part) < length:
        raise IndexError
    return int.from_bytes(part, "big" if order == "big" else "little", signed=signed)


def _png(data: bytes) -> ImageHeader:
    pictures, place = 1, 8
    while data[place + 4 : place + 8] not in (b"IDAT", b"IEND", b""):
        if data[place + 4 : place + 8] == b"acTL":  # APNG
            pictures = _int(data, place + 8, 4, "big")
        place += 12 + _int(data, place, 4, "big")
    width, height = _int(data, 16, 4, "big"), _int(data, 20, 4, "big")
    bits = data[24] * {2: 3, 4: 2, 6: 4}.get(data[25], 1)
    return ImageHeader(width, height, pictures, width * bits // 8 * height // DEFLATE)


def _jpeg(data: bytes) -> ImageHeader:
    place = 2
    for _ in range(4096):
        place = data.index(b"\xff", place)  # what lies between segments is passed over, as by libjpeg
        marker = data[place + 1]
        if marker in (0x00, 0xFF):  # no marker, a fill byte
            place += 1
            continue
        if marker in _FRAME_HEADERS:
            return ImageHeader(_int(data, place + 7, 2, "big"), _int(data, place + 5, 2, "big"))
        alone = marker == 0x01 or 0xD0 <= marker <= 0xD9
        place += 2 if alone else 2 + max(2, _int(data, place + 2, 2, "big"))
    raise ValueError


def _webp(data: bytes) -> ImageHeader:
    kind, needed = data[12:16], 8 + _int(data, 4, 4)
    if data[8:12] != b"WEBP":
        raise ValueError
    if kind == b"VP8X":
        animated = data[20] & 2
        pictures = max(2, data.count(b"ANMF")) if animated else 1
        return ImageHeader(1 + _int(data, 24, 3), 1 + _int(data, 27, 3), pictures, needed)
    if kind == b"VP8L":
        bits = _int(data, 21, 4)
        return ImageHeader(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), 1, needed)
    if kind != b"VP8 ":
        raise ValueError
    return ImageHeader(_int(data, 26, 2) & 0x3FFF, _int(data, 28, 2) & 0x3FFF, 1, needed)


def _bmp(data: bytes) -> ImageHeader:
    needed = _int(data, 2, 4)
    if _int(data, 14, 4) == 12:  # OS/2
        return ImageHeader(_int(data, 18, 2), _int(data, 20, 2), 1, needed)
    width, height = abs(_int(data, 18, 4, signed=True)), abs(_int(data, 22, 4, signed=True))
    if _int(data, 30, 4) in (0, 3):  # not compressed
        needed = max(needed, (width * _int(data, 28, 2) + 31) // 32 * 4 * height)
    return ImageHeader(width, height, 1, needed)


def _gif(data: bytes) -> ImageHeader:
    return ImageHeader(_int(data, 6, 2), _int(data, 8, 2))


def _netpbm(data: bytes) -> ImageHeader:
    bare = re.sub(rb"#[^\n]*\n", b" ", data[:4096])
    found = re.match(rb"P[1-6]\s+(\d{1,9})\s+(\d{1,9})\s", bare)
    if found is None:
        raise ValueError
    return ImageHeader(int(found[1]), int(found[2]))


_SIZES = {1: 1, 3: 2, 4: 4, 13: 4, 16: 8}
"""Bytes of TIFF's types of whole numbers: BYTE, SHORT, LONG, IFD, LONG8."""
_WANTED = frozenset({254, 256, 257, 258, 259, 262, 273, 277, 279, 322, 323, 324, 325})
"""NewSubfileType, sides of the image, bits of a sample, compression, photometric interpretation, offsets of strips,
samples of a pixel, lengths of strips; sides, offsets and lengths of tiles."""
_RATIOS = {1: 1, 5: LZW, 8: DEFLATE, 32773: 64, 32946: DEFLATE}
"""How far TIFF's methods compress: none, LZW, deflate, PackBits, deflate."""


def _tiff(data: bytes) -> ImageHeader:
    """The first picture's size, or that of its tiles where it is larger: a decoder holds a whole one."""
    order = "little" if data[:2] == b"II" else "big"
    wide = _int(data, 2, 2, order) == 43  # BigTIFF
    tags, following = _directory(data, _int(data, 8 if wide else 4, 8 if wide else 4, order), order, wide)
    sides = [(tags[256][0], tags[257][0])]
    sides += [(tags[322][0], tags[323][0])] if {322, 323} <= set(tags) else []
    width, height = max(sides, key=lambda side: side[0] * side[1])
    ends = [0]
    for starts, lengths in ((273, 279), (324, 325)):
        ends += [a + b for a, b in zip(tags.get(starts, []), tags.get(lengths, []), strict=False)]
    ratio = _RATIOS.get(tags.get(259, [1])[0])
    if ratio is not None and tags.get(262) != [6]:  # YCbCr may be stored with fewer pixels of colour
        bits = tags.get(258, [1])[0] * tags.get(277, [1])[0]
        ends.append(tags[256][0] * bits // 8 * tags[257][0] // ratio)
    pictures, looked = 1, 0
    while following and looked < 16:  # a thumbnail or a mask (bits 0 and 2) is no picture of its own
        more, following = _directory(data, following, order, wide)
        pictures, looked = pictures + (not more.get(254, [0])[0] & 5), looked + 1
    return ImageHeader(width, height, pictures, max(ends))


def _directory(data: bytes, at: int, order: str, wide: bool) -> tuple[dict[int, list[int]], int]:
    """The tags of a TIFF directory that are wanted here, and where the next directory is (0: there is none)."""
    count_size, entry_size, word = (8, 20, 8) if wide else (2, 12, 4)
    count = _int(data, at, count_size, order)
    if count > 4096:
        raise ValueError
    tags: dict[int, list[int]] = {}
    for index in range(count):
        entry = at + count_size + entry_size * index
        tag = _int(data, entry, 2, order)
        if tag in _WANTED and tag not in tags:
            tags[tag] = _values(data, entry, order, word)
    return tags, _int(data, at + count_size + entry_size * count, word, order)


def _values(data: bytes, entry: int, order: str, word: int) -> list[int]:
    """The values of a tag of whole numbers, of which there is at least one."""
    size = _SIZES[_int(data, entry + 2, 2, order)]
    count = _int(data, entry + 4, word, order)
    place = entry + 4 + word
    if size * count > word:
        place = _int(data, place, word, order)
    part = data[place : place + size * count]
    if count == 0 or len(part) < size * count:
        raise IndexError
    values: list[int] = np.frombuffer(part, f"{'<' if order == 'little' else '>'}u{size}").tolist()
    return values


_READERS = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"\xff\xd8", _jpeg),
    (b"RIFF", _webp),
    (b"II*\x00", _tiff),
    (b"MM\x00*", _tiff),
    (b"II+\x00", _tiff),
    (b"MM\x00+", _tiff),
    (b"BM", _bmp),
    (b"GIF8", _gif),
    *((b"P%d" % kind, _netpbm) for kind in range(1, 7)),
)
