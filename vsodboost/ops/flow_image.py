"""The flow image: optical flow in the Middlebury colours (Baker et al., IJCV 2011)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import FlowField, Frames

# From red to yellow, green, cyan, blue, magenta and back: (colours, the full channel, the rising or falling one).
_SEGMENTS = ((15, 0, 1), (6, 1, 0), (4, 1, 2), (11, 2, 1), (13, 2, 0), (6, 0, 2))
_UNKNOWN = 1e7


def colour_wheel() -> NDArray[np.float32]:
    """The wheel, ``float32[55, 3]`` RGB in [0, 255]."""
    parts = []
    for index, (length, full, changing) in enumerate(_SEGMENTS):
        part = np.zeros((length, 3), np.float32)
        ramp = np.floor(255 * np.arange(length) / length)
        part[:, full] = 255
        part[:, changing] = ramp if index % 2 == 0 else 255 - ramp
        parts.append(part)
    return np.concatenate(parts)


_WHEEL = colour_wheel()


def flow_image(flow: NDArray[np.float32], *, largest: float | None = None) -> NDArray[np.uint8]:
    """One flow field ``float32[H, W, 2]`` px as ``uint8[H, W, 3]`` RGB.

    Hue is direction, saturation is length over ``largest`` (default: the frame's own maximum). Unknown flow (beyond
    1e7 px, or NaN) is black.
    """
    u, v = flow[..., 0].astype(np.float32), flow[..., 1].astype(np.float32)
    unknown = ~((np.abs(u) <= _UNKNOWN) & (np.abs(v) <= _UNKNOWN))
    u, v = np.where(unknown, 0, u), np.where(unknown, 0, v)
    top = float(np.sqrt(u * u + v * v).max()) if largest is None else largest
    u, v = u / (top + np.finfo(np.float32).eps), v / (top + np.finfo(np.float32).eps)
    radius = np.sqrt(u * u + v * v)
    position = (np.arctan2(-v, -u) / np.pi + 1) / 2 * (len(_WHEEL) - 1)
    lower = np.floor(position).astype(int)
    upper = (lower + 1) % len(_WHEEL)
    part = (position - lower)[..., None]
    colour = ((1 - part) * _WHEEL[lower] + part * _WHEEL[upper]) / 255
    inside = (radius <= 1)[..., None]
    colour = np.where(inside, 1 - radius[..., None] * (1 - colour), colour * 0.75)
    image = np.floor(255 * colour)
    image[unknown] = 0
    return np.asarray(image, np.uint8)


def flow_images(flow: FlowField) -> Frames:
    """Flow images ``uint8[T, H, W, 3]`` of ``float32[T, H, W, 2]``, each frame by its own maximum."""
    return np.stack([flow_image(field) for field in flow])
