"""Which files are scored against which: the sequences of a data set and their maps in a folder of predictions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vsodboost.data.errors import InputError, UsageError
from vsodboost.datasets import LAYOUTS, AnnotatedSequence, Dataset, Layout, Truth, read_dataset
from vsodboost.datasets.listing import has_images, images
from vsodboost.datasets.matching import numbers
from vsodboost.io.image_file import IMAGE_SUFFIXES
from vsodboost.io.map_folder import OWN, MapFolder
from vsodboost.metrics.protocols import Protocol


@dataclass(frozen=True)
class Pair:
    """Truth and map of one scored frame."""

    truth: Truth
    prediction: Path


@dataclass(frozen=True)
class PairedSequence:
    """A sequence and the frames of it that are scored, in order."""

    name: str
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Pairing:
    """What of a folder of maps is scored, and what people should know of it."""

    sequences: tuple[PairedSequence, ...]
    notes: tuple[str, ...] = ()
    """One line each: sequences that are left out, maps that were found by number."""


def scored_dataset(root: Path, layout: str | None = None, layouts: Sequence[Layout] = LAYOUTS) -> Dataset:
    """The data set in ``root`` as far as it has truth.

    Args:
        root: see ``vsodboost.datasets.read_dataset``.
        layout: its layout, None to recognise it.
        layouts: the readers of layouts.

    Raises:
        UsageError: no such folder or layout.
        InputError: no mask in it.
    """
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder of truth masks")
    try:
        found = read_dataset(root, layout, layouts)
    except InputError as error:
        raise InputError(f"{root}: no truth masks; {error}") from error
    if not found.labelled:
        raise InputError(f"{root}: no truth masks: {found.summary} of frames alone; give a folder that has")
    return replace(found, sequences=found.labelled)


def truth_sequences(root: Path) -> dict[str, list[Path]]:
    """Truth files by sequence, in the order of the frames; of a truth of several files the first.

    Raises:
        UsageError: no such folder.
        InputError: no mask in it.
    """
    return {s.name: [truth.files[0] for truth in s.truths] for s in scored_dataset(root).sequences}


def paired_sequences(
    truth: Path, predictions: Path, protocol: Protocol, *, step: int = 1, only: Iterable[str] | None = None
) -> list[PairedSequence]:
    """Every scored frame of a truth folder beside its map; see ``pair_up``."""
    return list(pair_up(scored_dataset(truth), predictions, protocol, step=step, only=only).sequences)


def pair_up(
    dataset: Dataset,
    predictions: Path,
    protocol: Protocol,
    *,
    step: int = 1,
    only: Iterable[str] | None = None,
    within: Mapping[str, Collection[str]] | None = None,
) -> Pairing:
    """Every scored frame beside its map; all are looked up, none is read.

    Args:
        dataset: see ``scored_dataset``.
        predictions: one folder a sequence with a map a frame, of any image suffix, named as the frame or its mask or by
            its number (as ``wrap`` takes them); for a single sequence the folder of the maps itself will do.
        protocol: decides which frames are scored; a sequence of which it leaves none is left out, and noted.
        step: score every ``step``-th of them, from the first.
        only: names of the sequences to score, all if None.
        within: names of the frames of each sequence that may be scored, all if None (``metrics.common_frames``); a
            sequence of which it leaves none is left out.

    Raises:
        UsageError: no such folder of maps, or ``only`` names an unknown sequence.
        InputError: a scored frame has no map, or no sequence has a frame to score.
    """
    chosen = chosen_sequences(dataset, only)
    if not predictions.is_dir():
        raise UsageError(f"{predictions}: no such folder of saliency maps")
    if dataset.stills:
        protocol = replace(protocol, skip_ends=False)
    paired, notes, left_out = [], [], []
    for sequence in chosen:
        scored = protocol.scored(sequence.truths)
        if not scored:
            count = len(sequence.truths)
            masks = "one mask" if count == 1 else f"{count} masks"
            left_out.append(f"{sequence.name} has {masks}")
            continue
        sought = scored  # all of them: names are told by number in the same way whatever is left of them
        scored = [truth for truth in sought if within is None or truth.frame in within[sequence.name]][::step]
        if not scored:
            continue
        folder = maps_folder(predictions, sequence, single=len(chosen) == 1)
        if folder is None:
            raise InputError(_no_folder(dataset, predictions, sequence, scored[0].frame))
        found = maps_of(sequence, folder, sought)
        missing = [truth.frame for truth in scored if truth.frame not in found]
        if missing:
            raise InputError(_no_map(dataset, predictions, folder, sequence, missing, protocol))
        paired.append(PairedSequence(sequence.name, tuple(Pair(truth, found[truth.frame]) for truth in scored)))
        if (by_number := _by_number(paired[-1])) is not None:
            notes.append(f"{sequence.name}: maps are found by number, {by_number}")
    _check_swapped(predictions, paired)
    if not paired:
        raise InputError(
            f"{dataset.root}: protocol {protocol.name} scores none of its frames, for it skips the first and the last"
            f" mask of each sequence ({'; '.join(left_out)}); score it with --protocol all"
        )
    notes += [
        f"{text}, of which protocol {protocol.name} scores none (it skips the first and the last): left out"
        for text in left_out
    ]
    return Pairing(tuple(paired), tuple(notes))


def common_sequences(truth: Path | Dataset, predictions: Sequence[Path]) -> list[str]:
    """Names of the truth's sequences that have a folder in each of ``predictions``.

    Raises:
        UsageError: no such truth folder.
        InputError: there is no truth, or no sequence is common.
    """
    dataset = truth if isinstance(truth, Dataset) else scored_dataset(truth)
    single = len(dataset.sequences) == 1
    names = [sequence.name for sequence in dataset.sequences]
    common = [
        sequence.name
        for sequence in dataset.sequences
        if all(maps_folder(folder, sequence, single=single) is not None for folder in predictions)
    ]
    if not common:
        places = " and ".join(str(p) for p in predictions)
        raise InputError(f"{places}: no folder for any sequence of {dataset.root} ({', '.join(names[:3])} ...)")
    return common


def chosen_sequences(dataset: Dataset, only: Iterable[str] | None) -> list[AnnotatedSequence]:
    """The sequences of these names, all if None. Raises UsageError where one is unknown."""
    if only is None:
        return list(dataset.sequences)
    wanted = set(only)
    names = [sequence.name for sequence in dataset.sequences]
    unknown = sorted(wanted.difference(names))
    if unknown:
        raise UsageError(f"{dataset.root}: no sequence {unknown[0]!r}; there are {', '.join(names)}")
    return [sequence for sequence in dataset.sequences if sequence.name in wanted]


def maps_folder(predictions: Path, sequence: AnnotatedSequence, *, single: bool) -> Path | None:
    """Where a sequence's maps lie, None where there is no such folder; of a ``single`` one they may lie flat."""
    for name in (sequence.name, *sequence.aliases):
        if (predictions / name).is_dir():
            return predictions / name
    return predictions if single and has_images(predictions, IMAGE_SUFFIXES) else None


