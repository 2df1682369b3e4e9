"""What lies in a folder: images in natural order, folders by the names that data sets give them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from vsodboost.data.errors import InputError
from vsodboost.data.video import natural_key
from vsodboost.io.image_file import IMAGE_SUFFIXES

MASK_SUFFIXES = IMAGE_SUFFIXES | {".pgm", ".ppm", ".pbm", ".tif", ".tiff", ".webp"}
"""Suffixes of masks; those of frames are ``IMAGE_SUFFIXES``."""
LOSSLESS = frozenset({".png", ".bmp", ".pgm", ".ppm", ".pbm", ".tif", ".tiff"})
JUNK = frozenset({"__MACOSX", "@eaDir", "lost+found"})
"""Folders that archives and file servers leave behind."""

FRAMES = ("Imgs", "images", "image", "img", "frames", "frame", "JPEGImages", "RGB")
TRUTHS = (
    "GT_object_level", "ground-truth", "GT", "Annotations", "Annotation", "masks", "mask", "labels", "label",
)  # fmt: skip
"""What folders of frames and of truth are called; case, hyphens and underscores do not matter."""


@cache
def plain_name(name: str) -> str:
    """A folder's name without case, hyphens, underscores and spaces: ``SegTrack-V2`` becomes ``segtrackv2``."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


class _Listed(NamedTuple):
    """Names of files, and of folders in natural order; ``found`` keeps images by their suffixes."""

    files: tuple[str, ...]
    folders: tuple[str, ...]
    found: dict[frozenset[str], tuple[Path, ...]]


_listed: ContextVar[dict[str, _Listed] | None] = ContextVar("listed", default=None)


@contextmanager
def listed_once() -> Iterator[None]:
    """Within the block every folder is listed once, however many readers look into it."""
    token = _listed.set({} if (known := _listed.get()) is None else known)
    try:
        yield
    finally:
        _listed.reset(token)


def images(folder: Path, suffixes: Iterable[str] = MASK_SUFFIXES) -> list[Path]:
    """The images in a folder, in natural order; of two of one stem the lossless one. No folder: none.

    Raises:
        InputError: the folder cannot be listed.
    """
    wanted, listed = frozenset(suffixes), _list(folder)
    if wanted not in listed.found:
        by_stem: dict[str, tuple[bool, str]] = {}
        for name in listed.files:
            stem, suffix = _split(name)
            if suffix in wanted:
                candidate = suffix not in LOSSLESS, name
                by_stem[stem] = min(candidate, by_stem.get(stem, candidate))
        names = sorted((name for _, name in by_stem.values()), key=_place)
        listed.found[wanted] = tuple(folder / name for name in names)
    return list(listed.found[wanted])


def frames(folder: Path) -> list[Path]:
    """The frames in a folder, in natural order."""
    return images(folder, IMAGE_SUFFIXES)


def has_images(folder: Path, suffixes: Iterable[str] = MASK_SUFFIXES) -> bool:
    """Whether there is an image directly in the folder."""
    wanted = frozenset(suffixes)
    return any(_split(name)[1] in wanted for name in _list(folder).files)


def folders(folder: Path) -> list[Path]:
    """The folders in a folder, in natural order, without hidden ones and JUNK."""
    return [folder / name for name in _list(folder).folders]


def named_folder(folder: Path, names: Iterable[str]) -> Path | None:
    """The first folder in ``folder`` that is called by one of ``names``, earlier names first; None if there is none."""
    return next(named_folders(folder, names), None)


def named_folders(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    """Every folder in ``folder`` that is called by one of ``names``, earlier names first."""
    found = _list(folder).folders
    for wanted in map(plain_name, names):
        yield from (folder / name for name in found if plain_name(name) == wanted)


@lru_cache(1 << 14)
def _place(name: str) -> list[tuple[int, Decimal, str]]:
    """The natural order's key: folders of a data set hold files of the same names."""
    return natural_key(name)


@lru_cache(1 << 14)
def _split(name: str) -> tuple[str, str]:
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix.lower()) if stem else (name, "")


def _list(folder: Path) -> _Listed:
    known = _listed.get()
    if known is None:
        return _scan(folder)
    key = os.fspath(folder)
    if key not in known:
        known[key] = _scan(folder)
    return known[key]


def _scan(folder: Path) -> _Listed:
    files, inside = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir():
                    inside.append(entry.name)
                else:
                    files.append(entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return _Listed((), (), {})
    except OSError as error:
        raise InputError(f"cannot read {folder}: {error.strerror or error}") from error
    shown = (name for name in inside if not name.startswith(".") and name not in JUNK)
    return _Listed(tuple(name for name in files if not name.startswith(".")), tuple(sorted(shown, key=natural_key)), {})
