"""Sizes, and everything scaled to them: area when shrinking, bilinear otherwise."""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import FlowField, Frames, Maps

P = TypeVar("P", bound=np.generic)
PIXELS = 288 * 512
"""Pixels a network sees of a frame, whatever its size and shape; sides are multiples of 32.

On held-out training sequences S-measure rises with it: 224x384 .852, 288x480 .867, 320x576 .872 (the network without
any target), and so does the time.
"""


def working_size(size: tuple[int, int], pixels: int = PIXELS, multiple: int = 32) -> tuple[int, int]:
    """(h, w) near ``pixels`` px in all, of about the aspect of ``size`` (H, W), both multiples of ``multiple``."""
    height, width = size
    aspect = width / height
    ideal = (pixels / aspect) ** 0.5
    return (
        max(multiple, round(ideal / multiple) * multiple),
        max(multiple, round(ideal * aspect / multiple) * multiple),
    )


def size_of_short_side(side: int, size: tuple[int, int]) -> tuple[int, int]:
    """(h, w) whose short side is ``side`` px, the other a multiple of 32 that keeps about the aspect of ``size``."""
    height, width = size
    other = max(32, round(side * max(size) / min(size) / 32) * 32)
    return (side, other) if height <= width else (other, side)


def resize_frames(frames: Frames, size: tuple[int, int]) -> Frames:
    """Frames ``uint8[T, H, W, 3]`` scaled to ``size`` (h, w)."""
    if frames.shape[1:3] == size:
        return frames
    shrinks = frames.shape[1] > size[0]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return resized(frames, size, interpolation)


def resize_maps(maps: NDArray[np.float32], size: tuple[int, int]) -> Maps:
    """Maps ``float32[T, h, w]`` scaled to ``size`` (H, W): area when shrinking, bilinear otherwise."""
    if maps.shape[1:] == size:
        return maps
    interpolation = cv2.INTER_AREA if maps.shape[1] > size[0] else cv2.INTER_LINEAR
    return resized(maps.astype(np.float32, copy=False), size, interpolation)


def resized(pictures: NDArray[P], size: tuple[int, int], interpolation: int) -> NDArray[P]:
    """Return pictures ``[T, H, W]`` or ``[T, H, W, C]`` scaled to ``size`` (h, w): at the source size a buffer of them
    takes 200 MB, so there is no second one on the way."""
    out = np.empty((len(pictures), *size, *pictures.shape[3:]), pictures.dtype)
    for scaled, picture in zip(out, pictures, strict=True):
        cv2.resize(picture, size[::-1], dst=scaled, interpolation=interpolation)
    return out


def resize_flow(flow: FlowField, size: tuple[int, int]) -> FlowField:
    """Return flow ``float32[T, H, W, 2]`` px scaled to ``size`` (h, w), its lengths with it."""
    height, width = int(flow.shape[1]), int(flow.shape[2])
    if (height, width) == size:
        return flow
    scaled = np.stack([resize_maps(flow[..., axis], size) for axis in (0, 1)], axis=-1)
    return scaled * np.array([size[1] / width, size[0] / height], np.float32)