def maps_of(sequence: AnnotatedSequence, folder: Path, scored: Sequence[Truth]) -> dict[str, Path]:
    """Maps by the name of their frame, as far as they are found.

    Raises:
        InputError: the maps are numbered from another number than the frames.
    """
    by_stem = {path.stem: path for path in images(folder, IMAGE_SUFFIXES)}
    found: dict[str, Path] = {}
    for truth in scored:
        names = (truth.frame, *(file.stem for file in truth.files))
        if (name := next((name for name in names if name in by_stem), None)) is not None:
            found[truth.frame] = by_stem[name]
    wanted = [truth.frame for truth in scored if truth.frame not in found]
    number = numbers(_frame_names(sequence), sequence.name)
    counted = numbers((stem for stem in by_stem if stem not in OWN), sequence.name)
    _check_numbers(folder, set(counted.values()), set(number.values()), by_name=bool(found))
    if wanted and by_stem:
        maps = MapFolder(folder)
        for frame in wanted:
            file = maps.file(sequence.name, frame)
            if file is None and frame in number:  # the frame's own name may hold other numbers: camel01_0003
                file = maps.file(sequence.name, str(number[frame]))
            if file is not None:
                found[frame] = file
    return found


def _frame_names(sequence: AnnotatedSequence) -> list[str]:
    """Names of the frames, or of the masks where the frames are not at hand."""
    return [frame.stem for frame in sequence.frames] or [truth.frame for truth in sequence.truths]


