"""Saliency maps and truth masks for scoring, as the whole numbers that were written: toolboxes resize those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodboost.io.grey_kind import HALF
from vsodboost.io.mask_kind import Reading
from vsodboost.io.masks import MaskSequence
from vsodboost.io.raw_image import Pixels
from vsodboost.metrics.sequences import Pair


@dataclass(frozen=True)
class Readings:
    """How the truth masks and the maps of one sequence are read."""

    truth: Reading | None
    """None where the data set itself says which colours are objects."""
    maps: Reading


@dataclass(frozen=True)
class TruthMask:
    """A truth mask ``bool[H, W]``, and the pixels that are not scored, ``void bool[H, W]``; None where all are."""

    mask: NDArray[np.bool_]
    void: NDArray[np.bool_] | None = None


def readings_of(pairs: Sequence[Pair]) -> Readings:
    """Decide how the files of a sequence are read.

    Raises:
        InputError: a file cannot be read, or what the files mean cannot be known.
    """
    # Truth whose colours are said to be the background's (FBMS-59) needs no deciding.
    masks = [file for pair in pairs if pair.truth.background is None for file in pair.truth.files]
    truth = MaskSequence(masks, "truth").reading if masks else None
    maps = MaskSequence([pair.prediction for pair in pairs], "map")
    return Readings(truth, maps.reading)


def read_map(path: Path, reading: Reading | None = None) -> Pixels:
    """Return a saliency map, ``uint8[H, W]`` or ``uint16[H, W]``; without a sequence's ``reading``, as it is alone.

    Raises:
        InputError: the file cannot be read, or is no map.
    """
    return MaskSequence([path], "map", reading=reading).read(path).values


def read_truth(path: Path, reading: Reading | None = None) -> NDArray[np.bool_]:
    """Return a truth mask, ``bool[H, W]``, in which void is background; see ``read_whole_truth``."""
    return read_whole_truth(path, reading).mask


def read_whole_truth(path: Path, reading: Reading | None = None) -> TruthMask:
    """Return a truth mask and its void; without a sequence's ``reading``, as it is alone.

    Grey above 128 of 255 is foreground (DAVSOD toolbox, PySODMetrics); so is every object's number or colour.

    Raises:
        InputError: the file cannot be read, or is no mask.
    """
    plane = MaskSequence([path], "truth", reading=reading).read(path)
    return TruthMask(plane.above(HALF), plane.void)
