"""Which frames every folder of maps has: the ones by which methods with holes can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vsodboost.data.errors import InputError
from vsodboost.datasets import Dataset
from vsodboost.metrics.protocols import Protocol
from vsodboost.metrics.sequences import chosen_sequences, maps_folder, maps_of


@dataclass(frozen=True)
class CommonFrames:
    """The frames of each sequence that the protocol scores and every folder has a map of."""

    frames: Mapping[str, frozenset[str]]
    left_out: Mapping[str, int]
    """Frames that the protocol scores but not every folder has, by sequence; those without any are not in it."""
    notes: tuple[str, ...]
    """A line that says what is left out and who lacks it, if anything is."""


def common_frames(
    dataset: Dataset, predictions: Sequence[Path], protocol: Protocol, only: Iterable[str] | None = None
) -> CommonFrames:
    """Look up which frames all of ``predictions`` have; a sequence without a folder in one of them is left whole.

    Args:
        dataset: see ``metrics.sequences.scored_dataset``.
        predictions: folders of maps, as ``metrics.sequences.pair_up`` takes them.
        protocol: decides which frames count at all.
        only: names of the sequences, all if None.

    Raises:
        UsageError: ``only`` names an unknown sequence.
        InputError: no frame is common to all, or it is unclear which map is whose.
    """
    if dataset.stills:
        protocol = replace(protocol, skip_ends=False)
    chosen = chosen_sequences(dataset, only)
    places = dict.fromkeys(predictions)
    frames: dict[str, frozenset[str]] = {}
    counts: dict[str, int] = {}
    lacking: dict[Path, int] = {}
    for sequence in chosen:
        scored = protocol.scored(sequence.truths)
        common = {truth.frame for truth in scored}
        folders = {place: maps_folder(place, sequence, single=len(chosen) == 1) for place in places}
        if None not in folders.values():
            for place, folder in folders.items():
                has = maps_of(sequence, folder, scored) if folder is not None else {}
                lacking[place] = lacking.get(place, 0) + sum(truth.frame not in has for truth in scored)
                common &= has.keys()
        frames[sequence.name], counts[sequence.name] = frozenset(common), len(scored)
    left_out = {name: counts[name] - len(found) for name, found in frames.items() if len(found) < counts[name]}
    who = ", ".join(f"{place} lacks {count}" for place, count in lacking.items() if count)
    if left_out and not any(frames.values()):
        raise InputError(f"{dataset.root}: no frame of {', '.join(left_out)} has a map in every folder: {who}")
    where = ", ".join(f"{name} {count} of {counts[name]}" for name, count in left_out.items())
    total = f"{sum(left_out.values())} of {sum(counts.values())} frames"
    return CommonFrames(
        frames, left_out, (f"left out for want of a map: {total} ({who}): {where}",) if left_out else ()
    )
