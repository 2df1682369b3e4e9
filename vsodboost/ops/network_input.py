"""Frames as the light networks want them, and their maps back at the frames' size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from vsodboost.data.types import Frames, Maps
from vsodboost.ops.resize import PIXELS, resize_frames, resize_maps, working_size
from vsodboost.ops.tensors import as_tensor

MEAN = (0.5, 0.5, 0.5)
STD = (0.5, 0.5, 0.5)


def to_input(frames: Frames, device: str = "cpu", mean: Sequence[float] = MEAN, std: Sequence[float] = STD) -> Tensor:
    """Return frames ``uint8[N, h, w, 3]`` divided by 255, then normalised: ``float32[N, 3, h, w]``."""
    values = as_tensor(np.ascontiguousarray(frames))
    if torch.device(device).type == "cuda":  # pinned memory is copied while the CPU goes on
        values = values.pin_memory().to(device, non_blocking=True)
    else:
        values = values.to(device)
    values = values.permute(0, 3, 1, 2).contiguous().float()
    for channel, centre, spread in zip(values.unbind(1), mean, std, strict=True):
        channel.mul_(1 / (255 * spread)).sub_(centre / spread)
    return values


def normalise(frames: Frames, device: str = "cpu", pixels: int = PIXELS) -> tuple[Tensor, Callable[[Tensor], Maps]]:
    """Return network input of about ``pixels``, and the way back: probabilities ``[N, 1, h, w]`` to maps at frame
    size."""
    size = (int(frames.shape[1]), int(frames.shape[2]))
    values = to_input(resize_frames(frames, working_size(size, pixels)), device)

    def back(probabilities: Tensor) -> Maps:
        return resize_maps(probabilities[:, 0].float().cpu().numpy(), size)

    return values, back
