"""Colour images: a few flat colours on black are objects; anything else is a picture, which is no mask."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.io.raw_image import Pixels

FEW = 64
"""Colours in a file above which some must be mixtures at edges."""
BLACK = 24
"""Highest channel of what may pass for black in a file with mixed colours."""
NEAR = 20
"""How far a channel may be from a flat colour in such a file."""
_AROUND = np.ones((3, 3), np.uint8)

Colours = NDArray[np.uint8]


def davis_palette() -> Colours:
    """Return the palette of PASCAL VOC and DAVIS 2017, ``uint8[256, 3]``; entry 255 is void.

    Source: ``VOClabelcolormap`` of the PASCAL VOC devkit (Everingham et al., 2010).
    """
    places = np.arange(256)
    palette = np.zeros((256, 3), np.int64)
    for bit in range(8):
        for channel in range(3):
            palette[:, channel] |= ((places >> (3 * bit + channel)) & 1) << (7 - bit)
    return palette.astype(np.uint8)


VOID_COLOUR = tuple(davis_palette()[255].tolist())


def is_grey(pixels: Colours, *, lossy: bool) -> bool:
    """Whether the three channels of ``[H, W, 3]`` say the same, but for what a lossy file blurs or left behind.

    Small numbers in one channel are objects, not grey.
    """
    spread = pixels.max(axis=2).astype(np.int32) - pixels.min(axis=2)
    if not lossy and spread.any() and pixels.max() <= 32:
        return False
    step = max(1, int(np.iinfo(pixels.dtype).max) // 255)
    return bool((spread <= (10 if lossy else 2) * step).mean() >= 0.999)


def luminance(pixels: Pixels) -> Pixels:
    """Turn ``[H, W, 3]`` RGB to grey as Pillow does (ITU-R 601, rounded), in the same whole numbers."""
    red, green, blue = (pixels[..., c].astype(np.int64) for c in range(3))
    return ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).astype(pixels.dtype)


@dataclass(frozen=True)
class FlatColours:
    """The flat colours of an image, ``uint8[K, 3]`` but black. ``exact``: it has no others, else they mix at edges.
    ``black``: whether it has a black background."""

    colours: Colours
    exact: bool
    black: bool


def flat_colours(pixels: Colours, *, lossy: bool) -> FlatColours | None:
    """Find the flat colours that ``uint8[H, W, 3]`` consists of; None for a picture."""
    if lossy:
        return _mixed(pixels)
    packed = _packed(pixels)
    values = np.unique(packed)
    if len(values) > FEW:
        return _mixed(pixels)
    same = (cv2.dilate(pixels, _AROUND) == cv2.erode(pixels, _AROUND)).all(axis=2)
    regions = np.unique(packed[same])
    at_edges = ~np.isin(packed, regions) & (packed > 0)
    exact = not regions.any() or int(at_edges.sum()) <= 0.02 * int((packed > 0).sum())
    shown = values if exact else regions
    colours = np.stack([shown >> 16, shown >> 8 & 255, shown & 255], axis=1).astype(np.uint8)
    return FlatColours(colours[shown > 0], exact, black=bool((values == 0).any()))


def _mixed(pixels: Colours) -> FlatColours | None:
    """Flat colours on black in a file with smoothed edges or ringing, where no colour is exact; None if not so.

    What is not black, away from its edges, must be of few colours: of nearly none else, or of four fifths where
    most is black. One photograph in a thousand of DUTS-TR is so.
    """
    lit = pixels.max(axis=2) > BLACK
    black = 1 - float(lit.mean())
    inner = pixels[cv2.erode(lit.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0].astype(np.int32)
    if black < 0.05 or len(inner) < 16:
        return FlatColours(np.zeros((0, 3), np.uint8), exact=False, black=True) if not lit.any() else None
    bins, counts = np.unique((inner + 8 >> 4) @ np.array([1024, 32, 1]), return_counts=True)
    found: list[NDArray[np.int32]] = []
    for place in bins[np.argsort(counts)[::-1]][: int((counts >= 0.02 * len(inner)).sum())]:
        colour = np.array([place >> 10, place >> 5 & 31, place & 31], np.int32) * 16
        if all(np.abs(colour - other).max() > 2 * NEAR for other in found):
            found.append(colour)
    near = np.zeros(len(inner), bool)
    for colour in found:
        near |= np.abs(inner - colour).max(axis=1) <= NEAR
    if not found or len(found) > 12 or near.mean() < (0.8 if black > 0.5 else 0.95):
        return None
    return FlatColours(np.clip(np.stack(found), 0, 255).astype(np.uint8), exact=False, black=True)


def drawn_on_black(pixels: Colours, flat: FlatColours) -> NDArray[np.bool_]:
    """Mark what is not black in ``uint8[H, W, 3]`` made of ``flat`` colours; at mixed edges, what is at least half as
    bright as the darkest of them; ``bool[H, W]``."""
    level = 0 if flat.exact else int(flat.colours.max(axis=1).min(initial=255)) // 2
    return np.asarray(pixels.max(axis=2) > level)


def are_of_davis(flat: FlatColours) -> bool:
    """Whether all colours are DAVIS's, so that there need not be a background to know it."""
    packed = _packed(flat.colours[None])
    return flat.exact and bool(np.isin(packed, _packed(davis_palette()[None])).all())


def near_colour(pixels: Colours, colour: tuple[int, ...], *, exact: bool) -> NDArray[np.bool_]:
    """Mark the pixels of ``uint8[H, W, 3]`` that have a colour, but for what a lossy file does to it."""
    apart = np.abs(pixels.astype(np.int16) - np.array(colour, np.int16)).max(axis=2)
    return np.asarray(apart <= (0 if exact else NEAR))


def _packed(pixels: Colours) -> NDArray[np.uint32]:
    return pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)


def is_photograph(grey: NDArray[np.uint8]) -> bool:
    """Whether a grey plane ``uint8[H, W]`` looks like a photograph: of fine texture, and hardly dark anywhere.

    Saliency maps are mostly black, or smooth; noise, which is textured too, has neighbours that know nothing of each
    other. The share of pixels with texture is .25 and more in frames of davis-dev, .07 and less in CSNet's maps.
    """
    if min(grey.shape) < 64 or np.median(grey) < 24:
        return False
    if (np.abs(cv2.Laplacian(grey.astype(np.int16), cv2.CV_16S)) > 8).mean() < 0.2:
        return False
    left, right = grey[:, :-1].ravel().astype(np.float64), grey[:, 1:].ravel().astype(np.float64)
    spread = left.std() * right.std()
    alike = ((left - left.mean()) * (right - right.mean())).mean() / spread if spread > 0 else 0.0
    return bool(alike > 0.6)
