"""A folder of nobody's layout: a folder a sequence, or the masks of one."""

from __future__ import annotations

from pathlib import Path

from vsodboost.datasets.folders import masks_in, parallel_folders, sequence_folder
from vsodboost.datasets.layout import Layout
from vsodboost.datasets.listing import TRUTHS, folders, images, plain_name
from vsodboost.datasets.matching import annotated, single
from vsodboost.datasets.sequence import AnnotatedSequence

NAMES = frozenset(plain_name(name) for name in TRUTHS)


class Plain(Layout):
    """``<sequence>/<mask>.png``, ``<sequence>/<truth>/<mask>.png``, ``<truth>/<sequence>/<mask>.png``, or one sequence.

    A folder that holds a folder of truth is a sequence with frames, and its own images are never taken for masks.
    """

    def __init__(self) -> None:
        super().__init__("plain", "SEQUENCE/MASK.png")

    def root_of(self, path: Path) -> Path | None:
        """The folder itself: what lies above says nothing where names mean nothing."""
        return path if self.fits(path) else None

    def fits(self, root: Path) -> bool:
        """Whether there is an image where masks may lie."""
        return bool(self.read(root, root))

    def read(self, root: Path, within: Path) -> list[AnnotatedSequence]:
        """The sequences of the first arrangement that has any."""
        if alone := sequence_folder(root):
            return [alone]
        if found := [sequence for sequence in parallel_folders(root) if sequence.truths]:
            return found
        if found := [sequence for folder in folders(root) if (sequence := _sequence(folder)) is not None]:
            return found
        masks = images(root)
        return [annotated(_name(root), [], single(masks))] if masks else []


def _sequence(folder: Path) -> AnnotatedSequence | None:
    if found := sequence_folder(folder):
        return found
    masks = masks_in(folder)
    return annotated(folder.name, [], masks) if masks else None


def _name(folder: Path) -> str:
    """Of a folder of masks: its own name, or that of the sequence around a folder that is called ``GT`` or so."""
    whole = folder.resolve()
    inside_sequence = plain_name(whole.name) in NAMES and whole.parent.name
    return whole.parent.name if inside_sequence else whole.name
