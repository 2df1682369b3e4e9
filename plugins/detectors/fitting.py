"""Frames into a network's picture, and boxes back out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import Boxes

from .feeding import GREY, Fit, Normalisation


@dataclass(frozen=True)
class Placement:
    """Where a frame lies in the network's picture: px of the picture = px of the frame · ``scale`` + ``offset``."""

    scale: tuple[float, float]
    offset: tuple[int, int]

    def to_frame(self, boxes: Boxes) -> Boxes:
        """Boxes ``float32[N, 4]`` in px of the picture as boxes in px of the frame."""
        return np.asarray((boxes - np.array(self.offset * 2)) / np.array(self.scale * 2), np.float32)


def fitted(frame: NDArray[np.uint8], size: tuple[int, int], fit: Fit) -> tuple[NDArray[np.uint8], Placement]:
    """A frame ``uint8[h, w, 3]`` resized for a picture of ``size`` (H, W), and where in it it will lie.

    "stretch" fills the picture; "letterbox" and "corner" keep the shape of things and leave a border, on both sides or
    to the right and below.
    """
    height, width = frame.shape[:2]
    if fit == "stretch":
        inner = size
    else:
        ratio = min(size[0] / height, size[1] / width)
        inner = (max(1, round(height * ratio)), max(1, round(width * ratio)))
    resized = cv2.resize(frame, inner[::-1], interpolation=cv2.INTER_LINEAR)
    spare = (size[1] - inner[1], size[0] - inner[0])
    offset = (spare[0] // 2, spare[1] // 2) if fit == "letterbox" else (0, 0)
    return np.asarray(resized, np.uint8), Placement((inner[1] / width, inner[0] / height), offset)


def picture(
    frame: NDArray[np.uint8], size: tuple[int, int], fit: Fit, normalise: Normalisation, *, bytes_wanted: bool = False
) -> tuple[NDArray[Any], Placement]:
    """The network's picture ``float32[H, W, 3]`` (``uint8`` as it is, if ``bytes_wanted``), and where the frame lies.

    The border is grey around a letterbox, and zero after normalisation where the frame lies in a corner, which is how
    the published networks of either kind were trained.
    """
    inner, placement = fitted(frame, size, fit)
    left, top = placement.offset
    rows, columns = slice(top, top + inner.shape[0]), slice(left, left + inner.shape[1])
    if bytes_wanted:
        whole: NDArray[Any] = np.full((*size, 3), round(GREY * 255) if fit == "letterbox" else 0, np.uint8)
        whole[rows, columns] = inner[..., ::-1] if normalise.bgr else inner
        return whole, placement
    whole = np.zeros((*size, 3), np.float32)
    if fit == "letterbox":
        whole[:] = normalise.grey
    whole[rows, columns] = normalise(inner)
    return whole, placement
