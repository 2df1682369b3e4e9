"""One image file in: whole or an error, never half a picture, and nothing that is no file or announces a huge size.

Maps and masks are read by ``masks``.

OpenCV decodes a file that was cut short without a word (grey below the cut, or a line printed by libjpeg), so the end
marks of JPEG and PNG are looked for first, and the lengths that headers announce. The header is read before
anything is decoded: see ``image_header`` and ``limits``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError
from vsodboost.io.image_header import ImageHeader, image_header
from vsodboost.io.limits import MAX_PIXELS, refuse_huge, refuse_special

KINDS = ("jpg", "jpeg", "png", "bmp", "webp", "tif", "tiff")
IMAGE_SUFFIXES = frozenset(f".{kind}" for kind in KINDS)
_HEAD = 1 << 24
"""Bytes within which the header of a picture lies; a TIFF's may lie anywhere."""


def is_image(path: Path) -> bool:
    """Whether the file name is that of a frame or map: one of ``KINDS`` in any case, not hidden."""
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def read_rgb(path: Path, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """The image as ``uint8[H, W, 3]`` RGB.

    Grey becomes RGB, 16 bits become 8 (the upper byte), transparency is dropped. An EXIF orientation is applied, as
    viewers and ``cv2.imread`` do.

    Raises:
        InputError: unreadable, cut short, no image at all or several in one file, no regular file, or more than
            ``max_pixels`` pixels.
    """
    return np.ascontiguousarray(decode(path, read_whole(path, max_pixels), cv2.IMREAD_COLOR)[:, :, ::-1])


def read_whole(path: Path, max_pixels: int = MAX_PIXELS) -> bytes:
    """Return the bytes of an image file.

    Raises:
        InputError: as ``read_rgb``.
    """
    data, header = _read(path, max_pixels)
    if _is_cut_short(data, header):
        raise InputError(f"{path} is cut short; copy or export it again")
    if header is None:
        raise InputError(f"{path} is not a readable image ({', '.join(KINDS)}); export it again, or remove it")
    if header.pictures > 1:
        raise InputError(f"{path} holds several pictures; a frame is one: export them one a file")
    return data


def decode(path: Path, data: bytes, flags: int) -> NDArray[Any]:
    """Decode the bytes of an image file with OpenCV's ``flags``. Raises InputError when they are no image."""
    try:
        with _quiet():  # what is wrong is said below, in a line that names the file
            image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise InputError(f"{path} cannot be decoded: {str(error).strip().splitlines()[0]}") from error
    if image is None:
        raise InputError(f"{path} is not a readable image; copy or export it again, or remove it")
    decoded: NDArray[Any] = image
    return decoded


@contextmanager
def _quiet() -> Iterator[None]:
    """OpenCV's own log is silent for the block."""
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)


def _read(path: Path, max_pixels: int) -> tuple[bytes, ImageHeader | None]:
    """The bytes of the file and its header; a file that is far too long for its picture is not read to its end."""
    refuse_special(path)
    try:
        with path.open("rb") as file:
            data = file.read(_HEAD)
            header = image_header(data)
            size = path.stat().st_size
            pixels = max_pixels if header is None else header.width * header.height
            if header is not None:
                refuse_huge(path, header.width, header.height, max_pixels)
            if size > 16 * pixels + 4 * _HEAD:
                raise InputError(f"{path} has {size / 1e9:.1f} GB, too many for a picture; export it again")
            if len(data) == _HEAD and (header is not None or data[:2] in (b"II", b"MM")):
                data += file.read()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if not data:
        raise InputError(f"{path} is an empty file")
    if header is None and len(data) > _HEAD:
        header = image_header(data)
        if header is not None:
            refuse_huge(path, header.width, header.height, max_pixels)
    return data, header


def _is_cut_short(data: bytes, header: ImageHeader | None) -> bool:
    if data.startswith(b"\xff\xd8"):
        return _is_cut_jpeg(data)
    if data.startswith(b"\x89PNG") and _is_cut_png(data):
        return True
    return header is not None and len(data) < header.needed


def _is_cut_png(data: bytes) -> bool:
    """Whether a chunk is longer than the file, or the end chunk is missing: OpenCV takes the memory for any length."""
    place = 8
    while place + 12 <= len(data):
        if data[place + 4 : place + 8] == b"IEND":
            return False
        place += 12 + int.from_bytes(data[place : place + 4], "big")
    return True


def _is_cut_jpeg(data: bytes) -> bool:
    """Whether the image data has no end mark. The header is walked first: a thumbnail in it has a mark of its own.

    Source: ITU-T T.81, annex B: segments with their lengths; FFD9 cannot occur in entropy-coded data.
    """
    place = 2
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            return False  # not as the standard wants it: the decoder shall judge
        marker = data[place + 1]
        if marker == 0xDA:  # start of scan
            return data.find(b"\xff\xd9", place) < 0
        if marker == 0xFF:  # a fill byte
            place += 1
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return True
