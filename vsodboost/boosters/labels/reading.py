"""One label file in: what counts as salient in a mask, a map or an image of object numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodboost.io.image_file import read_grey, read_rgb

FAINT = 0.1
"""A label that is nowhere brighter holds object numbers (1, 2, 3 ...), not brightness."""


def read_label(path: Path) -> NDArray[np.float32]:
    """The label as ``float32[H, W]`` in [0, 1], at its own size; an all-black one is all 0: nothing is salient there.

    Grey values are taken as they are (soft edges stay soft). In an image of object colours (DAVIS 2017's palette) or of
    object numbers, whatever is not black is salient.

    Raises:
        InputError: the file cannot be read.
    """
    colours = read_rgb(path)
    if (colours[..., 0] != colours[..., 1]).any() or (colours[..., 1] != colours[..., 2]).any():
        return np.asarray(colours.max(axis=2) > 0, np.float32)
    label = read_grey(path)
    return np.asarray(label > 0, np.float32) if label.max() < FAINT else label
