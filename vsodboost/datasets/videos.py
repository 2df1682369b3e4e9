"""The videos of a data set, for those who boost it: the frames of each sequence, never its masks."""

from __future__ import annotations

from pathlib import Path

from vsodboost.data.errors import InputError
from vsodboost.datasets.listing import folders, has_images
from vsodboost.datasets.reading import read_dataset
from vsodboost.datasets.sequence import Dataset
from vsodboost.io.frame_folder import FrameFolder


def dataset_videos(path: Path) -> list[FrameFolder] | None:
    """The sequences of a known layout as videos, in natural order; None where the folder has none, or not only such.

    Raises:
        UsageError: data sets of several layouts lie side by side.
    """
    try:
        found = read_dataset(path)
    except InputError:
        return None
    with_frames = [sequence for sequence in found.sequences if sequence.frames]
    if len(with_frames) < len(found.sequences) or _others(path, found):
        return None
    return [FrameFolder(s.frames[0].parent, name=s.name, files=s.frames) for s in with_frames]


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
