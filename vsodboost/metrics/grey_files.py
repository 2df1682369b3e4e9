"""Saliency maps and truth masks from image files, as the whole numbers that were written.

``vsodboost.io.image_file`` reads maps as floats, for the engine; scoring wants what the toolboxes see: they resize and
round whole numbers, and masks of labels have to be told from grey ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vsodboost.data.errors import InputError

TRUTH_LEVEL = 128
"""8-bit truth above this is foreground (DAVSOD toolbox, PySODMetrics)."""


def read_map(path: Path) -> NDArray[Any]:
    """A saliency map, ``uint8[H, W]`` or ``uint16[H, W]``; colour is turned to grey (ITU-R 601) and alpha dropped.

    Raises:
        InputError: the file cannot be read, or holds neither 8- nor 16-bit grey.
    """
    return _grey(_opened(path), path)


def read_truth(path: Path) -> NDArray[np.bool_]:
    """A truth mask, ``bool[H, W]``.

    Grey above 128 of 255 is foreground; so is every label but 0 in masks of labels (a colour palette, as DAVIS 2017
    has, or values of 0 and 1 only).

    Raises:
        InputError: the file cannot be read, or holds neither 8- nor 16-bit grey.
    """
    image = _opened(path)
    if image.mode == "P":
        labels: NDArray[np.uint8] = np.asarray(image)
        palette = np.array(image.getpalette() or [0, 0, 0]).reshape(-1, 3)
        if np.ptp(palette[np.unique(labels)], axis=1).any():
            return np.not_equal(labels, 0)
    grey = _grey(image, path)
    level = 0 if grey.max() == 1 else TRUTH_LEVEL * np.iinfo(grey.dtype).max // 255
    mask: NDArray[np.bool_] = grey > level
    return mask


def _opened(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            image.load()
            return image
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"{path}: cannot be read as an image ({error}); write it again") from error


def _grey(image: Image.Image, path: Path) -> NDArray[Any]:
    if image.mode.startswith("I"):  # 16 bits; older Pillow opens them as 32
        wide = np.asarray(image)
        if wide.min() < 0 or wide.max() > np.iinfo(np.uint16).max:
            raise InputError(f"{path}: values {wide.min()} to {wide.max()} are not 8- or 16-bit grey; convert it")
        return wide.astype(np.uint16)
    if image.mode == "F":
        raise InputError(f"{path}: floating-point image; convert it to 8- or 16-bit grey")
    return np.asarray(image.convert("L"))
