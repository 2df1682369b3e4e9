"""Anybody's saliency maps as a folder of image files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.video import natural_key
from vsodboost.io.grey_kind import Use
from vsodboost.io.image_file import is_image
from vsodboost.io.map_names import NamedFiles
from vsodboost.io.masks import MaskSequence

OWN = frozenset({"contact_sheet"})
"""Stems of what we write beside maps ourselves."""


class MapFolder:
    """Maps at ``<root>/<video>/<frame>.png`` (jpg, bmp), or at ``<root>/<frame>.png`` when root is one video's maps.

    Maps may be of any size and kind that ``masks`` reads; those of one video are read in one way. A map belongs to the
    frame of the same name, or of the same number: see ``map_names``. ``use`` is "label" where labels are in the folder.
    """

    def __init__(self, root: str | Path, use: Use = "map") -> None:
        self.root = Path(root)
        self.use: Use = use
        self._noun = "map" if use == "map" else "label"
        if not self.root.is_dir():
            what = "is not a folder" if self.root.exists() else "does not exist"
            raise UsageError(f"the {self._noun}s folder {root} {what}")
        self._named: dict[str, NamedFiles] = {}
        self._sequences: dict[str, MaskSequence] = {}
        self._flat_video: str | None = None

    def read(self, video: str, name: str) -> NDArray[np.float32]:
        """Return the map of frame ``name`` as ``float32[h, w]`` in [0, 1], at its own size.

        Raises:
            InputError: there is no such map (the message says which are there), or it cannot be read.
        """
        named = self._listing(video)
        file = named.find(name)
        if file is None:
            raise InputError(
                f"no {self._noun} for frame {name} of {video!r} in {named.folder}, which holds {named.held}"
            )
        return self.sequence(video).read(file).unit

    def file(self, video: str, name: str) -> Path | None:
        """Return the file that holds the map of frame ``name``, None where there is none.

        Raises:
            InputError: the video has no maps at all, or the file's number may mean another frame.
        """
        return self._listing(video).find(name)

    def files(self, video: str) -> tuple[Path, ...]:
        """Return all map files of the video, in natural order. Raises InputError when there is none."""
        return tuple(self._listing(video).files.values())

    def sequence(self, video: str) -> MaskSequence:
        """Return the reader of the video's maps. Raises InputError when there is none."""
        if video not in self._sequences:
            self._sequences[video] = MaskSequence(self._listing(video).alike, self.use)
        return self._sequences[video]

    def available(self, video: str, names: Sequence[str]) -> NDArray[np.bool_]:
        """Mark which of all the video's frames, ``names``, have a map; ``bool[T]``.

        Raises:
            InputError: the video has no maps at all, or which map is whose cannot be known.
        """
        named = self._listing(video)
        named.check_numbers(names)
        return np.array([named.find(name) is not None for name in names], bool)

    def check_counting(self, video: str, names: Sequence[str], count: int | None) -> None:
        """Raise InputError when the video's maps are counted from another number than its ``count`` frames."""
        self._listing(video).check_counting(names, count)

    def check(self, video: str, names: Sequence[str]) -> None:
        """Raise InputError when frames of the video have no map: which is the first, and how many have one."""
        has = self.available(video, names)
        if not has.all():
            named, first = self._listing(video), names[int(np.argmin(has))]
            raise InputError(
                f"no {self._noun} for frame {first} of {video!r} in {named.folder}: {int(has.sum())} of {len(names)} "
                f"frames have one; the folder holds {named.held}"
            )

    def notes(self, video: str) -> list[str]:
        """Return what the user should know of how the video's maps were matched and read so far."""
        found = list(self._named[video].notes) if video in self._named else []
        return found + list(self._sequences[video].notes if video in self._sequences else ())

    def _listing(self, video: str) -> NamedFiles:
        if video in self._named:
            return self._named[video]
        noun = self._noun
        folder = self.root / video
        files = _maps(folder)
        if not files:
            flat = _maps(self.root)
            if not flat:
                raise InputError(f"no {noun}s for {video!r}: no images in {folder}, nor in {self.root} itself")
            if self._flat_video not in (None, video):
                raise InputError(
                    f"no {noun}s for {video!r}: {folder} does not exist, and the {noun}s in {self.root} itself were "
                    f"taken for {self._flat_video!r}; give each video a folder of its own"
                )
            self._flat_video = video
            folder, files = self.root, flat
        stems: dict[str, Path] = {}
        for file in files:
            if file.stem in stems:
                raise InputError(f"{folder} holds both {stems[file.stem].name} and {file.name}; remove one")
            stems[file.stem] = file
        self._named[video] = NamedFiles(folder, stems, noun)
        return self._named[video]


def _maps(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    try:
        files = [file for file in folder.iterdir() if is_image(file) and file.stem not in OWN]
    except OSError as error:
        raise InputError(f"cannot read {folder}: {error.strerror or error}") from error
    return sorted(files, key=lambda file: natural_key(file.name))
