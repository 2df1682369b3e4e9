"""The camera's own motion, and what is left of the flow when it is taken out."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import FlowField

_GRID = 40  # samples along the long side: more do not change the fit measurably
_ITERATIONS = 8


def _quadratic_basis(height: int, width: int, ys: NDArray[np.float32], xs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Terms 1, x, y, x², xy, y² at the given pixels, coordinates scaled to about [-1, 1]: float32[N, 6]."""
    scale = max(height, width) / 2
    x = (xs - (width - 1) / 2) / scale
    y = (ys - (height - 1) / 2) / scale
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).astype(np.float32)


def camera_motion(flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """The flow a camera moving through a smooth scene would cause, fitted robustly.

    A quadratic model of each flow component (it covers pan, zoom, roll and the parallax of a plane) is fitted by
    iteratively re-weighted least squares with Cauchy weights; pixels near the border weigh more, because the salient
    object is rarely there. ``flow`` is ``float32[H, W, 2]`` px; so is the result.
    """
    height, width = flow.shape[:2]
    step = max(1, round(max(height, width) / _GRID))
    top, left = min(step // 2, height // 2), min(step // 2, width // 2)  # a strip has a row of samples, too
    ys, xs = np.mgrid[top:height:step, left:width:step].reshape(2, -1).astype(np.float32)
    basis = _quadratic_basis(height, width, ys, xs)
    samples = flow[ys.astype(int), xs.astype(int)].astype(np.float32)
    border = np.maximum(np.abs(2 * xs / max(width - 1, 1) - 1), np.abs(2 * ys / max(height - 1, 1) - 1))
    prior = (0.3 + border**2).astype(np.float32)
    weights = prior
    coefficients = np.zeros((basis.shape[1], 2), np.float32)
    ridge = 1e-4 * np.eye(basis.shape[1], dtype=np.float32)
    for _ in range(_ITERATIONS):
        weighted = basis * weights[:, None]
        coefficients = np.linalg.solve(weighted.T @ basis + ridge * len(basis), weighted.T @ samples).astype(np.float32)
        residual = np.linalg.norm(samples - basis @ coefficients, axis=1)
        scale = max(1.5 * float(np.median(residual)), 0.05)
        weights = prior / (1 + (residual / scale) ** 2)
    return np.asarray((_frame_basis(height, width) @ coefficients).reshape(height, width, 2), dtype=np.float32)


@lru_cache(maxsize=2)
def _frame_basis(height: int, width: int) -> NDArray[np.float32]:
    """The basis at every pixel, ``float32[H * W, 6]``: 3.5 MB at the working size, the same for every frame."""
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    return _quadratic_basis(height, width, ys.ravel(), xs.ravel())


def object_motion(flow: FlowField) -> FlowField:
    """Flow ``float32[T, H, W, 2]`` px with each frame's camera motion taken out, same shape."""
    return np.stack([field - camera_motion(field) for field in flow]) if len(flow) else flow.astype(np.float32)
