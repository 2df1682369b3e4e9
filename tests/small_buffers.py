"""A boosted buffer made of frames and maps, for writers: no network is asked."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from small_plans import small_scene

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.decision import Decision
from vsodboost.data.scene import Mined
from vsodboost.io.array_source import ArraySource
from vsodboost.io.frame_times import TimedSource
from vsodboost.registry.writer import VideoOutput, Writer


def small_buffer(
    frames: NDArray[np.uint8], maps: NDArray[np.float32], flags: tuple[str, ...] = (), **changes: Any
) -> BoostedBuffer:
    """``frames uint8[T, H, W, 3]`` with their final ``maps float32[T, H, W]``; the target's are empty."""
    count = len(frames)
    size = (int(maps.shape[1]), int(maps.shape[2]))
    scene = small_scene(count, size, frames=frames, **changes)
    ones = np.ones(count, np.float32)
    decision = Decision(maps, ones, ones * np.float32(0.8), ones * np.float32(0.6), flags or ("",) * count)
    return BoostedBuffer(frames, scene, Mined.nothing(scene), decision, maps, np.zeros_like(maps), ())


def written(
    writer: Writer, folder: Path, buffer: BoostedBuffer, source: Any = None, times: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Have ``writer`` write a video of one buffer into ``folder``; what ``run.json`` would say."""
    folder.mkdir(parents=True, exist_ok=True)
    source = source or TimedSource(ArraySource(buffer.frames, "small", 10.0))
    size = (int(buffer.frames.shape[1]), int(buffer.frames.shape[2]))
    with tempfile.TemporaryDirectory() as parts:
        writer.begin(VideoOutput(folder, source, size, times or {}, Path(parts)))
        writer.add(buffer)
        summary: dict[str, Any] = {"video": "small", "warnings": []}
        writer.finish(summary)
    return summary


def discs(count: int = 4, size: tuple[int, int] = (48, 64), colour: tuple[int, int, int] = (220, 60, 40)) -> Any:
    """Frames with a soft disc of ``colour`` on blue that wanders, and its share of each pixel: frames, maps."""
    y, x = np.mgrid[: size[0], : size[1]]
    shares = [np.clip((size[0] / 4 - np.hypot(y - size[0] / 2, x - 20 - 3 * t)) / 4 + 0.5, 0, 1) for t in range(count)]
    maps = np.stack(shares).astype(np.float32)
    frames = maps[..., None] * np.array(colour) + (1 - maps[..., None]) * np.array([20, 40, 200])
    return np.rint(frames).astype(np.uint8), maps


def pictures(folder: Path) -> list[np.ndarray]:
    """The PNGs of a folder, RGB or RGBA."""
    found = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted(folder.glob("*.png"))]
    return [image[..., [2, 1, 0, 3][: image.shape[2]]] for image in found]
