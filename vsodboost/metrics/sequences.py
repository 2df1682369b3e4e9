"""Which files are scored against which: the sequences of a truth folder and their maps in a folder of predictions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.video import natural_key
from vsodboost.io.image_file import is_image
from vsodboost.metrics.protocols import Protocol

TRUTH_FOLDERS = ("ground-truth", "GT_object_level", "GT")
"""Where a sequence folder keeps its masks when they do not lie in it directly (DAVSOD, ViSal and the like)."""


@dataclass(frozen=True)
class Pair:
    """Files of one scored frame."""

    truth: Path
    prediction: Path


@dataclass(frozen=True)
class PairedSequence:
    """A sequence and the frames of it that are scored, in order."""

    name: str
    pairs: tuple[Pair, ...]


def truth_sequences(root: Path) -> dict[str, list[Path]]:
    """Truth files by sequence, both in natural order.

    Args:
        root: a DAVIS root (``Annotations/480p``), its ``Annotations``, a folder of sequence folders, or one sequence.

    Raises:
        UsageError: no such folder.
        InputError: no image in it.
    """
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder of truth masks")
    top = _annotations(root)
    found = {folder.name: masks for folder in _folders(top) if (masks := _masks(folder))}
    if not found and (masks := _masks(top)):
        found = {top.resolve().name: masks}
    if not found:
        raise InputError(f"{root}: no truth masks, neither here nor in folders of sequences; give a folder that has")
    return found


def paired_sequences(
    truth: Path, predictions: Path, protocol: Protocol, *, step: int = 1, only: Iterable[str] | None = None
) -> list[PairedSequence]:
    """Every scored frame beside its map; all are looked up, none is read.

    Args:
        truth: see ``truth_sequences``.
        predictions: one folder a sequence with a map a frame, named as the frame, of any image suffix; for a single
            sequence the folder of the maps itself will do.
        protocol: decides which frames are scored.
        step: score every ``step``-th of them, from the first.
        only: names of the sequences to score, all if None.

    Raises:
        UsageError: one of the folders does not exist, or ``only`` names an unknown sequence.
        InputError: a scored frame has no map, or a sequence has no frame to score.
    """
    everything = _chosen(truth_sequences(truth), truth, only)
    if not predictions.is_dir():
        raise UsageError(f"{predictions}: no such folder of saliency maps")
    paired = []
    for name, masks in everything.items():
        folder = _maps_folder(predictions, name, single=len(everything) == 1)
        scored = protocol.scored(masks, step)
        if not scored:
            raise InputError(f"{masks[0].parent}: protocol {protocol.name} leaves none of its {len(masks)} frames")
        if not folder.is_dir():
            raise InputError(
                f"{folder}: no such folder, so frame {scored[0].stem} of {name} has no map;"
                " add it, or score the sequences that both have with --common"
            )
        maps = {path.stem: path for path in _images(folder)}
        missing = [mask.stem for mask in scored if mask.stem not in maps]
        if missing:
            more = f" (nor for {len(missing) - 1} more)" if len(missing) > 1 else ""
            raise InputError(f"{folder}: no map for frame {missing[0]} of {name}{more}; every scored frame needs one")
        paired.append(PairedSequence(name, tuple(Pair(mask, maps[mask.stem]) for mask in scored)))
    return paired


def common_sequences(truth: Path, predictions: Sequence[Path]) -> list[str]:
    """Names of the truth's sequences that have a folder in each of ``predictions``.

    Raises:
        UsageError: no such truth folder.
        InputError: there is no truth, or no sequence is common.
    """
    names = list(truth_sequences(truth))
    common = [n for n in names if all(_maps_folder(p, n, single=len(names) == 1).is_dir() for p in predictions)]
    if not common:
        places = " and ".join(str(p) for p in predictions)
        raise InputError(f"{places}: no folder for any sequence of {truth} ({', '.join(names[:3])} ...)")
    return common


def _annotations(root: Path) -> Path:
    top = root / "Annotations" if (root / "Annotations").is_dir() else root
    return top / "480p" if (top / "480p").is_dir() else top


def _chosen(everything: dict[str, list[Path]], truth: Path, only: Iterable[str] | None) -> dict[str, list[Path]]:
    if only is None:
        return everything
    wanted = set(only)
    unknown = sorted(wanted - everything.keys())
    if unknown:
        raise UsageError(f"{truth}: no sequence {unknown[0]!r}; there are {', '.join(everything)}")
    return {name: masks for name, masks in everything.items() if name in wanted}


def _maps_folder(predictions: Path, name: str, *, single: bool) -> Path:
    folder = predictions / name
    return predictions if single and not folder.is_dir() and _images(predictions) else folder


def _masks(folder: Path) -> list[Path]:
    for place in (folder, *(folder / name for name in TRUTH_FOLDERS)):
        if place.is_dir() and (images := _images(place)):
            return images
    return []


def _folders(top: Path) -> list[Path]:
    return sorted((path for path in top.iterdir() if path.is_dir()), key=lambda path: natural_key(path.name))


def _images(folder: Path) -> list[Path]:
    """One image a stem, in natural order."""
    if not folder.is_dir():
        return []
    by_stem: dict[str, Path] = {}
    for path in sorted(folder.iterdir(), key=_preference):
        if is_image(path):
            by_stem.setdefault(path.stem, path)
    return sorted(by_stem.values(), key=lambda path: natural_key(path.name))


def _preference(path: Path) -> tuple[bool, str]:
    """Of two files of one stem the lossless one comes first."""
    return path.suffix.lower() not in (".png", ".bmp"), path.name
