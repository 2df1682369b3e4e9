"""Which mask belongs to which frame: by name, by their order where there is one a frame, or by number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from vsodboost.data.video import natural_key
from vsodboost.datasets.sequence import AnnotatedSequence, Colour, Truth


def annotated(
    name: str,
    frames: Sequence[Path],
    masks: Mapping[str, Sequence[Path]],
    *,
    background: frozenset[Colour] | None = None,
    aliases: tuple[str, ...] = (),
) -> AnnotatedSequence:
    """A sequence of frames and of masks by their stem, each mask with the frame it belongs to.

    A mask belongs to the frame of its name. Where no mask has a frame's name, as many masks as frames belong to them
    in natural order; fewer, as in sets that are labelled sparsely, belong to the frames of their numbers.
    """
    stems = sorted(masks, key=natural_key)
    frame_of = _frames_of(stems, [frame.stem for frame in frames], name)
    place = {frame.stem: index for index, frame in enumerate(frames)}
    truths = [Truth(frame_of.get(stem, stem), tuple(masks[stem]), background) for stem in stems]
    truths.sort(key=lambda truth: place.get(truth.frame, len(frames)))
    return AnnotatedSequence(name, tuple(frames), tuple(truths), aliases)


def single(masks: Iterable[Path]) -> dict[str, tuple[Path, ...]]:
    """Masks of which each is the whole truth of its frame, by stem."""
    return {mask.stem: (mask,) for mask in masks}


def numbers(stems: Iterable[str], sequence: str = "") -> dict[str, int]:
    """The frame number in each name; empty where it is not the same place in all, or two share one.

    The name of the ``sequence`` in front is passed over, so that ``camel01_0003`` is 3; so is what is alike in all
    names.
    """
    names = list(stems)
    bare = names
    if sequence and all(name.startswith(sequence) and re.search(r"\d", name[len(sequence) :]) for name in names):
        bare = [name[len(sequence) :] for name in names]
    parts = [re.split(r"(\d+)", text) for text in bare]
    if not parts or len({len(part) for part in parts}) != 1:
        return {}
    places = range(1, len(parts[0]), 2)
    varying = [place for place in range(len(parts[0])) if len({part[place] for part in parts}) > 1]
    if not varying:
        varying = list(places)[-1:]
    if len(varying) != 1 or varying[0] % 2 == 0:
        return {}
    found = {name: int(part[varying[0]]) for name, part in zip(names, parts, strict=True)}
    return found if len(set(found.values())) == len(found) else {}


def _frames_of(masks: list[str], frames: list[str], sequence: str) -> dict[str, str]:
    known = set(frames)
    exact = {mask: mask for mask in masks if mask in known}
    if exact or not frames:
        return exact
    if len(masks) == len(frames):
        return dict(zip(masks, frames, strict=True))
    by_number = {number: frame for frame, number in numbers(frames, sequence).items()}
    return {mask: by_number[n] for mask, n in numbers(masks, sequence).items() if n in by_number}
