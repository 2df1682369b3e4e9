"""Contour accuracy F of DAVIS (Perazzi et al., "A Benchmark Dataset and Evaluation Methodology ...", CVPR 2016)."""

from __future__ import annotations

from math import ceil, hypot, isqrt
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.frame_pair import frame_pair
from vsodboost.metrics.window import around

TOLERANCE = 0.008
"""Share of the frame's diagonal by which a contour may be off."""


def boundary_f(
    prediction: NDArray[Any], truth: NDArray[np.bool_], threshold: float = 0.5, tolerance: float = TOLERANCE
) -> float:
    """F-measure of the contours of ``prediction > threshold`` and the truth of one frame.

    Precision is the share of the map's contour that lies within ``ceil(tolerance * diagonal)`` px of the truth's,
    recall the reverse. This is the benchmark's own fast form, dilation by a disc instead of bipartite matching.

    Args:
        prediction: ``uint8``, ``uint16``, ``bool`` or float in [0, 1], [H, W].
        truth: ``bool[H, W]``.
        threshold: in [0, 1].
        tolerance: share of the diagonal, .008 in the benchmark.

    Returns:
        In [0, 1]; 1 where neither has a contour, 0 where only one has.

    Raises:
        ValueError: see ``frame_pair``.
    """
    values, mask = frame_pair(prediction, truth)
    return boundary_f_of(values > threshold, mask, tolerance)


def boundary_f_of(found: NDArray[np.bool_], mask: NDArray[np.bool_], tolerance: float = TOLERANCE) -> float:
    """F-measure of the contours of two masks ``bool[H, W]``; see ``boundary_f``."""
    window = around(found | mask, 1)  # a contour lies at most 1 px outside of its mask
    if window is None:
        return 1.0
    lines = [contour(each[window]) for each in (found, mask)]
    there = [bool(line.any()) for line in lines]
    if not all(there):
        return float(not any(there))
    reach = ceil(tolerance * hypot(*mask.shape))
    precision, recall = _share_near(lines[0], lines[1], reach), _share_near(lines[1], lines[0], reach)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def contour(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of ``bool[H, W]`` that differ from the pixel right of, below or diagonally below them.

    One pixel wide, half a pixel towards the origin of the true border (the Berkeley segmentation benchmark's rule).
    The last row looks right only and the last column down only.
    """
    edge = np.zeros_like(mask)
    edge[:, :-1] |= mask[:, :-1] != mask[:, 1:]
    edge[:-1, :] |= mask[:-1, :] != mask[1:, :]
    edge[:-1, :-1] |= mask[:-1, :-1] != mask[1:, 1:]
    return edge


def _share_near(line: NDArray[np.bool_], other: NDArray[np.bool_], reach: int) -> float:
    """Share of the pixels of ``line`` that have one of ``other`` within ``reach`` px.

    Contours are thin: for each pixel of one, the rows of the disc around it are looked through, nearest rows first, and
    how many pixels of the other a row holds is the difference of four sums from the corner.
    """
    y, x = np.nonzero(line)
    padded = cv2.copyMakeBorder(other.view(np.uint8), reach, reach, reach, reach, cv2.BORDER_CONSTANT)
    sums = np.asarray(cv2.integral(padded))
    width, flat = sums.shape[1], sums.ravel()
    far = (y + reach) * width + x + reach
    for row in sorted(range(-reach, reach + 1), key=abs):
        half = isqrt(reach**2 - row**2)
        above = far + (row * width - half)
        left, right = flat[above + width] - flat[above], flat[above + width + 2 * half + 1] - flat[above + 2 * half + 1]
        far = far[left == right]
        if not len(far):
            break
    return 1 - len(far) / len(y)
