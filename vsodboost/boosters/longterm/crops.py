"""Pictures of proposals, for networks that look at each one by itself."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.scene import Scene
from vsodboost.data.types import Boxes

QUALITY = 95


def crop(scene: Scene, frame: int, box: NDArray[np.float32]) -> NDArray[np.uint8]:
    """What a box (px at the working size) shows of a frame, ``uint8[h, w, 3]`` RGB, from the source where it is there;
    whole px, at least one."""
    source = scene.frames if scene.full is None else scene.full
    across, down = source.shape[2] / scene.frames.shape[2], source.shape[1] / scene.frames.shape[1]
    x0 = min(max(int(np.floor(box[0] * across)), 0), source.shape[2] - 1)
    y0 = min(max(int(np.floor(box[1] * down)), 0), source.shape[1] - 1)
    x1 = max(min(int(np.ceil(box[2] * across)), source.shape[2]), x0 + 1)
    y1 = max(min(int(np.ceil(box[3] * down)), source.shape[1]), y0 + 1)
    return np.asarray(source[frame, y0:y1, x0:x1])


def encoded(picture: NDArray[np.uint8], largest: int) -> bytes:
    """A crop ``uint8[h, w, 3]`` RGB as JPEG, no side over ``largest`` px: kilobytes to keep for the whole video."""
    shrink = min(1.0, largest / max(picture.shape[:2]))
    if shrink < 1:
        size = (max(1, round(picture.shape[1] * shrink)), max(1, round(picture.shape[0] * shrink)))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert done
    return bytes(data)


def decoded(data: bytes, side: int) -> NDArray[np.uint8]:
    """What ``encoded`` gave, as ``uint8[side, side, 3]`` RGB."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def squares(scene: Scene, frame: int, boxes: Boxes, side: int) -> NDArray[np.uint8]:
    """The crops of a frame's boxes, each stretched to ``uint8[N, side, side, 3]``."""
    pictures = [cv2.resize(crop(scene, frame, box), (side, side), interpolation=cv2.INTER_LINEAR) for box in boxes]
    return np.stack(pictures).astype(np.uint8) if pictures else np.zeros((0, side, side, 3), np.uint8)
