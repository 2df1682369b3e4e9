"""Score folders of saliency maps against truth."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vsodboost.data.errors import InputError, UsageError
from vsodboost.datasets import Dataset
from vsodboost.datasets.listing import listed_once
from vsodboost.io.held_files import held_files
from vsodboost.metrics.common_frames import common_frames as frames_of_all
from vsodboost.metrics.curves import Curve
from vsodboost.metrics.figures import FIGURES, BlockScore, Figures, score_block
from vsodboost.metrics.grey_files import readings_of
from vsodboost.metrics.protocols import Protocol, protocol_named
from vsodboost.metrics.sequences import Pair, PairedSequence, pair_up, scored_dataset
from vsodboost.metrics.swapped import look_swapped

BLOCK_FRAMES = 16
"""Frames a worker takes at a time; fixed, so that figures do not depend on the number of workers to the last bit."""

Progress = Callable[[int, int], None]
"""Told (frames done, frames in all)."""
Mapped = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], Iterator[Any]]


@dataclass(frozen=True)
class SequenceScore:
    """The figures of one sequence; the mean curves are ``float64[256]`` at the thresholds 255/255 down to 0."""

    name: str
    frames: int
    figures: Figures
    f_curve: Curve
    e_curve: Curve
    precision: Curve
    recall: Curve
    empty_truths: int = 0
    """Frames in whose truth nothing is salient."""
    flat_maps: int = 0
    """Frames whose map has one value throughout."""
    notes: tuple[str, ...] = ()
    """What the user should know: how files were read where that is not obvious."""


@dataclass(frozen=True)
class Evaluation:
    """The figures of a folder of maps: a row a sequence, and their mean."""

    protocol: str
    sequences: tuple[SequenceScore, ...]
    mean: Figures
    """Mean over sequences; under ``davsod`` maxF and maxE are those of ``dataset``."""
    dataset: Figures
    """maxF and maxE as the maximum of the curve averaged over sequences, whatever the protocol."""
    layout: str = "plain"
    """Layout of the data set; see ``vsodboost.datasets``."""
    notes: tuple[str, ...] = ()
    """What people should know, a line each: sequences left out, maps found by number, truth that is empty."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Frames by sequence that are not scored because not every folder has a map of them; see ``common_frames``."""

    @property
    def frames(self) -> int:
        """Number of scored frames."""
        return sum(sequence.frames for sequence in self.sequences)

    def curve(self, name: str) -> Curve:
        """Mean over sequences of one of their curves: ``f_curve``, ``e_curve``, ``precision`` or ``recall``."""
        mean: Curve = np.mean([getattr(sequence, name) for sequence in self.sequences], axis=0)
        return mean

    def sequence(self, name: str) -> SequenceScore:
        """The row of that sequence; KeyError if there is none."""
        for sequence in self.sequences:
            if sequence.name == name:
                return sequence
        raise KeyError(name)


def evaluate(
    truth: Path | str | Dataset,
    predictions: Path | str,
    protocol: str = "all",
    *,
    step: int = 1,
    only: Iterable[str] | None = None,
    common_frames: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
    layout: str | None = None,
) -> Evaluation:
    """Score a folder of maps.

    Args:
        truth: root of a data set in any layout of ``vsodboost.datasets``, or a folder in it, such as one sequence; or
            the data set itself (``metrics.sequences.scored_dataset``).
        predictions: one folder a sequence, one 8- or 16-bit map a frame, of any size.
        protocol: ``all`` or ``davsod``, see ``vsodboost.metrics.protocols``.
        step: score every ``step``-th frame.
        only: names of the sequences to score, all if None.
        common_frames: leave out the frames of which not every folder has a map; ``left_out`` and ``notes`` say which.
        jobs: worker processes. They are spawned: with more than one, a script must guard its body with
            ``if __name__ == "__main__"``.
        progress: called after every block of frames.
        layout: the truth's layout, None to recognise it.

    Raises:
        UsageError: a folder does not exist, unknown protocol, layout or sequence, ``step`` or ``jobs`` below 1.
        InputError: a scored frame has no map, no frame is left to score, or a file cannot be read.
    """
    return evaluate_all(
        truth,
        [predictions],
        protocol,
        step=step,
        only=only,
        common_frames=common_frames,
        jobs=jobs,
        progress=progress,
        layout=layout,
    )[0]


