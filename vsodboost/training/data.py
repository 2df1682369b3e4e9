"""Reading training data: video with truth (DAVIS-like roots) and still images with truth (DUTS-like folders)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import UsageError
from vsodboost.data.types import Frames
from vsodboost.training.masks import read_mask

_IMAGES = (".jpg", ".jpeg", ".png", ".bmp")


@dataclass(frozen=True)
class Example:
    """One annotated frame: ``frame uint8[H, W, 3]`` RGB, ``truth float32[H, W]`` in {0, 1} (soft at resized edges)."""

    frame: NDArray[np.uint8]
    truth: NDArray[np.float32]


@dataclass(frozen=True)
class AnnotatedVideo:
    """``frames uint8[T, H, W, 3]``, ``truth uint8[T, H, W]`` (0..255), and object motions by the name of their kind."""

    name: str
    frames: Frames
    truth: NDArray[np.uint8]
    motions: dict[str, NDArray[np.float16]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frames)


def _find(folder: Path, *names: str) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_dir()), None)


def _images(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in _IMAGES)


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


def _video_folders(root: Path) -> Iterator[tuple[str, Path, Path]]:
    frames, truths = _find(root, "JPEGImages/480p", "JPEGImages"), _find(root, "Annotations/480p", "Annotations")
    if frames is None or truths is None:
        raise UsageError(f"{root} is no DAVIS-like root: it needs JPEGImages/ and Annotations/")
    for folder in sorted(p for p in frames.iterdir() if p.is_dir()):
        if (truths / folder.name).is_dir():
            yield folder.name, folder, truths / folder.name


def read_videos(root: Path, *, without: Sequence[str] = (), long_side: int = 432) -> list[AnnotatedVideo]:
    """Every sequence of a DAVIS-like root (JPEGImages[/480p]/SEQ, Annotations[/480p]/SEQ) but those in ``without``."""
    videos = []
    for name, images, masks in _video_folders(root):
        if name in without:
            continue
        pairs = []
        for image in _images(images):
            mask = masks / f"{image.stem}.png"
            if mask.exists():
                pairs.append(read_pair(image, mask, long_side))
        if pairs:
            videos.append(AnnotatedVideo(name, np.stack([p[0] for p in pairs]), np.stack([p[1] for p in pairs])))
    if not videos:
        raise UsageError(f"no annotated sequence found in {root}")
    return videos


def read_stills(root: Path, *, long_side: int = 400) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Image and mask pairs of a DUTS-like root (images/ and masks/, or DUTS-TR-Image/ and DUTS-TR-Mask/)."""
    images, masks = _find(root, "images", "DUTS-TR-Image"), _find(root, "masks", "DUTS-TR-Mask")
    if images is None or masks is None:
        raise UsageError(f"{root} is no folder of stills: it needs images/ and masks/")
    pairs = [(p, masks / f"{p.stem}.png") for p in _images(images)]
    return [read_pair(image, mask, long_side) for image, mask in pairs if mask.exists()]


def is_stills(root: Path) -> bool:
    """Whether a data folder holds stills rather than video."""
    return _find(root, "images", "DUTS-TR-Image") is not None
