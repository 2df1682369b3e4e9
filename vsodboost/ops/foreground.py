"""The object's own colours at its edge, where a camera mixes them with the background: without this, cutouts carry a
fringe of the old background into the new one.

Source: Forte, Approximate fast foreground colour estimation, ICIP 2021 (blur fusion, twice): plain blurs, about as good
as solving for the colours (Germer et al., Fast multi-level foreground estimation, 2020), which ``pymatting`` does.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import UsageError
from vsodboost.ops.boxes import enclosing

WIDE, NARROW = 90, 6
"""px; the width of the blurs of the first and second pass."""
COARSER = 4
"""The wide blurs are taken at this fraction of the size: nothing finer is left in them."""
CLEAR = 0.01
"""Alpha up to which a pixel has the object's mean colour around it: next to nothing of it is seen."""
TILE = 64
"""px; edges are looked at tile by tile: most have none, and one stays in the processor's caches."""
MARGIN = 16
"""px around the object that keep estimated colours: video codecs work on blocks, which reach over the edge."""

Picture = NDArray[np.uint8]
Colours = NDArray[np.float32]
"""``float32[h, w, 3]`` in [0, 1]."""
Estimate = Callable[[Colours, NDArray[np.float32]], Colours]
"""Colours ``float32[h, w, 3]`` of an image and its alpha ``float32[h, w]``, all in [0, 1]."""


def blur_fusion(image: Colours, alpha: NDArray[np.float32]) -> Colours:
    """Return the foreground's colours ``float32[h, w, 3]`` of ``image`` with ``alpha`` ``float32[h, w]``, in [0, 1]."""
    height, width = alpha.shape
    size = max(1, round(width / COARSER)), max(1, round(height / COARSER))
    shares = cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB)  # of one shape with the colours: NumPy takes a quarter of the time
    small, share = (cv2.resize(values, size, interpolation=cv2.INTER_AREA) for values in (image, shares))
    means = _means(share, small, small, max(1, round(WIDE / COARSER)))
    mean, beneath = (cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR) for values in means)
    found = np.array(mean, np.float32)
    mixed = (alpha > CLEAR) & (alpha < 1)
    for y, x in product(range(0, height, TILE), range(0, width, TILE)):
        if mixed[y : y + TILE, x : x + TILE].any():
            top, left = max(0, y - NARROW), max(0, x - NARROW)
            window = np.s_[top : y + TILE + NARROW, left : x + TILE + NARROW]
            share, part = shares[window], image[window]
            colours = _with_detail(part, share, mean[window], beneath[window])
            colours = _with_detail(part, share, *_means(share, colours, beneath[window], NARROW))
            found[y : y + TILE, x : x + TILE] = colours[y - top : y - top + TILE, x - left : x - left + TILE]
    return found


def _means(share: Colours, colours: Colours, beneath: Colours, width: int) -> tuple[Colours, Colours]:
    """Return the mean colours of the object and of what is beneath, over ``width`` px, by alpha (three times the
    same)."""
    near = cv2.blur(share, (width, width))
    mean = cv2.blur(colours * share, (width, width)) / (near + 1e-5)
    return mean, cv2.blur(beneath * (1 - share), (width, width)) / (1 - near + 1e-5)


def _with_detail(image: Colours, share: Colours, mean: Colours, beneath: Colours) -> Colours:
    """Return the object's colours: their mean, and what of the image neither mean explains."""
    return np.asarray(np.clip(mean + share * (image - share * mean - (1 - share) * beneath), 0, 1), np.float32)


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
    near = cv2.dilate((alpha > 0).astype(np.uint8), np.ones((2 * MARGIN + 1, 2 * MARGIN + 1)))
    found, box = np.zeros_like(image), enclosing(near)
    if box is None:
        return found
    if estimate is None:
        return np.asarray(cv2.copyTo(image, near, found), np.uint8)
    part, share = (np.asarray(values[box], np.float32) / np.float32(255) for values in (image, alpha))
    colours = cv2.convertScaleAbs(estimate(part, share), alpha=255)
    colours = cv2.copyTo(image[box], (alpha[box] == 255).astype(np.uint8), colours)
    found[box] = cv2.copyTo(colours, near[box])
    return found