@held_files()
def evaluate_all(
    truth: Path | str | Dataset,
    predictions: Sequence[Path | str],
    protocol: str = "all",
    *,
    step: int = 1,
    only: Iterable[str] | None = None,
    common_frames: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
    layout: str | None = None,
) -> list[Evaluation]:
    """Score several folders of maps of the same sequences with one set of workers; see ``evaluate``.

    Every folder is checked for missing maps before the first frame is read.
    """
    if step < 1 or jobs < 1:
        raise UsageError(f"step and jobs are at least 1, got {step} and {jobs}")
    rules = protocol_named(protocol)
    names = None if only is None else list(only)
    with listed_once():
        dataset = truth if isinstance(truth, Dataset) else scored_dataset(Path(truth), layout)
        common = frames_of_all(dataset, [Path(p) for p in predictions], rules, names) if common_frames else None
        within = None if common is None else common.frames
        planned = [pair_up(dataset, Path(p), rules, step=step, only=names, within=within) for p in predictions]
    scores = _scored([sequence for folder in planned for sequence in folder.sequences], rules, jobs, progress)
    found = []
    for folder, place in zip(planned, predictions, strict=True):
        notes = [*(() if common is None else common.notes), *folder.notes]
        if look_swapped(folder.sequences):
            notes.append(
                f"the truth in {dataset.root} is soft and the maps in {place} have two values: are GT and PRED swapped?"
            )
        rows = [next(scores) for _ in folder.sequences]
        notes += _empty(rows, place)
        left_out = {} if common is None else common.left_out
        scored = evaluation_of(rules, rows)
        found.append(replace(scored, layout=dataset.layout, notes=tuple(notes), left_out=left_out))
    return found


def evaluation_of(protocol: Protocol, sequences: Sequence[SequenceScore]) -> Evaluation:
    """The means of scored sequences, of which there is at least one."""
    mean = {f.key: float(np.mean([s.figures[f.key] for s in sequences])) for f in FIGURES}
    dataset = {
        "maxF": float(np.mean([s.f_curve for s in sequences], axis=0).max()),
        "maxE": float(np.mean([s.e_curve for s in sequences], axis=0).max()),
    }
    if protocol.max_of_mean_curve:
        mean |= dataset
    return Evaluation(protocol.name, tuple(sequences), mean, dataset)


def _scored(
    sequences: list[PairedSequence], protocol: Protocol, jobs: int, progress: Progress | None
) -> Iterator[SequenceScore]:
    """Score the sequences, in order, block by block."""
    blocks = [list(_blocks(sequence.pairs)) for sequence in sequences]
    total = sum(len(sequence.pairs) for sequence in sequences)
    done = 0
    with _mapping(min(jobs, sum(map(len, blocks)))) as mapped:
        readings = list(mapped(readings_of, [(sequence.pairs,) for sequence in sequences]))
        work = [(b, protocol, how) for parts, how in zip(blocks, readings, strict=True) for b in parts]
        results = mapped(score_block, work)
        for sequence, parts, how in zip(sequences, blocks, readings, strict=True):
            whole = BlockScore()
            for part in islice(results, len(parts)):
                whole.merge(part)
                done += part.frames
                if progress is not None:
                    progress(done, total)
            yield SequenceScore(
                sequence.name,
                whole.frames,
                whole.figures(),
                whole.f.curve,
                whole.e.curve,
                whole.precision.curve,
                whole.recall.curve,
                whole.empty_truths,
                whole.flat_maps,
                (*(() if how.truth is None else how.truth.notes), *how.maps.notes),
            )


def _blocks(pairs: Sequence[Pair]) -> Iterator[Sequence[Pair]]:
    for start in range(0, len(pairs), BLOCK_FRAMES):
        yield pairs[start : start + BLOCK_FRAMES]


@contextmanager
def _mapping(jobs: int) -> Iterator[Mapped]:
    """A function that calls another for each of many arguments, in order of the arguments, with ``jobs`` processes."""
    if jobs <= 1:
        yield lambda function, work: (function(*arguments) for arguments in work)
        return
    # Spawned, not forked: the caller may hold threads (torch, OpenCV), and forked locks of theirs would hang.
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_start_worker)

    def mapped(function: Callable[..., Any], work: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        futures: list[Future[Any]] = [pool.submit(function, *arguments) for arguments in work]
        return (future.result() for future in futures)

    try:
        yield mapped
    except BrokenProcessPool as error:
        raise InputError("a scoring process died, most likely out of memory; try fewer with --jobs 1") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which ends the workers after their block


def _empty(rows: list[SequenceScore], predictions: Path | str) -> list[str]:
    """Sequences whose truth or maps say nothing in any frame: most often files that are not what they seem."""
    return [
        *(f"{row.name}: the truth is empty in every scored frame" for row in rows if row.empty_truths == row.frames),
        *(f"{row.name}: every map in {predictions} has one value only" for row in rows if row.flat_maps == row.frames),
    ]
