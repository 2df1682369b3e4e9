"""Frames as the light networks want them, and their maps back at the frames' size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vsodboost.data.types import Frames, Maps

MEAN = (0.5, 0.5, 0.5)
STD = (0.5, 0.5, 0.5)
PIXELS = 288 * 512
"""Pixels a network sees of a frame, whatever its size and shape; sides are multiples of 32.

On held-out training sequences S-measure rises with it: 224x384 .852, 288x480 .867, 320x576 .872 (the network without
any target), and so does the time.
"""
TAUGHT_PIXELS = 224 * 384
"""Pixels of the frames that our networks learn from, before a video and in it: as good as larger ones, and faster."""


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
    return np.stack([cv2.resize(f, size[::-1], interpolation=interpolation) for f in frames]).astype(np.uint8)


def resize_maps(maps: NDArray[np.float32], size: tuple[int, int]) -> Maps:
    """Maps ``float32[T, h, w]`` scaled to ``size`` (H, W): area when shrinking, bilinear otherwise."""
    if maps.shape[1:] == size:
        return maps
    interpolation = cv2.INTER_AREA if maps.shape[1] > size[0] else cv2.INTER_LINEAR
    return np.stack([cv2.resize(m, size[::-1], interpolation=interpolation) for m in maps]).astype(np.float32)


def to_input(frames: Frames, device: str = "cpu", mean: Sequence[float] = MEAN, std: Sequence[float] = STD) -> Tensor:
    """Frames ``uint8[N, h, w, 3]`` divided by 255, then normalised: ``float32[N, 3, h, w]``, channels last."""
    values = torch.from_numpy(np.ascontiguousarray(frames)).to(device).permute(0, 3, 1, 2).float() / 255
    centre, spread = values.new_tensor(mean), values.new_tensor(std)
    return ((values - centre[:, None, None]) / spread[:, None, None]).contiguous(memory_format=torch.channels_last)


def normalise(frames: Frames, device: str = "cpu", pixels: int = PIXELS) -> tuple[Tensor, Callable[[Tensor], Maps]]:
    """Network input of about ``pixels``, and the way back: probabilities ``[N, 1, h, w]`` to maps at frame size."""
    size = (int(frames.shape[1]), int(frames.shape[2]))
    values = to_input(resize_frames(frames, working_size(size, pixels)), device)

    def back(probabilities: Tensor) -> Maps:
        return resize_maps(probabilities[:, 0].float().cpu().numpy(), size)

    return values, back
