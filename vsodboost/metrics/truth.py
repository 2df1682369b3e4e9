"""The truth of a frame as a mask, however many files it is made of."""

from __future__ import annotations

from pathlib import Path

from vsodboost.data.errors import InputError
from vsodboost.datasets.fbms import coded_mask
from vsodboost.datasets.sequence import Truth
from vsodboost.io.mask_kind import Reading
from vsodboost.metrics.grey_files import TruthMask, read_whole_truth


def truth_mask(truth: Truth, reading: Reading | None = None) -> TruthMask:
    """Return where any of the files has an object, and what no file settles (void in one and no object in any).

    ``reading`` is how the masks of the sequence are read; without it each is read as it is alone.

    Raises:
        InputError: a file cannot be read, is no mask, or differs in size from the others.
    """
    whole: TruthMask | None = None
    for file in truth.files:
        part = _part(truth, file, reading)
        if whole is not None and whole.mask.shape != part.mask.shape:
            raise InputError(
                f"{file} is {part.mask.shape[1]}x{part.mask.shape[0]}, but {truth.files[0]} of the same frame is"
                f" {whole.mask.shape[1]}x{whole.mask.shape[0]}; masks of one frame must have one size"
            )
        whole = part if whole is None else _united(whole, part)
    if whole is None:
        raise ValueError(f"the truth of frame {truth.frame} has no file")
    return whole


def _part(truth: Truth, file: Path, reading: Reading | None) -> TruthMask:
    if truth.background is not None:
        return TruthMask(coded_mask(file, truth.background))
    return read_whole_truth(file, reading)


def _united(first: TruthMask, second: TruthMask) -> TruthMask:
    mask = first.mask | second.mask
    if first.void is None or second.void is None:
        void = first.void if second.void is None else second.void
    else:
        void = first.void | second.void
    return TruthMask(mask, None if void is None else void & ~mask)
