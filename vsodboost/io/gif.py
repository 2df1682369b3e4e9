"""Whether a GIF is whole, by its blocks and its compressed data: decoders give what they find, and say nothing.

Source: GIF89a specification (blocks and their sub-blocks, the graphic control extension, the trailer).
"""

from __future__ import annotations

import mmap
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_BEGINNING = re.compile(rb"\x21\xf9\x04....\x00\x2c", re.DOTALL)
"""A graphic control extension, and the mark of the picture that it is for."""
_SEARCHED = 1 << 31
"""Bytes of a file that is looked through for such beginnings."""


@dataclass(frozen=True)
class GifDamage:
    """``sound``: frames before the damage; ``frames``: about how many the file held."""

    sound: int
    frames: int


def gif_damage(path: Path) -> GifDamage | None:
    """What is left of a damaged GIF; None when it is whole, or no GIF. Its size must have been checked before.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        if not file.read(13).startswith(b"GIF8"):
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            pictures, whole = _walk(data)
            searched = len(data) <= _SEARCHED
            begun = {match.end() - 1 for match in _BEGINNING.finditer(data)} if searched else set()
    swallowed = min(begun - set(pictures), default=None)
    if swallowed is not None and pictures and swallowed < pictures[-1]:  # the blocks fell into step again behind it
        before = sum(picture < swallowed for picture in pictures)
        return GifDamage(max(before - 1, 0), len(begun | set(pictures)))
    if not whole:
        return GifDamage(max(len(pictures) - 1, 0), len(begun | set(pictures)))
    broken = _broken_frame(path)
    return None if broken is None else GifDamage(broken, len(pictures))


def _walk(data: mmap.mmap) -> tuple[list[int], bool]:
    """Where the pictures of the file begin, and whether all blocks are there, up to the end mark."""
    pictures: list[int] = []
    place = 13 + _colours(data[10]) if len(data) > 10 else 13
    while place < len(data):
        kind = data[place]
        if kind == _TRAILER:
            return pictures, True
        if kind == _IMAGE and place + 10 < len(data):
            pictures.append(place)
            place += 11 + _colours(data[place + 9])  # descriptor, table of colours, code size
        elif kind == _EXTENSION:
            place += 2
        else:
            return pictures, False
        while place < len(data) and data[place]:
            place += 1 + data[place]
        place += 1
    return pictures, False


def _colours(flags: int) -> int:
    """Bytes of the table of colours that follows when the highest bit of ``flags`` is set."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _broken_frame(path: Path) -> int | None:
    """Index of the first frame whose compressed data is broken, None when all are sound: Pillow says so."""
    from PIL import Image

    index = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(path) as film:
                while True:
                    film.seek(index)
                    film.load()
                    index += 1
        except EOFError:
            return None
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            return index