def _check_numbers(folder: Path, maps: set[int], frames: set[int], *, by_name: bool) -> None:
    """Raise InputError where maps and frames count from different numbers, so that every map would be one off.

    Maps of frames' names (``by_name``) may be fewer than the frames; as many, one up or down, are all the neighbours'.
    """
    if not maps or not frames:
        return
    shifted = len(frames) > 1 and any(maps == {number + by for number in frames} for by in (1, -1))
    if shifted or (not by_name and not maps >= frames and min(maps) != min(frames)):
        raise InputError(
            f"{folder}: its maps are numbered {min(maps)} to {max(maps)} and the frames {min(frames)} to {max(frames)},"
            " so it is unclear which belongs to which; name the maps as the frames"
        )


def _by_number(sequence: PairedSequence) -> str | None:
    """Example of a map that has not its frame's name, None if all have."""
    for pair in sequence.pairs:
        if pair.prediction.stem not in (pair.truth.frame, *(file.stem for file in pair.truth.files)):
            return f"{pair.prediction.name} for frame {pair.truth.frame}"
    return None


def _no_folder(dataset: Dataset, predictions: Path, sequence: AnnotatedSequence, frame: str) -> str:
    text = f"{predictions / sequence.name}: no such folder, so frame {frame} of {sequence.name} has no map; "
    return text + (_swapped(dataset, predictions) or "add it, or score the sequences that both have with --common")


def _no_map(
    dataset: Dataset,
    predictions: Path,
    folder: Path,
    sequence: AnnotatedSequence,
    missing: list[str],
    protocol: Protocol,
) -> str:
    more = f" (nor for {len(missing) - 1} more)" if len(missing) > 1 else ""
    text = f"{folder}: no map for frame {missing[0]} of {sequence.name}{more}; every scored frame needs one"
    if swapped := _swapped(dataset, predictions, missing=len(missing), of=len(sequence.truths)):
        return f"{text}; {swapped}"
    ends = {sequence.truths[0].frame, sequence.truths[-1].frame}
    mend = "--common-frames scores those of which every PRED has one"
    if set(missing) <= ends and not protocol.skip_ends and not dataset.stills:
        mend = f"--protocol davsod skips the first and last; {mend}"
    return f"{text} ({mend})"


def _swapped(dataset: Dataset, predictions: Path, *, missing: int = 1, of: int = 1) -> str:
    """A question, when the folder of maps looks like the data set rather than the other one; else nothing."""
    other = _as_dataset(predictions)
    if other is None or not {s.name for s in other.labelled} & {s.name for s in dataset.sequences}:
        return ""
    if other.layout != "plain" or any(sequence.frames for sequence in other.sequences):
        return f"are GT and PRED swapped? {predictions} looks like a data set ({other.summary}); GT comes first"
    if dataset.layout == "plain" and 2 * missing > of > 1:
        return f"are GT and PRED swapped? {predictions} has far fewer files than {dataset.root}; GT comes first"
    return ""


def _check_swapped(predictions: Path, paired: Sequence[PairedSequence]) -> None:
    """Raise InputError when the maps that were found are the frames of a data set."""
    other = _as_dataset(predictions)
    if other is None or other.layout == "plain":
        return
    frames = {frame.resolve() for sequence in other.labelled for frame in sequence.frames}
    for sequence in paired:
        if frames and sequence.pairs[0].prediction.resolve() in frames:
            raise InputError(
                f"{predictions} is a data set ({other.summary}) and {sequence.pairs[0].prediction.name} one of its"
                " frames, no map; are GT and PRED swapped? GT comes first"
            )


def _as_dataset(folder: Path) -> Dataset | None:
    try:
        return read_dataset(folder)
    except (InputError, UsageError):
        return None
