"""One image file in: whole or an error, never half a picture. Maps and masks are read by ``masks``.

OpenCV decodes a file that was cut short without a word (grey below the cut, or a line printed by libjpeg), so the end
marks of JPEG, PNG and BMP are looked for first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})


def is_image(path: Path) -> bool:
    """Whether the file name is that of a frame or map: jpg, jpeg, png or bmp in any case, not hidden."""
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """The image as ``uint8[H, W, 3]`` RGB.

    Grey becomes RGB, 16 bits become 8 (the upper byte), transparency is dropped. An EXIF orientation is applied, as
    viewers and ``cv2.imread`` do; PNG and BMP have none.

    Raises:
        InputError: unreadable, cut short, or no image at all.
    """
    return np.ascontiguousarray(decode(path, read_whole(path), cv2.IMREAD_COLOR)[:, :, ::-1])


def read_whole(path: Path) -> bytes:
    """Return the bytes of an image file.

    Raises:
        InputError: unreadable, empty, or cut short.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if not data:
        raise InputError(f"{path} is an empty file")
    if _is_cut_short(data):
        raise InputError(f"{path} is cut short; copy or export it again")
    return data


def decode(path: Path, data: bytes, flags: int) -> NDArray[Any]:
    """Decode the bytes of an image file with OpenCV's ``flags``. Raises InputError when they are no image."""
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise InputError(f"{path} cannot be decoded: {str(error).strip().splitlines()[0]}") from error
    if image is None:
        raise InputError(f"{path} is not a readable image; copy or export it again, or remove it")
    decoded: NDArray[Any] = image
    return decoded


def _is_cut_short(data: bytes) -> bool:
    if data.startswith(b"\xff\xd8"):
        return _is_cut_jpeg(data)
    if data.startswith(b"\x89PNG"):
        return b"IEND" not in data
    return data.startswith(b"BM") and len(data) < int.from_bytes(data[2:6], "little")


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
