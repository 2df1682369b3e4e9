"""The motion value of a proposal, PMS of Eq. 8: how bright the motion saliency is inside its box."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.rules import MotionRule
from vsodboost.data.types import Boxes
from vsodboost.ops.box_mean import box_means

LEAST_SHARE = 0.25
PENALTY = 10.0


def motion_values(motion_map: NDArray[np.float32], boxes: Boxes, rule: MotionRule = "mean") -> NDArray[np.float32]:
    """Motion values ``float32[N]`` in [0, 1] of boxes ``float32[N, 4]`` px on a motion saliency map ``float32[H, W]``.

    ``mean`` is Eq. 8 of paper 000: the average of the map in the box; so is ``predictions``, of another map. ``penalised``
    is the released script's: that average, a tenth of it where the box holds less than a quarter of the whole frame's
    motion saliency (in a frame without any, nothing is penalised because nothing is there).
    """
    size = (int(motion_map.shape[0]), int(motion_map.shape[1]))
    means = box_means(motion_map, boxes, size)
    if rule != "penalised":
        return means
    total = float(motion_map.sum(dtype=np.float64))
    held = means * _area_inside(boxes, size)
    return np.where((total > 0) & (held < LEAST_SHARE * total), means / PENALTY, means).astype(np.float32)


def _area_inside(boxes: Boxes, size: tuple[int, int]) -> NDArray[np.float32]:
    width = np.minimum(boxes[:, 2], size[1]) - np.maximum(boxes[:, 0], 0)
    height = np.minimum(boxes[:, 3], size[0]) - np.maximum(boxes[:, 1], 0)
    return np.asarray(np.clip(width, 0, None) * np.clip(height, 0, None), np.float32)
