"""Which part of a map, mask or label file tells the mask: its transparency, palette, colours or grey."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from vsodboost.data.errors import InputError
from vsodboost.io.border import border_of
from vsodboost.io.colour_facts import FEW, FlatColours, are_of_davis, davis_palette, flat_colours, is_grey, luminance
from vsodboost.io.raw_image import Pixels, RawImage

CLEAR, OPAQUE = 8, 247
"""Alpha of 255 up to which nothing is seen, and from which on what is behind is not."""
ASIDE = "save masks as black and white without transparency"


@dataclass(frozen=True)
class Part:
    """What is to be read of a file: ``plane [H, W]`` is its ``alpha``, its ``places`` in the palette, or its ``grey``;
    of ``colours [H, W, 3]``, ``flat`` are the objects'."""

    form: Literal["alpha", "places", "colours", "grey"]
    plane: Pixels
    lossy: bool = False
    flat: FlatColours | None = None


def part_of(image: RawImage, *, alpha: bool, places: bool) -> Part:
    """Return what tells the mask in a file of a sequence for which these two are decided.

    Raises:
        InputError: it is a picture, or everything in it is transparent.
    """
    if image.alpha is not None and not _adds_nothing(image, image.alpha):
        if alpha and (varies(image.alpha) or image.alpha.max() <= _of_full(image.alpha, CLEAR)):
            return Part("alpha", image.alpha)
        if varies(image.alpha):
            raise InputError(f"{image.path} is transparent in places, other files of its folder are not; {ASIDE}")
        if image.alpha.max() == 0:
            if np.ptp(image.pixels.reshape(image.alpha.size, -1), axis=0).any():
                raise InputError(f"{image.path} is transparent everywhere, whatever its colours are; {ASIDE}")
            return Part("grey", np.zeros(image.alpha.shape, np.uint8))
    if image.palette is not None:
        if places and may_be_places(image):
            return Part("places", image.pixels)
        image = image.coloured()
    if not image.is_colour:
        return Part("grey", image.pixels, image.lossy)
    if is_grey(image.pixels, lossy=image.lossy):
        return Part("grey", luminance(image.pixels), image.lossy)
    flat = flat_colours(_in_8_bits(image.pixels), lossy=image.lossy)
    if flat is None:
        more = ", and nothing is erased in it" if alpha else ""
        raise InputError(
            f"{image.path} is a picture in colour (a photograph, a heat map), no mask or map{more}; "
            "maps are grey, masks white on black"
        )
    if not flat.black and not are_of_davis(flat):
        raise InputError(f"{image.path} is drawn in colours, but not on black, so its background is unknown; {ASIDE}")
    return Part("colours", _in_8_bits(image.pixels), image.lossy, flat)


def alpha_is_the_mask(images: Iterable[RawImage]) -> bool:
    """Whether the transparency of a sequence tells its masks: whether it varies in any of the files.

    Raises:
        InputError: it varies but nothing is transparent, or the colours hold another mask.
    """
    found, clear, around = None, False, True
    for image in images:
        alpha = image.alpha
        if alpha is not None and varies(alpha) and not _adds_nothing(image, alpha):
            _check_drawing(image, alpha)
            found, clear = image, clear or bool(alpha.min() <= _of_full(alpha, 32))
            border = border_of(alpha)
            around &= bool((border >= _of_full(alpha, OPAQUE)).mean() > 0.95)
    if found is not None and not clear:
        raise InputError(
            f"{found.path} is half transparent in places and nowhere wholly, so what it marks is unknown; {ASIDE}"
        )
    if found is not None and around:
        raise InputError(
            f"{found.path} is transparent within what is not, as where the object was erased and not the rest; {ASIDE}"
        )
    return found is not None


def palettes_are_numbers(images: Iterable[RawImage]) -> bool:
    """Whether the places in the palettes of a sequence are numbers of objects, and not grey levels or a picture's
    colours: a coloured palette that begins with black, DAVIS's, or one that shows several numbers alike."""
    return any(_is_numbered(image) for image in images if image.palette is not None)


def varies(alpha: Pixels) -> bool:
    """Whether transparency ``[H, W]`` tells places apart, by more than rounding."""
    return int(alpha.max()) - int(alpha.min()) > _of_full(alpha, CLEAR)


def may_be_places(image: RawImage) -> bool:
    """Whether the places in an image's palette can be object numbers: few, and 0 is black."""
    return image.palette is not None and image.palette[0].max() <= CLEAR and len(np.unique(image.pixels)) <= FEW


def _is_numbered(image: RawImage) -> bool:
    palette, used = image.palette, np.unique(image.pixels)
    if palette is None or not may_be_places(image):
        return False
    shown = palette[used].astype(np.int16)
    if (np.ptp(shown, axis=1) > 2).any() or len(np.unique(shown, axis=0)) < len(used):
        return True
    of_davis = bool((shown == davis_palette()[used]).all())
    return of_davis and bool(used.any())


def _adds_nothing(image: RawImage, alpha: Pixels) -> bool:
    """Whether an image of object numbers is transparent just where its number is 0."""
    return _is_numbered(image) and bool(((alpha > _of_full(alpha, CLEAR)) == (image.pixels > 0)).all())


def _check_drawing(image: RawImage, alpha: Pixels) -> None:
    """Refuse a mask or a soft map in what is seen of a transparent file: transparency is another one then."""
    shown = image.coloured().pixels
    if shown.ndim == 3:
        if not is_grey(np.where(alpha[..., None] > 0, shown, 0).astype(shown.dtype), lossy=image.lossy):
            return
        shown = luminance(shown)
    grey = (shown >> 8).astype(np.uint8) if shown.dtype == np.uint16 else shown
    seen = alpha >= _of_full(alpha, 128)
    values = grey[seen]
    if values.size == 0:
        return
    black, white = (values <= CLEAR).mean(), (values >= OPAQUE).mean()
    drawn = black + white > 0.99 and min(black, white) > 0.02
    rough = np.abs(cv2.Laplacian(grey.astype(np.int16), cv2.CV_16S)) > CLEAR
    inner = cv2.erode(seen.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    smooth = inner.any() and np.ptp(np.percentile(values, (5, 95))) > 60 and rough[inner].mean() < 0.1
    if drawn or smooth:
        raise InputError(f"{image.path} holds one mask in its colours and another in its transparency; {ASIDE}")


def _of_full(pixels: Pixels, level: int) -> int:
    """A level of 255 in the numbers of ``pixels``."""
    return level * (int(np.iinfo(pixels.dtype).max) // 255)


def _in_8_bits(colours: Pixels) -> Pixels:
    if colours.dtype == np.uint8:
        return colours
    return (colours >> (8 if colours.max() > 255 else 0)).astype(np.uint8)
