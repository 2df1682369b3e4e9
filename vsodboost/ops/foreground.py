"""The object's own colours at its edge, where a camera mixes them with the background: without this, cutouts carry a
fringe of the old background into the new one.

Source: Forte, Approximate fast foreground colour estimation, ICIP 2021 (blur fusion, twice): plain blurs, about as good
as solving for the colours (Germer et al., Fast multi-level foreground estimation, 2020), which ``pymatting`` does.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import UsageError

RADII = (90, 6)
"""px; the width of the blurs of the first and second pass."""
MARGIN = 16
"""px around the object that keep estimated colours: video codecs work on blocks, which reach over the edge."""

Picture = NDArray[np.uint8]
Estimate = Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]
"""Colours ``float32[h, w, 3]`` of an image and its alpha ``float32[h, w]``, all in [0, 1]."""


def blur_fusion(image: NDArray[np.float32], alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the foreground's colours ``float32[h, w, 3]`` of ``image`` with ``alpha`` ``float32[h, w]``, in [0, 1]."""
    share = alpha[..., None]
    colours, beneath = image, image
    for width in RADII:
        near, far = cv2.blur(alpha, (width, width)), cv2.blur(1 - alpha, (width, width))
        mean = cv2.blur(colours * share, (width, width)) / (near[..., None] + 1e-5)
        beneath = cv2.blur(beneath * (1 - share), (width, width)) / (far[..., None] + 1e-5)
        colours = np.clip(mean + share * (image - share * mean - (1 - share) * beneath), 0, 1)
    return np.asarray(colours, np.float32)


def by_pymatting() -> Estimate:
    """Return pymatting's estimator, which is compiled when it is first used: minutes, once an installation.

    Raises:
        UsageError: it is not installed.
    """
    if importlib.util.find_spec("pymatting") is None:
        raise UsageError("foreground=pymatting wants that package: pip install 'vsodboost[matting]'")
    from pymatting.foreground.estimate_foreground_ml import estimate_foreground_ml

    estimate: Estimate = estimate_foreground_ml
    return estimate


def foreground(image: Picture, alpha: Picture, estimate: Estimate | None = blur_fusion) -> Picture:
    """Return the object's colours ``uint8[H, W, 3]``: of ``image`` where ``alpha uint8[H, W]`` is 255, estimated where
    it is less (None: the image's own there, too), black far from the object."""
    near = cv2.dilate((alpha > 0).astype(np.uint8), np.ones((2 * MARGIN + 1, 2 * MARGIN + 1))) > 0
    if not near.any():
        return np.zeros_like(image)
    if estimate is None:
        return np.where(near[..., None], image, np.uint8(0))
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    part, share = (np.asarray(values[box], np.float32) / np.float32(255) for values in (image, alpha))
    colours = np.rint(np.clip(estimate(part, share), 0, 1) * 255).astype(np.uint8)
    colours = np.where((alpha[box] == 255)[..., None], image[box], colours)
    found = np.zeros_like(image)
    found[box] = np.where(near[box][..., None], colours, np.uint8(0))
    return found
