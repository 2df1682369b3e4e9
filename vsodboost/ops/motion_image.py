"""Object motion as the three-channel image that networks read, and as an untrained saliency map."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import FlowField, Maps

_NOISE_FLOOR = 0.05
"""px at the working size: below this DIS flow on a still scene is noise."""


def noise_level(motion: NDArray[np.float32]) -> float:
    """Typical length (px) of the background's residual motion: the median over the frame, at least the noise floor."""
    return max(float(np.median(lengths(motion))), _NOISE_FLOOR)


def lengths(motion: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lengths ``float32[H, W]`` (px) of vectors ``float32[H, W, 2]``: faster than NumPy's norm, and the same bits each
    time, which ``cv2.magnitude`` gives only where its input begins at the same multiple of 64 bytes."""
    x, y = motion[..., 0], motion[..., 1]
    return np.asarray(np.sqrt(x * x + y * y), np.float32)


def motion_image(motion: FlowField) -> NDArray[np.float32]:
    """Object motion ``float32[T, H, W, 2]`` px as network input ``float32[T, 3, H, W]``.

    Channels: x and y divided by the 99th percentile of the frame's lengths and clipped to [-1, 1]; the logarithm of the
    length over the noise level, scaled to about [0, 1]. Both are free of the video's scale and frame rate.
    """
    images = np.zeros((len(motion), 3, *motion.shape[1:3]), np.float32)
    for image, field in zip(images, motion, strict=True):
        parts = cv2.split(field)
        length = lengths(field)
        middle, high = (float(x) for x in np.percentile(length, (50, 99)))
        for channel, part in zip(image, parts, strict=False):
            np.clip(part / max(high, 4 * _NOISE_FLOOR), -1, 1, out=channel)
        image[2] = np.log(length / max(middle, _NOISE_FLOOR) + 1) / 4  # log1p takes ten times as long
    return images


def camera_residual_saliency(motion: FlowField) -> Maps:
    """Untrained motion saliency: 1 - exp(-(length / 4σ)²) of the object motion, σ from the median; [0, 1]."""
    maps = np.empty(motion.shape[:3], np.float32)
    for out, field in zip(maps, motion, strict=True):
        length = lengths(field)
        raw = 1 - np.exp(-((length / (4 * noise_level(field))) ** 2))
        out[:] = cv2.GaussianBlur(raw.astype(np.float32), (0, 0), max(motion.shape[1] / 160, 0.5))
    return maps
