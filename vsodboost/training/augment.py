"""Random views of a training frame, the same for everything that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Image = NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """A crop ``(y, x, height, width)`` in px of the source, mirrored or not, scaled to ``size`` (H, W)."""

    crop: tuple[int, int, int, int]
    mirrored: bool
    size: tuple[int, int]

    def take(self, image: NDArray[np.generic]) -> Image:
        """The view of ``[H, W]`` or ``[H, W, C]`` values, float32."""
        y, x, height, width = self.crop
        part = np.asarray(image[y : y + height, x : x + width], np.float32)
        shrinks = height > self.size[0]
        part = cv2.resize(part, self.size[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        return np.ascontiguousarray(part[:, ::-1] if self.mirrored else part)

    def take_motion(self, motion: NDArray[np.float32]) -> Image:
        """The view of a motion field ``[H, W, 2]`` px: a mirror turns dx round, a scale scales it."""
        view = self.take(motion)
        view[..., 0] *= self.size[1] / self.crop[3] * (-1 if self.mirrored else 1)
        view[..., 1] *= self.size[0] / self.crop[2]
        return view


def random_view(shape: tuple[int, ...], size: tuple[int, int], rng: Generator, *, least: float = 0.55) -> View:
    """A view of a frame of ``shape`` (H, W, ...): between ``least`` and all of the largest crop of that aspect."""
    height, width = shape[:2]
    aspect = size[1] / size[0] * float(np.exp(rng.uniform(-0.15, 0.15)))
    fit = min(height, width / aspect)
    crop_height = fit * rng.uniform(least, 1)
    h, w = max(8, min(height, round(crop_height))), max(8, min(width, round(crop_height * aspect)))
    y, x = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
    return View((y, x, h, w), bool(rng.random() < 0.5), size)


def jitter_colour(frame: Image, rng: Generator) -> Image:
    """Brightness, contrast, saturation and now and then blur or grey, on ``float32[H, W, 3]`` in [0, 255]."""
    grey = frame.mean(axis=-1, keepdims=True)
    saturation = 0.0 if rng.random() < 0.05 else rng.uniform(0.6, 1.4)
    frame = grey + (frame - grey) * saturation
    frame = (frame - frame.mean()) * rng.uniform(0.7, 1.3) + frame.mean() * rng.uniform(0.7, 1.3)
    if rng.random() < 0.15:
        frame = cv2.GaussianBlur(frame.astype(np.float32), (0, 0), float(rng.uniform(0.5, 2)))
    return np.asarray(np.clip(frame, 0, 255), np.float32)


def share(levels: Image) -> Image:
    """8-bit levels (0 to 255) as a share of one, float32."""
    return np.asarray(levels / 255, np.float32)
