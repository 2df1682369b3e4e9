"""Reading training data into memory: videos with truth, and still images with truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import UsageError
from vsodboost.data.types import Frames
from vsodboost.datasets import read_dataset
from vsodboost.training.files import DatasetReader, list_files, training_dataset
from vsodboost.training.masks import read_mask


@dataclass(frozen=True)
class Example:
    """One annotated frame: ``frame uint8[H, W, 3]`` RGB, ``truth float32[H, W]`` in {0, 1} (soft at resized edges)."""

    frame: NDArray[np.uint8]
    truth: NDArray[np.float32]


@dataclass(frozen=True)
class AnnotatedVideo:
    """``frames uint8[T, H, W, 3]``, ``truth uint8[T, H, W]`` (0..255), object motions by the name of their kind, and
    the frames' ``names`` (file names without suffix; empty: unknown)."""

    name: str
    frames: Frames
    truth: NDArray[np.uint8]
    motions: dict[str, NDArray[np.float16]] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.frames)


def _read_frame(path: Path) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise UsageError(f"cannot read the training image {path}; remove or replace it")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _shrunk(image: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    scale = long_side / max(image.shape[:2])
    if scale < 1:
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return image


def read_pair(image: Path, mask: Path, long_side: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A frame ``uint8[H, W, 3]`` RGB and its mask ``uint8[H, W]``, shrunk to at most ``long_side`` px."""
    frame, truth = _shrunk(_read_frame(image), long_side), _shrunk(read_mask(mask), long_side)
    if truth.shape != frame.shape[:2]:
        truth = cv2.resize(truth, frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(frame, np.uint8), np.asarray(truth, np.uint8)


def read_videos(
    root: Path,
    *,
    without: Sequence[str] = (),
    long_side: int = 432,
    united: Path | None = None,
    read: DatasetReader = read_dataset,
) -> list[AnnotatedVideo]:
    """Every sequence of a data set of videos but those in ``without``, as far as consecutive frames have truth.

    Motion is learned between neighbours: a sequence with gaps in its truth is given as the runs of at least two frames
    between them, the second of which is called ``NAME@INDEX`` after its first frame, and so on.

    Args:
        root: see ``list_files``.
        without: names of sequences to leave out.
        long_side: frames are shrunk to at most that many px.
        united: see ``list_files``.
        read: see ``list_files``.

    Raises:
        UsageError: no sequence has two consecutive annotated frames, or a file cannot be read.
    """
    videos = []
    for files in list_files([root], united, read).videos:
        if files.name in without:
            continue
        for number, run in enumerate(_runs(files.labelled)):
            pairs = [read_pair(files.frames[t], mask, long_side) for t in run if (mask := files.masks[t]) is not None]
            name = f"{files.name}@{run[0]}" if number else files.name
            frames, truth = (np.stack(part) for part in zip(*pairs, strict=True))
            videos.append(AnnotatedVideo(name, frames, truth, names=tuple(files.frames[t].stem for t in run)))
    if not videos:
        raise UsageError(
            f"{root}: no sequence with two annotated frames in a row, from which motion could be learned; sparsely"
            " annotated sets are for trainers of single frames"
        )
    return videos


def read_stills(
    root: Path, *, long_side: int = 400, united: Path | None = None, read: DatasetReader = read_dataset
) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Image and mask pairs of a set of stills; see ``list_files``."""
    return [read_pair(image, mask, long_side) for image, mask in list_files([root], united, read).stills]


def is_stills(root: Path, read: DatasetReader = read_dataset) -> bool:
    """Whether a data folder holds stills rather than video.

    Raises:
        UsageError: it holds neither.
    """
    return training_dataset(root, read).stills


def _runs(labelled: Sequence[int]) -> list[list[int]]:
    """Runs of consecutive indices, of two at least."""
    runs: list[list[int]] = []
    for t in labelled:
        if runs and runs[-1][-1] == t - 1:
            runs[-1].append(t)
        else:
            runs.append([t])
    return [run for run in runs if len(run) > 1]
