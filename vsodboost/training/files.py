"""Lists of training files that are read when a step needs them: whole data sets do not fit in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vsodboost.data.errors import UsageError

_IMAGES = (".jpg", ".jpeg", ".png", ".bmp")
_FRAMES, _TRUTHS = ("JPEGImages/480p", "JPEGImages"), ("Annotations/480p", "Annotations")
_STILLS = (("images", "masks"), ("DUTS-TR-Image", "DUTS-TR-Mask"))


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


def list_files(roots: Sequence[Path]) -> TrainingFiles:
    """Everything annotated below DAVIS-like roots (JPEGImages, Annotations) and folders of stills (images, masks).

    Raises:
        UsageError: a root is neither, or has no annotated frame or image.
    """
    videos: list[VideoFiles] = []
    stills: list[tuple[Path, Path]] = []
    for root in roots:
        found_videos, found_stills = _videos(root), _stills(root)
        if not found_videos and not found_stills:
            raise UsageError(
                f"{root}: no training data; it needs JPEGImages/SEQUENCE and Annotations/SEQUENCE, or images and masks"
            )
        videos += found_videos
        stills += found_stills
    return TrainingFiles(tuple(videos), tuple(stills))


def _videos(root: Path) -> list[VideoFiles]:
    frames, truths = _first(root, _FRAMES), _first(root, _TRUTHS)
    if frames is None or truths is None:
        return []
    found = []
    for folder in sorted(path for path in frames.iterdir() if path.is_dir()):
        images = _images(folder)
        masks = tuple(_existing(truths / folder.name / f"{image.stem}.png") for image in images)
        if any(masks):
            found.append(VideoFiles(folder.name, tuple(images), masks))
    return found


def _stills(root: Path) -> list[tuple[Path, Path]]:
    for images, masks in _STILLS:
        if (root / images).is_dir() and (root / masks).is_dir():
            pairs = [(image, root / masks / f"{image.stem}.png") for image in _images(root / images)]
            return [(image, mask) for image, mask in pairs if mask.is_file()]
    return []


def _first(root: Path, names: Sequence[str]) -> Path | None:
    return next((root / name for name in names if (root / name).is_dir()), None)


def _images(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in _IMAGES)


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None
