"""A video's maps looked at before any work: names, counts, sizes and kinds, without decoding more than the first."""

from __future__ import annotations

import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from PIL import Image

from vsodboost.data.errors import InputError
from vsodboost.data.video import VideoSource
from vsodboost.io.map_folder import MapFolder
from vsodboost.io.missing_maps import MissingMaps
from vsodboost.io.proportions import Size, check_proportions

KINDS = {"1": "1-bit", "L": "grey", "LA": "grey and alpha", "P": "palette", "RGB": "colour", "RGBA": "colour and alpha"}


def check_maps(maps: MapFolder, source: VideoSource, missing: MissingMaps) -> list[str]:
    """Return what is odd about the maps of ``source``, a line each.

    Names are compared as far as the source knows them without decoding (its attribute ``names``); maps of frames
    outside of the part of a video that ``source`` may be are none too many.

    Raises:
        InputError: the video has no maps, too many frames have none, they are counted otherwise than the frames, one is
            no image, or they are of the other orientation.
    """
    if source.length == 0:  # reading it says what is wrong
        return []
    names: tuple[str, ...] = getattr(source, "names", ())
    files = maps.files(source.name)
    whole: VideoSource = getattr(source, "whole", source)
    if missing.policy != "fill":
        maps.check_counting(source.name, names, source.length)
        maps.check_counting(source.name, getattr(whole, "names", ()), whole.length)
    silent = missing.judged(maps.available(source.name, names), names, source.name) if len(names) > 1 else []
    known = next((name for name in names if maps.file(source.name, name) is not None), None)
    if known is not None:
        maps.read(source.name, known)
    headers = [_header(file) for file in files]
    return [
        *silent,
        *_counts(maps, source, whole, files),
        *_sizes(Counter(size for size, _ in headers)),
        *_proportions(maps, source, known),
        *_kinds(Counter(kind for _, kind in headers)),
    ]


def _counts(maps: MapFolder, source: VideoSource, whole: VideoSource, files: tuple[Path, ...]) -> list[str]:
    names: tuple[str, ...] = getattr(whole, "names", ())
    if len(names) == whole.length:
        used = {maps.file(source.name, name) for name in names}
        spare = [file.name for file in files if file not in used]
        return [f"{len(spare)} of {len(files)} maps belong to no frame, the first is {spare[0]}"] if spare else []
    announced, least = whole.length, source.length  # estimates in some containers
    if announced is None or (announced if least is None else least) - 1 <= len(files) <= announced + 1:
        return []
    return [f"there are {len(files)} maps for about {announced if len(files) > announced else least} frames"]


def _sizes(sizes: Counter[Size]) -> list[str]:
    [((height, width), count)] = sizes.most_common(1)
    return [] if len(sizes) == 1 else [f"maps are of {len(sizes)} sizes, {count} of them {width}x{height}"]


def _proportions(maps: MapFolder, source: VideoSource, first: str | None) -> list[str]:
    """What is to be said of the proportions of the first frame's map, in the words of whoever reads it later."""
    file, frame = None if first is None else maps.file(source.name, first), getattr(source, "size", None)
    if file is None or frame is None:
        return []
    note = check_proportions(_header(file)[0], frame, f"the map of frame {first}")
    return [note] if note else []


def _kinds(kinds: Counter[str]) -> list[str]:
    if len(kinds) == 1:
        return []
    listed = ", ".join(f"{count} {KINDS.get(kind, kind)}" for kind, count in kinds.most_common())
    return [f"maps are of {len(kinds)} kinds: {listed}"]


def _header(file: Path) -> tuple[Size, str]:
    """(H, W) in px and Pillow's mode, from the first bytes of the file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # nothing is decompressed
            with Image.open(file) as image:
                opened: Any = image
                return (opened.height, opened.width), str(opened.mode)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"{file} is not a readable image; copy or export it again, or remove it") from error
