"""Images as they are seen along optical flow (Yan et al., ICCV 2019, Sec. 3.3)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import FlowField, Maps
from vsodboost.ops.tensors import singles


def warp(image: NDArray[np.float32], flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """``image float32[h, w(, C)]`` as seen along ``flow float32[h, w, 2]`` px: bilinear samples at x + flow(x).

    Outside the frame its edge goes on. The flow leads from the frame that is wanted to the frame that ``image`` belongs
    to: the paper writes the other direction, its code takes this one, which is the one a backward warp needs.
    """
    return sampled(image, places(flow))


def places(flow: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Where flow ``[h, w, 2]`` px leads from each pixel: ``float32[h, w, 2]``, x and y, for ``sampled``."""
    return singles(flow) + _grid(int(flow.shape[0]), int(flow.shape[1]))


def sampled(image: NDArray[np.float32], at: NDArray[np.float32]) -> NDArray[np.float32]:
    """``image float32[h, w(, C)]`` at ``places``, bilinear; beyond the frame its edge goes on."""
    return np.asarray(cv2.remap(image, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


@lru_cache(maxsize=4)
def _grid(height: int, width: int) -> NDArray[np.float32]:
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.stack([x, y], axis=-1)


def magnitude(flow: FlowField) -> Maps:
    """Length of ``float32[..., h, w, 2]`` px flow normalised by the frame's size (Eq. 4): sqrt((u/w)² + (v/h)²)."""
    height, width = flow.shape[-3:-1]
    return np.asarray(np.hypot(flow[..., 0] / width, flow[..., 1] / height), np.float32)
