"""Maps and labels that are the frame itself: untouched, or with something painted on it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.io.border import border_of
from vsodboost.io.colour_facts import luminance

Picture = NDArray[np.uint8]
ALIKE = 0.6
"""Likeness of fine detail from which on an image is the frame. Measured on davis-dev: .8 and more for a frame saved as
JPEG of quality 30 or shrunk to half and back, and nothing for masks, cut-outs on black and CSNet's maps."""
WINDOW = 17
"""px; side of the windows in which detail is compared."""
PAINTED = 16
"""How far a channel must be from the frame's to count as painted over."""
ONE_COLOUR = 0.9
"""Share of a painted area that must have its colour."""
NEAR = 24
"""How far a channel may be from the colour of the paint."""
DARK = 48
"""Highest channel of what may pass for black."""
MEND = "paint the object white on black"


class PaintedLabel(ValueError):
    """Something is painted on the frame, but not so that it is known what is meant; the message says why."""


def is_frame(image: Picture, frame: Picture) -> bool:
    """Whether ``image uint8[h, w]`` or ``[h, w, 3]`` shows the same as ``frame uint8[H, W, 3]``, whatever its colours:
    its fine detail is the frame's nearly everywhere."""
    grey = luminance(image) if image.ndim == 3 else image
    there = luminance(frame)
    if abs(grey.shape[0] * there.shape[1] / (grey.shape[1] * there.shape[0]) - 1) > 0.05:
        return False
    size = (min(grey.shape[1], there.shape[1]), min(grey.shape[0], there.shape[0]))
    both = [cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in (grey, there)]
    return _likeness(both[0], both[1], np.ones(both[0].shape, bool)) >= ALIKE


def painted(image: Picture, frame: Picture) -> NDArray[np.bool_] | None:
    """Return what is painted in one colour on a copy of the frame, both ``uint8[H, W, 3]``; ``bool[H, W]``.

    Of a copy whose background is erased to black, it is the rest. None: the image is no copy of the frame.

    Raises:
        PaintedLabel: nothing is painted, in many colours, an outline only, or what may be the background.
    """
    if image.shape != frame.shape:
        return None
    apart = np.abs(image.astype(np.int16) - frame).max(axis=2)
    erased = _erased(image, apart)
    if erased is not None:
        return erased
    noise = float(np.percentile(apart, 20))
    kept = apart <= PAINTED / 2 + 2 * noise
    if noise > PAINTED or kept.mean() < 0.05:
        return None
    away = _inner(kept, 13)
    if _likeness(luminance(image), luminance(frame), away) < ALIKE and not _same_regions(apart, frame, kept):
        return None
    differs = apart > PAINTED + 2 * noise
    changed = _cleaned(differs)
    if changed.mean() < 5e-4:
        raise PaintedLabel("it is the frame itself, with nothing drawn on it")
    colour = np.median(image[changed], axis=0)
    of_colour = np.abs(image - colour).max(axis=2) <= NEAR
    if of_colour[_inner(changed)].mean() < ONE_COLOUR:
        if changed.mean() > 0.5:
            return None
        raise PaintedLabel("what differs from the frame has many colours, so it is another frame or see-through")
    whole = _filled(changed)
    marked = changed | (of_colour & (differs | whole))
    if colour.max() <= DARK or _border(marked) > 0.5:
        raise PaintedLabel("what is painted on the frame may be its background")
    if whole.sum() > 1.3 * marked.sum() or _is_thin(marked):
        raise PaintedLabel("only an outline is painted on the frame")
    return np.asarray(marked, bool)


def _erased(image: Picture, apart: NDArray[np.int16]) -> NDArray[np.bool_] | None:
    """What is left of a frame around which all is black; None where it is not so."""
    black = image.max(axis=2) <= (0 if (image == 0).all(axis=2).mean() > 0.02 else 12)
    around = _from_border(black)
    rest = ~around
    if around.mean() < 0.02 or _border(around) < 0.5 or rest.mean() < 5e-4 or apart[around].mean() < PAINTED / 2:
        return None
    inner = _inner(rest)
    same = (apart[inner] <= PAINTED).mean() > 0.9 and image[inner].std() > 8
    return _cleaned(rest) if same else None


def _likeness(image: Picture, frame: Picture, where: NDArray[np.bool_]) -> float:
    """How alike the fine detail of two grey images of one size is in some place: the median correlation in windows.

    In windows, since the edge of one bright object would outweigh all else. 0 where the frame has little detail.
    """
    weight = where.astype(np.float32)
    a, b = (_detail(grey) * weight for grey in (image, frame))
    share, aa, bb, ab = (cv2.blur(x, (WINDOW, WINDOW)) for x in (weight, a * a, b * b, a * b))
    textured = (share > 0.5) & (bb > share)
    if textured.sum() < 0.25 * where.sum():
        return 0.0
    return float(np.median(ab[textured] / np.sqrt(aa[textured] * bb[textured] + 1e-6)))


def _same_regions(apart: NDArray[np.int16], frame: Picture, kept: NDArray[np.bool_]) -> bool:
    """Whether the kept part is exactly a drawn frame's, which has no fine detail: three flat colours of it or more."""
    if (apart[kept] == 0).mean() < 0.99:
        return False
    counts = np.unique(frame[kept].astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32), return_counts=True)[1]
    return int((counts >= 0.005 * frame[..., 0].size).sum()) >= 3


def _detail(grey: Picture) -> NDArray[np.float32]:
    values = grey.astype(np.float32)
    return np.asarray(values - cv2.GaussianBlur(values, (0, 0), 3.0), np.float32)


def _cleaned(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask without specks of a pixel or two."""
    return np.asarray(cv2.medianBlur(mask.astype(np.uint8), 3) > 0)


def _inner(mask: NDArray[np.bool_], size: int = 3) -> NDArray[np.bool_]:
    """The mask without its edge, or with it where nothing else is left."""
    inner = _morphed(mask, cv2.MORPH_ERODE, size)
    return inner if inner.any() else mask


def _morphed(mask: NDArray[np.bool_], how: int, size: int) -> NDArray[np.bool_]:
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), how, np.ones((size, size), np.uint8)) > 0)


def _filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask with its holes, of whatever size; gaps of a few pixels in its edge are none."""
    return ~_from_border(~_morphed(mask, cv2.MORPH_CLOSE, 7))


def _from_border(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The parts of a mask that touch the image's border."""
    framed = np.pad(mask, 1, constant_values=True).astype(np.uint8)
    cv2.floodFill(framed, None, (0, 0), 2)
    return np.asarray(framed[1:-1, 1:-1] == 2)


def _is_thin(mask: NDArray[np.bool_]) -> bool:
    """Whether a mask is nowhere thick for its extent, as a line is."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    extent = float(np.hypot(np.ptp(rows) + 1, np.ptp(columns) + 1))
    thick = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3).max()
    return bool(thick < max(2.0, 0.02 * extent))


def _border(mask: NDArray[np.bool_]) -> float:
    """Share of the image's border that lies in the mask."""
    return float(border_of(mask).mean())
