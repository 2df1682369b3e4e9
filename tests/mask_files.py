"""Sequences of masks of two objects, and writers of the files that people make of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vsodboost.io.colour_facts import davis_palette

SIZE = (96, 160)
VOID = (slice(4, 24), slice(110, 150))
"""Rows and columns of a region that lies in no object."""


def numbers(count: int = 3) -> list[NDArray[np.uint8]]:
    """An ellipse that moves to the right, as two objects: 2 is its left half, 1 its right half; ``uint8[96, 160]``."""
    found = []
    for t in range(count):
        mask = np.zeros(SIZE, np.uint8)
        x = 45 + 5 * t
        cv2.ellipse(mask, (x, 52), (23, 19), 15.0, 0.0, 360.0, 1, -1)
        mask[:, :x] *= 2
        found.append(mask)
    return found


def masks(count: int = 3) -> list[NDArray[np.bool_]]:
    """The ellipse, ``bool[96, 160]``."""
    return [n > 0 for n in numbers(count)]


def with_void(ids: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Numbers with a region of void, 255."""
    out = ids.copy()
    out[VOID] = 255
    return out


def indexed(ids: NDArray[np.uint8], palette: NDArray[np.uint8] | None = None) -> Image.Image:
    """An image of places in a palette; DAVIS's if none is given."""
    image = Image.frombytes("P", ids.shape[::-1], np.ascontiguousarray(ids).tobytes())
    image.putpalette((davis_palette() if palette is None else palette).ravel().tolist())
    return image


def photograph(seed: int = 0, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """A textured picture in colour, ``uint8[H, W, 3]``, nowhere dark."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 200, (size[0] // 6, size[1] // 6, 3)).astype(np.float32)
    smooth = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_LINEAR)
    fine = cv2.GaussianBlur(rng.normal(0, 40, size).astype(np.float32), (0, 0), 0.8)
    return np.clip(smooth + fine[..., None], 30, 255).astype(np.uint8)


def save(path: Path, image: Image.Image | NDArray[Any], **options: Any) -> Path:
    """Write an image with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, **options)
    return path


def save_all(
    folder: Path, images: Iterable[Image.Image | NDArray[Any]], suffix: str = "png", **options: Any
) -> list[Path]:
    """Write images as ``00000.png`` and so on."""
    return [save(folder / f"{t:05d}.{suffix}", image, **options) for t, image in enumerate(images)]
