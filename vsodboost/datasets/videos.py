"""The videos of a data set, for those who boost it: the frames of each sequence, never its masks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.video import UnreadableSource, VideoSource
from vsodboost.datasets.layout import Layout
from vsodboost.datasets.listing import folders, has_images
from vsodboost.datasets.reading import LAYOUTS, read_dataset
from vsodboost.datasets.sequence import AnnotatedSequence, Dataset
from vsodboost.io.frame_folder import FrameFolder
from vsodboost.io.limits import MAX_PIXELS


def recognised_dataset(path: Path, layouts: Sequence[Layout] = LAYOUTS) -> Dataset | None:
    """The data set of a known layout in a folder; None where there is none, or not only such.

    Raises:
        UsageError: data sets of several layouts lie side by side.
    """
    try:
        found = read_dataset(path, layouts=layouts)
    except InputError:
        return None
    if not all(sequence.frames for sequence in found.sequences) or _others(path, found):
        return None
    return found


def dataset_videos(dataset: Dataset, max_pixels: int = MAX_PIXELS) -> list[VideoSource]:
    """The sequences as videos, in natural order; one without frames fails when it is read.

    Raises:
        UsageError: none has frames.
    """
    if not any(sequence.frames for sequence in dataset.sequences):
        raise UsageError(f"{dataset.root}: {dataset.summary} of masks alone; give a folder that has the frames, too")
    return [_video(dataset, sequence, max_pixels) for sequence in dataset.sequences]


def _video(dataset: Dataset, sequence: AnnotatedSequence, max_pixels: int) -> VideoSource:
    if not sequence.frames:
        error = InputError(f"{dataset.root} has no frames of {sequence.name}, only masks")
        return UnreadableSource(sequence.name, dataset.root / sequence.name, error)
    folder = sequence.frames[0].parent
    return FrameFolder(folder, name=sequence.name, files=sequence.frames, max_pixels=max_pixels)


def _others(path: Path, found: Dataset) -> bool:
    """Whether folders of images lie beside the sequences, which would be lost if only those were taken."""
    frames = [_below(path, sequence.frames[0]) for sequence in found.sequences]
    if any(len(parts) < 3 for parts in frames):
        return False  # the folder is one sequence, or a set of stills: whatever else lies in it belongs to that
    truths = [_below(path, truth.files[0]) for sequence in found.sequences for truth in sequence.truths[:1]]
    taken = {parts[0] for parts in (*frames, *truths) if parts}
    names = {sequence.name for sequence in found.sequences}  # flow/cows belongs to cows
    return any(
        has_images(folder) or any(has_images(sub) and sub.name not in names for sub in folders(folder))
        for folder in folders(path)
        if folder.name not in taken
    )


def _below(folder: Path, file: Path) -> tuple[str, ...]:
    """Parts of the path from the folder to the file; none where it does not lie below."""
    above, whole = folder.resolve(), file.resolve()
    return whole.relative_to(above).parts if whole.is_relative_to(above) else ()
