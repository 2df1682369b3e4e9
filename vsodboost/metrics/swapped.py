"""Whether truth and maps look as if they were given in the wrong order: soft truth, and maps of two values."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vsodboost.data.errors import InputError
from vsodboost.metrics.grey_files import read_map
from vsodboost.metrics.sequences import PairedSequence

BETWEEN = (0.1, 0.9)
"""Values that neither masks nor their antialiased edges have many of."""
SOFT, HARD = 0.01, 0.0005
"""Share of pixels in between from which an image is a soft map, and below which it is a mask."""
LEVELS = 32
"""Distinct values in between that a soft map has at least."""


def look_swapped(sequences: tuple[PairedSequence, ...]) -> bool:
    """Whether the first frame of every sequence (of at most 5) has a soft truth and a map of two values.

    A file that cannot be read counts as no sign: the scoring says what is wrong with it.
    """
    firsts = [sequence.pairs[0] for sequence in sequences[:5]]
    return bool(firsts) and all(
        pair.truth.background is None and _between(pair.truth.files[0]) > SOFT and _between(pair.prediction) < HARD
        for pair in firsts
    )


def _between(path: Path) -> float:
    """Share of pixels that are neither dark nor bright."""
    try:
        grey = read_map(path)
    except InputError:
        return (SOFT + HARD) / 2
    full = np.iinfo(grey.dtype).max
    between = grey[(grey > BETWEEN[0] * full) & (grey < BETWEEN[1] * full)]
    few = len(np.unique(between)) < LEVELS and between.size > HARD * grey.size  # numbers of objects, or one grey edge
    return HARD if few else between.size / grey.size
