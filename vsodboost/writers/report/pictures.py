"""Pictures of a report: small, as WebP, inline."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.ops.flow_image import flow_image
from vsodboost.writers.maps import map_to_uint8
from vsodboost.writers.proposal_boxes import with_boxes

LARGEST = 640
"""px of the long side of a picture that is shown in full."""
THUMB = 160
"""px of the long side of a thumbnail."""
QUALITY = 78
THUMB_QUALITY = 60
KINDS = ("frame", "motion", "motion_map", "target", "boosted", "doubt", "truth")
"""Pictures that a frame may have, in the order in which they are shown."""


def webp(image: NDArray[np.uint8], quality: int = QUALITY) -> bytes:
    """Return ``uint8[H, W]`` (grey) or ``uint8[H, W, 3]`` (RGB) as WebP."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).convert("RGB").save(file, "WEBP", quality=quality, method=3)
    return file.getvalue()


def data_uri(picture: bytes) -> str:
    """Return WebP bytes as a URI that a page holds within itself."""
    return "data:image/webp;base64," + base64.b64encode(picture).decode("ascii")


def fitted(image: NDArray[Any], long_side: int) -> NDArray[Any]:
    """Return the picture shrunk so that no side is longer than ``long_side`` px; smaller ones as they are."""
    height, width = image.shape[:2]
    scale = long_side / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def thumbs_of(frame: NDArray[np.uint8], saliency: NDArray[np.float32]) -> dict[str, bytes]:
    """Return thumbnails of a frame ``uint8[H, W, 3]`` and its map ``float32[H, W]`` in [0, 1]."""
    return {
        "frame": webp(fitted(frame, THUMB), THUMB_QUALITY),
        "boosted": webp(map_to_uint8(fitted(saliency, THUMB)), THUMB_QUALITY),
    }


def pictures_of(buffer: BoostedBuffer, t: int, doubt: NDArray[np.float32]) -> dict[str, bytes]:
    """Return everything that there is to show of frame ``t`` of the buffer; ``doubt`` is its doubt map float32[h, w] in
    [0, 1]. A kind that makes no sense there (motion where nothing moves) is missing."""
    scene = buffer.scene
    boxes = [box for box in buffer.mined.notes.get("boxes", ()) if box["frame"] == t]
    shown = with_boxes(scene.frames[t], boxes) if boxes else buffer.frames[t]
    found: dict[str, NDArray[np.uint8]] = {"frame": shown}
    if not scene.static[t]:
        found["motion"] = flow_image(scene.motion[t])
        found["motion_map"] = map_to_uint8(scene.motion_maps[t])
    if not scene.silent[t]:
        found["target"] = map_to_uint8(buffer.target[t])
    found["boosted"] = map_to_uint8(buffer.maps[t])
    found["doubt"] = heat(doubt)
    return encoded(found)


def encoded(pictures: Mapping[str, NDArray[np.uint8]]) -> dict[str, bytes]:
    """Return pictures by kind as WebP, at the size of a report."""
    return {kind: webp(fitted(image, LARGEST)) for kind, image in pictures.items()}


def heat(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return ``float32[h, w]`` in [0, 1] as ``uint8[h, w, 3]`` RGB, dark to bright: doubt is not to be taken for a
    map."""
    coloured = cv2.applyColorMap(map_to_uint8(values), cv2.COLORMAP_INFERNO)
    return np.ascontiguousarray(coloured[:, :, ::-1])
