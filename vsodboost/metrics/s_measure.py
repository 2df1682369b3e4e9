"""S-measure of one frame, for scoring; the formula is ``vsodboost.ops.s_measure.structure``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.frame_pair import frame_pair
from vsodboost.ops.s_measure import structure


def s_measure(prediction: NDArray[Any], truth: NDArray[np.bool_], alpha: float = 0.5) -> float:
    """S-measure: ``alpha`` object-aware plus ``1 - alpha`` region-aware similarity, as the authors' Matlab code has it.

    Args:
        prediction: ``uint8``, ``uint16`` or float in [0, 1], [H, W].
        truth: ``bool[H, W]``; an empty one scores ``1 - mean(prediction)``, a full one ``mean(prediction)``.
        alpha: .5 in the paper.

    Returns:
        A score in [0, 1]. A quadrant without pixels (the centroid lies in the last row or column) weighs nothing; the
        reference implementations give NaN there.

    Raises:
        ValueError: see ``frame_pair``.
    """
    values, mask = frame_pair(prediction, truth)
    return float(structure(np, values[None], mask[None].astype(np.float64), alpha)[0])
