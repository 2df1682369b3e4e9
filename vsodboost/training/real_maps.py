"""Maps of real models on training videos: what their errors look like, as maps to be improved and as errors to copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from vsodboost.data.errors import UsageError
from vsodboost.training.data import AnnotatedVideo

Map = NDArray[np.float32]
RealMaps = Mapping[str, Sequence[NDArray[np.uint8]]]
"""By the video's name: of each model that has all its frames, ``uint8[T, H, W]`` at the size of the frames."""


def read_real_maps(folders: Sequence[Path], videos: Sequence[AnnotatedVideo]) -> RealMaps:
    """Read ``FOLDER/VIDEO/FRAME.png`` of every model's folder, for the videos whose frames it has (a last one that is
    missing, as flow-based models leave it, is the one before it).

    Raises:
        UsageError: a folder has maps of none of the videos.
    """
    maps: dict[str, list[NDArray[np.uint8]]] = {}
    for folder in folders:
        found = 0
        for video in videos:
            read = _of_video(folder / video.name.split("@")[0], video)
            if read is not None:
                maps.setdefault(video.name, []).append(read)
                found += 1
        if not found:
            raise UsageError(f"{folder}: no maps of the training videos in it; FOLDER/VIDEO/FRAME.png is read")
    return maps


def _of_video(folder: Path, video: AnnotatedVideo) -> NDArray[np.uint8] | None:
    size = (int(video.frames.shape[2]), int(video.frames.shape[1]))
    maps: list[NDArray[np.uint8]] = []
    for number, name in enumerate(video.names):
        image = cv2.imread(str(folder / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
        if image is None:
            if number + 1 < len(video) or not maps:
                return None
            maps.append(maps[-1])
        else:
            maps.append(np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8))
    return np.stack(maps) if maps else None


def with_some_errors(truth: Map, real: Map, rng: Generator, *, keep: float = 0.35) -> Map:
    """Return the truth ``float32[H, W]`` with some connected pieces of the errors of a ``real`` map in [0, 1] put in,
    each with the chance ``keep``: a better model that fails at the same places."""
    wrong = (np.abs(real - truth) > 0.5).astype(np.uint8)
    count, pieces = cv2.connectedComponents(wrong, connectivity=8)
    kept: NDArray[np.bool_] = np.less(rng.random(int(count)), keep)
    kept[0] = False
    return np.asarray(np.where(kept[pieces], real, truth), np.float32)
