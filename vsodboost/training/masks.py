"""Masks of training images: those of a folder are read in one way."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError, UsageError
from vsodboost.io.image_file import is_image
from vsodboost.io.mask_kind import Reading
from vsodboost.io.masks import MaskSequence


def read_mask(path: Path) -> NDArray[np.uint8]:
    """Return a mask ``uint8[H, W]``, 0 to 255, soft where the file is; void is 0.

    Raises:
        UsageError: the file cannot be read, or what the masks of its folder mean cannot be known.
    """
    try:
        reading = _reading_of(path.parent) if path.is_file() else None
        values = MaskSequence([path], "truth", reading=reading).read(path).values
    except InputError as error:
        raise UsageError(f"training mask: {error}") from error
    return np.asarray(values >> 8 if values.dtype == np.uint16 else values, np.uint8)


@lru_cache(maxsize=4096)
def _reading_of(folder: Path) -> Reading:
    return MaskSequence(sorted(file for file in folder.iterdir() if is_image(file)), "truth").reading
