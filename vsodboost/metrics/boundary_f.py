"""Contour accuracy F of DAVIS (Perazzi et al., "A Benchmark Dataset and Evaluation Methodology ...", CVPR 2016)."""

from __future__ import annotations

from math import ceil, hypot
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.distance import squared_distance
from vsodboost.metrics.frame_pair import frame_pair

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
    found, wanted = contour(values > threshold), contour(mask)
    if not found.any() or not wanted.any():
        return float(not found.any() and not wanted.any())
    reach = ceil(tolerance * hypot(*mask.shape))
    precision, recall = _share_near(found, wanted, reach), _share_near(wanted, found, reach)
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
    """Share of the pixels of ``line`` that have one of ``other`` within ``reach`` px."""
    return float((squared_distance(other)[line] <= reach**2).mean())
