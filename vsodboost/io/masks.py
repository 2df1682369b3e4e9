"""The one reader of saliency maps, truth masks and labels: files in, grey planes out, each sequence read in one way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError
from vsodboost.io.colour_facts import VOID_COLOUR, drawn_on_black, near_colour
from vsodboost.io.grey_kind import MEND, NUMBER, VOID, Use
from vsodboost.io.held_files import RawFiles, read
from vsodboost.io.level_facts import MANY
from vsodboost.io.mask_kind import Reading, decide
from vsodboost.io.mask_parts import part_of
from vsodboost.io.raw_image import Pixels, RawImage

SAMPLE = 24
"""Files of a sequence by which it is decided how it is read."""
WIDE_SAMPLE = 240
"""The same where those show nothing, or small numbers, which a later frame of a dim map would belie."""


@dataclass(frozen=True)
class Plane:
    """A map or mask in whole numbers: ``values uint8[H, W]`` or ``uint16[H, W]``, of which the largest is white.

    ``void bool[H, W]`` are pixels that belong to nothing (0 in ``values``), None where the file has none. ``lossy``
    files have ringing around edges. ``is_mask``: nothing between black and white was possible.
    """

    values: Pixels
    void: NDArray[np.bool_] | None = None
    lossy: bool = False
    is_mask: bool = False

    @property
    def unit(self) -> NDArray[np.float32]:
        """The values as ``float32[H, W]`` in [0, 1]."""
        return self.values.astype(np.float32) / np.float32(np.iinfo(self.values.dtype).max)

    def above(self, level: int) -> NDArray[np.bool_]:
        """Mark what is brighter than ``level`` of 255; ``bool[H, W]``."""
        marked: NDArray[np.bool_] = self.values > level * int(np.iinfo(self.values.dtype).max) // 255
        return marked


class MaskSequence:
    """Files of one sequence, in order, that are read in one way: ``use`` says what they are, ``name`` what refusals
    call them.

    Some of the files are looked at before the first is read; every later one must be of the same kind.
    """

    def __init__(self, files: Sequence[Path], use: Use, name: str = "", reading: Reading | None = None) -> None:
        if not files:
            raise ValueError("a sequence has files")
        self.files = tuple(files)
        self.use = use
        self.name = name or str(files[0] if len(files) == 1 else files[0].parent)
        self._known = reading

    @cached_property
    def reading(self) -> Reading:
        """How the files are read. Raises InputError when they are pictures, can be read in two ways, or are damaged."""
        if self._known is not None:
            return self._known
        found = decide(RawFiles(_spread(self.files, SAMPLE)), self.use, self.name)
        if (found.blank or found.levels.numbers) and len(self.files) > SAMPLE:
            found = decide(RawFiles(_spread(self.files, WIDE_SAMPLE)), self.use, self.name)
        return found

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of how they are read; nothing before one is."""
        return self.reading.notes if "reading" in self.__dict__ else ()

    def read(self, file: Path) -> Plane:
        """Read one of the files. Raises InputError when it cannot be read, or is of another kind than the others."""
        reading = self.reading  # first: whether it is known decides whether the file was looked at
        return plane_of(read(file), reading)


def plane_of(image: RawImage, reading: Reading) -> Plane:
    """Read a file as ``reading`` says. Raises InputError when it is of another kind."""
    part = part_of(image, alpha=reading.alpha, places=reading.places)
    if part.form == "alpha":
        return Plane(part.plane)
    if part.form == "places":
        void = part.plane == VOID if reading.void_place else None
        if void is None and (part.plane == VOID).any() and ((part.plane > 0) & (part.plane < VOID)).any():
            raise _contradiction(image, f"the numbers of objects and {VOID}, others {VOID} alone")
        return _mask(part.plane > 0, void)
    if part.form == "colours" and part.flat is not None:
        void = near_colour(part.plane, VOID_COLOUR, exact=part.flat.exact) if reading.void_colour else None
        return _mask(drawn_on_black(part.plane, part.flat), void)
    return _of_grey(image, part.plane, reading, part.lossy)


def _of_grey(image: RawImage, plane: Pixels, reading: Reading, lossy: bool) -> Plane:
    levels = reading.levels
    if levels.narrow and plane.dtype == np.uint16:
        if plane.max() > 255:
            raise _contradiction(image, "16-bit levels, others 8-bit ones in 16 bits")
        plane = plane.astype(np.uint8)
    if levels.numbers:
        if not lossy and _levels_in(plane) > MANY:
            raise _contradiction(image, "a soft map, others object numbers or masks of small numbers")
        return _mask(plane > levels.level, np.isin(plane, list(levels.void)) if levels.void else None)
    if not lossy and (levels.strict or reading.use != "map"):
        between = plane[(plane > 0) & (plane < 255)] if plane.dtype == np.uint8 else plane[:0]
        alone = levels.strict or between.size == np.count_nonzero(plane)
        if alone and between.size and int(between.max()) <= NUMBER and _levels_in(plane) <= MANY:
            raise _contradiction(image, f"small numbers ({int(between.min())} ...), others white")
    return Plane(plane, lossy=lossy)


def _mask(marked: NDArray[np.bool_], void: NDArray[np.bool_] | None) -> Plane:
    if void is not None and void.any():
        return Plane((marked & ~void).astype(np.uint8) * 255, void, is_mask=True)
    return Plane(marked.astype(np.uint8) * 255, is_mask=True)


def _levels_in(plane: Pixels) -> int:
    return int(np.count_nonzero(np.bincount(plane.ravel())))


def _contradiction(image: RawImage, what: str) -> InputError:
    return InputError(f"{image.path} holds {what}; {MEND}, or keep files of one kind in a folder")


def _spread(files: Sequence[Path], count: int) -> list[Path]:
    """Up to ``count`` of the files, evenly spaced, the first and the last among them."""
    if len(files) <= count:
        return list(files)
    return [files[i] for i in np.unique(np.linspace(0, len(files) - 1, count).round().astype(int))]
