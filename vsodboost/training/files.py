"""Lists of training files that are read when a step needs them: whole data sets do not fit in memory.

Every trainer sees the data through this one scanner, in the natural order of the frames.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from vsodboost.data.errors import InputError, UsageError
from vsodboost.datasets import Dataset, Truth, read_dataset
from vsodboost.io.atomic import write_png
from vsodboost.metrics.truth import truth_mask


@dataclass(frozen=True)
class VideoFiles:
    """A sequence: all its ``frames`` in order, and of each its mask (None where it was not annotated)."""

    name: str
    frames: tuple[Path, ...]
    masks: tuple[Path | None, ...]

    @property
    def labelled(self) -> list[int]:
        """Indices of the annotated frames."""
        return [t for t, mask in enumerate(self.masks) if mask is not None]


@dataclass(frozen=True)
class TrainingFiles:
    """``stills`` are (image, mask) pairs."""

    videos: tuple[VideoFiles, ...]
    stills: tuple[tuple[Path, Path], ...]


DatasetReader = Callable[[Path], Dataset]
"""Reads the data set in a folder; raises as ``vsodboost.datasets.read_dataset`` does."""


def list_files(roots: Sequence[Path], united: Path | None = None, read: DatasetReader = read_dataset) -> TrainingFiles:
    """Everything annotated below roots of data sets, in any layout that ``read`` knows.

    Args:
        roots: roots of sets of videos or stills.
        united: folder for masks that are no plain grey file of their own (a file an object, object colours): each is
            written there once as 0 and 255, at ``<united>/<root>/<sequence>/<frame>.png``. Without it such sets are
            refused.
        read: reads a root; a trainer passes ``request.read``, so that the user's ``--layout`` counts.

    Raises:
        UsageError: a root has no annotated frame or image, or needs ``united``.
        InputError: a mask that must be united cannot be read.
    """
    videos: list[VideoFiles] = []
    stills: list[tuple[Path, Path]] = []
    for root in roots:
        dataset = training_dataset(root, read)
        place = None if united is None else united / root.resolve().name
        found = [
            VideoFiles(s.name, s.frames, tuple(_mask(truth, place, s.name) for truth in s.aligned()))
            for s in dataset.labelled
        ]
        if dataset.stills:
            stills += [
                (image, mask) for s in found for image, mask in zip(s.frames, s.masks, strict=True) if mask is not None
            ]
        else:
            videos += [video for video in found if video.labelled]
    return TrainingFiles(tuple(videos), tuple(stills))


def training_dataset(root: Path, read: DatasetReader = read_dataset) -> Dataset:
    """The data set in ``root``, which has frames and truth.

    Raises:
        UsageError: it has not.
    """
    try:
        dataset = read(root)
    except InputError as error:
        raise UsageError(f"{_needs(root)} ({error})") from error
    if not any(truth is not None for sequence in dataset.sequences for truth in sequence.aligned()):
        raise UsageError(_needs(root))
    return dataset


def _needs(root: Path) -> str:
    return f"{root}: no training data; it needs JPEGImages/SEQUENCE and Annotations/SEQUENCE, or images and masks"


def _mask(truth: Truth | None, united: Path | None, sequence: str) -> Path | None:
    """One grey file for the truth of a frame: its own where it is one, else a united one."""
    if truth is None:
        return None
    if len(truth.files) == 1 and truth.background is None and not _has_palette(truth.files[0]):
        return truth.files[0]
    if united is None:
        raise UsageError(
            f"{truth.files[0]}: its truth is coded or lies in several files; convert it to one grey mask a frame"
        )
    path = united / sequence / f"{truth.frame}.png"
    if not path.exists():
        write_png(path, np.where(truth_mask(truth).mask, 255, 0).astype(np.uint8))
    return path


def _has_palette(path: Path) -> bool:
    """Whether the pixels are numbers of objects with colours, as in DAVIS 2017; only the header is read."""
    if path.suffix.lower() != ".png":
        return False
    try:
        with Image.open(path) as image:
            return image.mode == "P"
    except (OSError, ValueError, SyntaxError):
        return False  # whoever reads the pixels says what is wrong
