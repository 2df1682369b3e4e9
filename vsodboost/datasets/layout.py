"""What a reader of one layout offers: its name, whether a folder is such, and the sequences in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

from vsodboost.data.errors import InputError
from vsodboost.datasets.sequence import AnnotatedSequence

UPWARDS = 3
"""Folders above a given one that may be the root: ``Annotations/480p/cows`` lies three below that of DAVIS."""


class Layout(ABC):
    """How one data set, or a family of them, lies on disk. ``fits`` and ``read`` are required.

    Readers look at names and never at more pixels than they must, so that a data set is recognised at once.
    """

    stills = False
    """Whether the frames are unrelated images."""

    def __init__(self, name: str, wants: str) -> None:
        self.name = name
        self.wants = wants
        """What the root must hold, to be said where it does not."""

    @abstractmethod
    def fits(self, root: Path) -> bool:
        """Whether the folder has this layout's structure."""

    @abstractmethod
    def read(self, root: Path, within: Path) -> list[AnnotatedSequence]:
        """All sequences below a root that fits, in natural order, those without truth too.

        Args:
            root: a folder that ``fits``.
            within: the folder that was asked for, ``root`` or one below it; it may choose between versions of the
                same sequences (resolutions).
        """

    def recognise(self, path: Path) -> bool:
        """Whether the folder is taken for this layout unasked; what merely ``fits`` may be chosen by name."""
        return self.root_of(path) is not None

    def fits_around(self, root: Path, child: Path) -> bool:
        """Whether ``root`` fits as far as one folder in it tells; its other folders may be anybody's and many."""
        return self.fits(root)

    def root_of(self, path: Path) -> Path | None:
        """The folder itself if it fits, else the nearest one above that does; None if there is none."""
        return path if self.fits(path) else next(self._above(path), None)

    def _above(self, path: Path) -> Iterator[Path]:
        """The folders above that fit, the nearest first."""
        child = path.resolve()
        for root in child.parents[:UPWARDS]:
            try:
                if self.fits_around(root, child):
                    yield root
            except InputError:  # a folder above that is closed to us is no part of the data set
                return
            child = root

    def sequences(self, path: Path) -> list[AnnotatedSequence]:
        """The sequences in a folder that is a root of this layout or lies in one; none where it does not fit."""
        root = self.root_of(path)
        if root is None:
            return []
        found = self.read(root, path)
        if root == path:
            return found
        inside = path.resolve()
        return [sequence for sequence in found if _lies_in(sequence, inside)]


def _lies_in(sequence: AnnotatedSequence, folder: Path) -> bool:
    files = [*sequence.frames[:1], *(truth.files[0] for truth in sequence.truths[:1])]
    return any(file.resolve().is_relative_to(folder) for file in files)
