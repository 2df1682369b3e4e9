"""One image file as it was written: its pixels, palette and transparency, before anybody decides what they mean."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from vsodboost.data.errors import InputError
from vsodboost.io.image_file import decode, read_whole
from vsodboost.io.limits import MAX_PIXELS

Pixels = NDArray[Any]
"""``uint8`` or ``uint16``."""
_PNG_DEPTH, _PNG_COLOUR = 24, 25
"""Places of the bit depth and of the colour type in a PNG (ISO/IEC 15948, 11.2.2)."""


@dataclass(frozen=True)
class RawImage:
    """``pixels`` are grey ``[H, W]``, colours ``[H, W, 3]`` RGB or, where there is a ``palette uint8[256, 3]``, places
    in it ``uint8[H, W]``. ``alpha [H, W]`` is the transparency (0: nothing is seen), None where the file has none.
    ``lossy`` files (JPEG, WebP) have ringing around edges.
    """

    path: Path
    pixels: Pixels
    palette: NDArray[np.uint8] | None = None
    alpha: Pixels | None = None
    lossy: bool = False

    @property
    def is_colour(self) -> bool:
        """Whether the pixels are colours."""
        return self.pixels.ndim == 3

    @property
    def size(self) -> int:
        """Bytes of pixels and transparency."""
        return self.pixels.nbytes + (0 if self.alpha is None else self.alpha.nbytes)

    def coloured(self) -> RawImage:
        """Return the image with the colours of its palette instead of places in it."""
        if self.palette is None:
            return self
        return RawImage(self.path, self.palette[self.pixels], None, self.alpha, self.lossy)


def read_raw(path: Path, max_pixels: int = MAX_PIXELS) -> RawImage:
    """Read an image file of 8 or 16 bits. A JPEG's EXIF orientation is applied, as it is to frames.

    Raises:
        InputError: unreadable, cut short, no image at all, of other numbers than 8- or 16-bit ones, or of more than
            ``max_pixels`` pixels.
    """
    data = read_whole(path, max_pixels)
    if data.startswith(b"\x89PNG") and data[_PNG_DEPTH] == 16 and data[_PNG_COLOUR] != 0:
        return _of_arrays(path, decode(path, data, cv2.IMREAD_UNCHANGED), lossy=False)
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            lossy = image.format in ("JPEG", "MPO") or _is_lossy_webp(data)
            return _of_pillow(path, ImageOps.exif_transpose(image) if lossy else image, lossy)
    except UnidentifiedImageError:
        return _of_arrays(path, decode(path, data, cv2.IMREAD_UNCHANGED), lossy=False)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"{path} is not a readable image ({error}); copy or export it again, or remove it") from error


def _of_pillow(path: Path, image: Image.Image, lossy: bool) -> RawImage:
    if image.mode == "F":
        raise InputError(f"{path} holds floating-point numbers; save it as 8- or 16-bit grey")
    if image.mode in ("P", "PA"):
        alpha = np.asarray(image.convert("RGBA").getchannel("A")) if _is_transparent(image) else None
        places = image.getchannel("P") if image.mode == "PA" else image
        return RawImage(path, np.asarray(places), _palette(image), alpha, lossy)
    if image.mode.startswith("I"):  # 16 bits; Pillow opens some as 32
        wide = np.asarray(image)
        if wide.min() < 0 or wide.max() > np.iinfo(np.uint16).max:
            raise InputError(f"{path} holds {wide.min()} to {wide.max()}, not 8 or 16 bits; save it as 8-bit grey")
        return RawImage(path, wide.astype(np.uint16), lossy=lossy)
    if image.mode in ("1", "L", "LA") or (image.mode == "La"):
        if not _is_transparent(image):
            return RawImage(path, np.asarray(image.convert("L")), lossy=lossy)
        both = np.asarray(image.convert("LA"))
        return RawImage(path, both[..., 0].copy(), None, both[..., 1].copy(), lossy)
    if not _is_transparent(image):
        return RawImage(path, np.asarray(image.convert("RGB")), lossy=lossy)
    four = np.asarray(image.convert("RGBA"))
    return RawImage(path, four[..., :3].copy(), None, four[..., 3].copy(), lossy)


def _is_transparent(image: Image.Image) -> bool:
    return "transparency" in image.info or image.mode in ("LA", "La", "PA", "RGBA", "RGBa")


def _palette(image: Image.Image) -> NDArray[np.uint8]:
    entries = np.zeros((256, 3), np.uint8)
    given = np.array(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)[:256]
    entries[: len(given)] = given
    return entries


def _of_arrays(path: Path, image: Pixels, *, lossy: bool) -> RawImage:
    """The image as OpenCV gives it: blue first."""
    if image.dtype not in (np.uint8, np.uint16):
        raise InputError(f"{path} holds {image.dtype} numbers; save it as 8- or 16-bit grey")
    if image.ndim == 2 or image.shape[2] == 1:
        return RawImage(path, image.reshape(image.shape[:2]), lossy=lossy)
    alpha = image[:, :, 3].copy() if image.shape[2] == 4 else None
    return RawImage(path, np.ascontiguousarray(image[:, :, 2::-1]), None, alpha, lossy)


def _is_lossy_webp(data: bytes) -> bool:
    """Whether a WebP's image chunk is a lossy one (RFC 9649: RIFF chunks, ``VP8 `` beside ``VP8L``)."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return False
    place = 12
    while place + 8 <= len(data):
        if data[place : place + 4] == b"VP8 ":
            return True
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        place += 8 + size + size % 2
    return False
