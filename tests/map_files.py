"""Synthetic saliency maps and truth masks: smooth blobs, and folders of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SIZE = (48, 64)


def blob(seed: int, size: tuple[int, int] = SIZE) -> NDArray[np.float64]:
    """A smooth random map in [0, 1], ``float64[H, W]``."""
    noise = np.random.default_rng(seed).random((5, 6))
    return np.clip(cv2.resize(noise, size[::-1], interpolation=cv2.INTER_CUBIC), 0, 1)


def frame(seed: int, size: tuple[int, int] = SIZE) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """A map that resembles its truth, and the truth."""
    shape = blob(seed, size)
    noisy = np.clip(0.6 * shape + 0.4 * blob(seed + 1000, size), 0, 1)
    return noisy**2, shape > 0.6


def frames(count: int, size: tuple[int, int] = SIZE) -> Iterator[tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    """Several frames, the second of them with an empty truth and the third with a full one."""
    for seed in range(count):
        saliency, truth = frame(seed, size)
        yield saliency, truth if seed not in (1, 2) else np.full(size, seed == 2)


def write(path: Path, image: NDArray[Any]) -> None:
    """Write an image file, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


def write_sequence(
    truth: Path, maps: Path, count: int, *, first_seed: int = 0, map_size: tuple[int, int] = SIZE, noise: float = 0
) -> None:
    """Files ``00000.png`` ...: masks of 0 and 255 in ``truth``, 8-bit maps in ``maps`` at a size of their own."""
    for index in range(count):
        saliency, mask = frame(first_seed + index)
        disturbed = (1 - noise) * saliency + noise * blob(first_seed + index + 5000)
        write(truth / f"{index:05d}.png", mask.astype(np.uint8) * 255)
        write(maps / f"{index:05d}.png", (cv2.resize(disturbed, map_size[::-1]) * 240).astype(np.uint8))
