"""Anybody's saliency maps as a folder of image files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.video import natural_key
from vsodboost.io.image_file import is_image, read_grey


@dataclass(frozen=True)
class _Listing:
    folder: Path
    files: dict[str, Path]
    """By file stem, in natural order."""
    numbers: dict[int, Path]
    """By frame number; empty unless the number in the stems is unmistakable."""


class MapFolder:
    """Maps at ``<root>/<video>/<frame>.png`` (jpg, bmp), or at ``<root>/<frame>.png`` when root is one video's maps.

    Maps may have 8 or 16 bits, be grey, colour or palette, of any size. A map belongs to the frame of the same name.
    Where no map has that name, padding, prefix and suffix are passed over (``frame_0001`` and ``1_sal`` are frame
    ``00001``), but only when that cannot go wrong: the frame's name has one number in it, and the names of the maps
    are alike but for one number, which no two of them share.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            what = "is not a folder" if self.root.exists() else "does not exist"
            raise UsageError(f"the maps folder {root} {what}")
        self._listings: dict[str, _Listing] = {}
        self._flat_video: str | None = None

    def read(self, video: str, name: str) -> NDArray[np.float32]:
        """The map of frame ``name`` as ``float32[h, w]`` in [0, 1], at its own size.

        Raises:
            InputError: there is no such map (the message says which are there), or it cannot be read.
        """
        listing = self._listing(video)
        file = _find(listing, name)
        if file is None:
            raise InputError(f"no map for frame {name} of {video!r} in {listing.folder}, which holds {_held(listing)}")
        return read_grey(file)

    def file(self, video: str, name: str) -> Path | None:
        """The file that holds the map of frame ``name``, None where there is none.

        Raises:
            InputError: the video has no maps at all.
        """
        return _find(self._listing(video), name)

    def files(self, video: str) -> tuple[Path, ...]:
        """All map files of the video, in natural order. Raises InputError when there is none."""
        return tuple(self._listing(video).files.values())

    def check(self, video: str, names: Sequence[str]) -> None:
        """Raise InputError when frames of the video have no map: which is the first, and how many have one."""
        listing = self._listing(video)
        missing = [name for name in names if _find(listing, name) is None]
        if missing:
            raise InputError(
                f"no map for frame {missing[0]} of {video!r} in {listing.folder}: {len(names) - len(missing)} of "
                f"{len(names)} frames have one; the folder holds {_held(listing)}"
            )

    def _listing(self, video: str) -> _Listing:
        if video in self._listings:
            return self._listings[video]
        folder = self.root / video
        files = _maps(folder)
        if not files:
            flat = _maps(self.root)
            if not flat:
                raise InputError(f"no maps for {video!r}: no png, jpg or bmp in {folder}, nor in {self.root} itself")
            if self._flat_video not in (None, video):
                raise InputError(
                    f"no maps for {video!r}: {folder} does not exist, and the maps in {self.root} itself were taken "
                    f"for {self._flat_video!r}; give each video a folder of its own"
                )
            self._flat_video = video
            folder, files = self.root, flat
        stems: dict[str, Path] = {}
        for file in files:
            if file.stem in stems:
                raise InputError(f"{folder} holds both {stems[file.stem].name} and {file.name}; remove one")
            stems[file.stem] = file
        self._listings[video] = _Listing(folder, stems, _by_number(stems))
        return self._listings[video]


def _maps(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    try:
        files = [file for file in folder.iterdir() if is_image(file)]
    except OSError as error:
        raise InputError(f"cannot read {folder}: {error.strerror or error}") from error
    return sorted(files, key=lambda file: natural_key(file.name))


def _find(listing: _Listing, name: str) -> Path | None:
    if name in listing.files:
        return listing.files[name]
    numbers = re.findall(r"\d+", name)
    return listing.numbers.get(int(numbers[0])) if len(numbers) == 1 else None


def _by_number(stems: dict[str, Path]) -> dict[int, Path]:
    """Files by the one number that tells their names apart; empty when there is no such number."""
    parts = [re.split(r"(\d+)", stem) for stem in stems]
    if len({len(part) for part in parts}) != 1:
        return {}
    varying = [place for place in range(len(parts[0])) if len({part[place] for part in parts}) > 1]
    if not varying and len(parts[0]) == 3:  # a single map with a single number
        varying = [1]
    if len(varying) != 1 or varying[0] % 2 == 0:
        return {}
    numbers = {int(part[varying[0]]): file for part, file in zip(parts, stems.values(), strict=True)}
    return numbers if len(numbers) == len(stems) else {}


def _held(listing: _Listing) -> str:
    names = list(listing.files)
    return f"{len(names)} maps, {names[0]} to {names[-1]}" if len(names) > 1 else f"one map, {names[0]}"
