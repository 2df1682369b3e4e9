"""Forward-backward consistency: where the two flows of a pair of frames contradict each other, trust neither."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import FlowField, Maps

RELATIVE, ABSOLUTE = 0.01, 0.5
"""The allowed squared disagreement: a hundredth of the squared lengths plus half a squared px."""


def flow_consistency(forward: FlowField, backward: FlowField, *, soft: bool = False) -> Maps:
    """How far going there and back leads home, for each pixel of each pair of frames.

    Sundaram, Brox and Keutzer, "Dense Point Trajectories by GPU-Accelerated Large Displacement Optical Flow", ECCV
    2010, eq. 5: with f the forward flow at x and b the backward flow at x + f, x is consistent when
    |f + b|² < 0.01 (|f|² + |b|²) + 0.5.

    Args:
        forward: ``float32[T, H, W, 2]`` px, first to second frame of each of T pairs.
        backward: ``float32[T, H, W, 2]`` px, second to first frame of the same pairs.
        soft: grade the answer instead of deciding: 2^-(left side / right side), which is .5 on the border.

    Returns:
        ``float32[T, H, W]`` in [0, 1], 1 where both flows agree; 0 where x + f lies outside the frame.

    Raises:
        ValueError: the two are not of one shape [T, H, W, 2].
    """
    if forward.ndim != 4 or forward.shape[-1] != 2 or forward.shape != backward.shape:
        raise ValueError(f"need two [T, H, W, 2] flows of one shape, got {forward.shape} and {backward.shape}")
    height, width = forward.shape[1:3]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    result = np.zeros(forward.shape[:3], np.float32)
    for t, flow in enumerate(forward):
        flow_x, flow_y = flow[..., 0], flow[..., 1]
        to_x, to_y = x + flow_x, y + flow_y
        there = np.asarray(cv2.remap(backward[t], to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
        there_x, there_y = there[..., 0], there[..., 1]
        disagreement = _squared(flow_x + there_x, flow_y + there_y)
        allowed = RELATIVE * (_squared(flow_x, flow_y) + _squared(there_x, there_y)) + ABSOLUTE
        inside = (to_x >= 0) & (to_x <= width - 1) & (to_y >= 0) & (to_y <= height - 1)
        agreed = np.exp(-math.log(2) * disagreement / allowed) if soft else disagreement < allowed
        result[t] = agreed * inside
    return result


def _squared(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared lengths: written out, since NumPy's sum over so short an axis takes five times as long."""
    return x * x + y * y
