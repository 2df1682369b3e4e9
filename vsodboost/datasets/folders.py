"""The two ways in which nearly every set lies: a folder a sequence, or frames and truth in folders side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from vsodboost.datasets.layout import Layout
from vsodboost.datasets.listing import (
    FRAMES,
    TRUTHS,
    folders,
    frames,
    has_images,
    images,
    named_folder,
    named_folders,
    plain_name,
)  # fmt: skip
from vsodboost.datasets.matching import annotated, single
from vsodboost.datasets.sequence import AnnotatedSequence

GROUPS = ("", "test", "testset", "train", "trainingset", "val", "validation", "dataset", "data")
"""What may follow the name of a set in the name of its folder: ``VOS_test``."""


def sequence_folder(folder: Path, truths: Iterable[str] = TRUTHS) -> AnnotatedSequence | None:
    """``<sequence>/{Imgs, ground-truth}``: a sequence whose masks lie in a folder of their own; None if it is none.

    Frames lie in a folder named so, or beside that of the masks.
    """
    masks = truth_folder(folder, truths)
    if masks is None:
        return None
    return annotated(folder.resolve().name, frames_of(folder), single(images(masks)))


def truth_folder(folder: Path, truths: Iterable[str] = TRUTHS) -> Path | None:
    """The folder of masks in a sequence folder, None where there is none."""
    return next((sub for sub in named_folders(folder, truths) if has_images(sub)), None)


def frames_of(folder: Path) -> list[Path]:
    """Frames of a sequence folder: in a folder called by one of FRAMES, else directly in it."""
    inside = next((sub for sub in named_folders(folder, FRAMES) if has_images(sub)), None)
    return frames(inside or folder)


def sequence_folders(root: Path, truths: Iterable[str] = TRUTHS) -> list[AnnotatedSequence]:
    """Every sequence folder in ``root``, those without truth too as long as their frames lie in a folder named so."""
    names = tuple(truths)
    found = []
    for folder in folders(root):
        sequence = sequence_folder(folder, names)
        if sequence is None and named_folder(folder, FRAMES) is not None and (own := frames_of(folder)):
            sequence = annotated(folder.name, own, {})
        if sequence is not None:
            found.append(sequence)
    return found


def parallel_folders(root: Path, truths: Iterable[str] = TRUTHS) -> list[AnnotatedSequence]:
    """``<frames>/<sequence>`` beside ``<truth>/<sequence>``; none where ``root`` is not so."""
    for truth in named_folders(root, truths):
        if masks := masks_by_sequence(truth):
            return side_by_side(frames_beside(truth, set(masks)), masks)
    return []


def masks_by_sequence(truth: Path) -> dict[str, dict[str, tuple[Path, ...]]]:
    """Masks by sequence and stem, of the folders in ``truth`` that hold any."""
    return {folder.name: found for folder in folders(truth) if (found := masks_in(folder))}


def masks_in(folder: Path) -> dict[str, tuple[Path, ...]]:
    """Masks by stem: those directly in the folder, or the union of its folders if these are plainly an object each.

    They are when they are called 1, 2, 3 ... (or object1 ...) and hold masks of the same frames.
    """
    parts = [] if has_images(folder) else folders(folder)
    counted = [re.sub(r"^(object|obj)_?", "", part.name.lower()).lstrip("0") or "0" for part in parts]
    if parts and (counted != [str(number + 1) for number in range(len(parts))] or not _share_frames(parts)):
        return {}
    return united_masks(folder)


def united_masks(folder: Path) -> dict[str, tuple[Path, ...]]:
    """Masks by stem: those directly in the folder, else those of one stem in all its folders together."""
    if direct := images(folder):
        return single(direct)
    united: dict[str, tuple[Path, ...]] = {}
    for part in folders(folder):
        for mask in images(part):
            united[mask.stem] = (*united.get(mask.stem, ()), mask)
    return united


def _share_frames(parts: list[Path]) -> bool:
    """Whether every folder has a mask of a frame that the first has one of, too."""
    stems = [{mask.stem for mask in images(part)} for part in parts]
    return all(own & stems[0] for own in stems)


def side_by_side(pictures: Path | None, masks: dict[str, dict[str, tuple[Path, ...]]]) -> list[AnnotatedSequence]:
    """Sequences of the masks in ``masks`` (by sequence, then stem) and of all folders of frames in ``pictures``."""
    own = {} if pictures is None else {folder.name: frames(folder) for folder in folders(pictures)}
    names = [*own, *(name for name in masks if name not in own)]
    found = [annotated(name, own.get(name, []), masks.get(name, {})) for name in names]
    return [sequence for sequence in found if sequence.frames or sequence.truths]


def frames_beside(truth: Path, sequences: set[str]) -> Path | None:
    """The folder beside ``truth`` that holds the frames: one named so, else the one with folders of the same names."""
    beside = [folder for folder in folders(truth.parent) if folder.name != truth.name]
    named = {plain_name(name) for name in FRAMES}
    ranked = sorted(beside, key=lambda folder: plain_name(folder.name) not in named)
    return next((folder for folder in ranked if sequences & {sub.name for sub in folders(folder)}), None)


class NamedSet(Layout):
    """A set that is known by the name of its folder, in either of the two arrangements.

    Source: ``Datasets/DAVIS/blackswan/{Imgs, ground-truth}`` in the repository of DAVSOD (Fan et al., CVPR 2019), in
    which DAVIS, FBMS, ViSal, MCL, UVSD, VOS and SegTrack-v2 are distributed for its benchmark.
    """

    def __init__(self, name: str, *known: str) -> None:
        super().__init__(name, "SEQUENCE/Imgs and SEQUENCE/ground-truth, or Imgs/SEQUENCE and GT/SEQUENCE")
        self.known = frozenset(plain_name(word) + group for word in (name, *known) for group in GROUPS)

    def fits(self, root: Path) -> bool:
        """Whether folders in it have truth, or a folder of truth has folders."""
        return any(truth_folder(folder) for folder in folders(root)) or _has_parallel_truth(root)

    def fits_around(self, root: Path, child: Path) -> bool:
        """Whether the one folder has truth, or a folder of truth beside it has folders."""
        return truth_folder(child) is not None or _has_parallel_truth(root)

    def recognise(self, path: Path) -> bool:
        """Whether the root is also called by the set's name."""
        root = self.root_of(path)
        return root is not None and plain_name(root.resolve().name) in self.known

    def read(self, root: Path, within: Path) -> list[AnnotatedSequence]:
        """The sequences of the first arrangement that has any truth."""
        found = sequence_folders(root)
        return found if any(sequence.truths for sequence in found) else parallel_folders(root)


def _has_parallel_truth(root: Path) -> bool:
    return any(has_images(folder) for truth in named_folders(root, TRUTHS) for folder in folders(truth))
