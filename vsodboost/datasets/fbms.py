"""FBMS-59: frames of a sequence in its folder, and below it the truth of some of them, objects coded by colour."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vsodboost.data.errors import InputError
from vsodboost.datasets.layout import Layout
from vsodboost.datasets.listing import folders, frames, has_images, images, named_folder
from vsodboost.datasets.matching import annotated, numbers
from vsodboost.datasets.sequence import AnnotatedSequence, Colour

TRUTH = ("GroundTruth",)
PNM = (".ppm", ".pgm")
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


class Fbms(Layout):
    """``<sequence>/<sequence>_0001.jpg`` and ``<sequence>/GroundTruth/<sequence>_0001_gt.ppm`` (or ``_01.pgm``).

    About every 20th frame has truth. Each region has a colour; which is the background's stands in ``*Def.dat`` as the
    scale of region 0 (white in most PPM). Without that file, white and black are background in images with colours, and
    black in grey ones. ``*PROB*`` are probabilities, no truth.

    Source: Ochs et al., PAMI 2014; https://lmb.informatik.uni-freiburg.de/resources/datasets/moseg.en.html.
    """

    def __init__(self) -> None:
        super().__init__("fbms", "SEQUENCE/FRAME.jpg and SEQUENCE/GroundTruth/*.ppm or *.pgm")

    def fits(self, root: Path) -> bool:
        """Whether a folder in it has a GroundTruth with PPM or PGM files."""
        return any(_truth_folder(folder) is not None for folder in folders(root))

    def fits_around(self, root: Path, child: Path) -> bool:
        """Whether the one folder has it."""
        return _truth_folder(child) is not None

    def read(self, root: Path, within: Path) -> list[AnnotatedSequence]:
        """The sequences; what has no GroundTruth has frames only."""
        found = [_sequence(folder) for folder in folders(root)]
        return [sequence for sequence in found if sequence.frames or sequence.truths]


def coded_mask(path: Path, background: frozenset[Colour]) -> NDArray[np.bool_]:
    """Where an image has another colour than the background's, ``bool[H, W]``.

    Raises:
        InputError: the file cannot be read.
    """
    pixels = _pixels(path).astype(np.uint32)
    codes = (pixels[..., 0] << 16) | (pixels[..., 1] << 8) | pixels[..., 2]
    mask: NDArray[np.bool_] = ~np.isin(codes, [(r << 16) | (g << 8) | b for r, g, b in background])
    return mask


def _truth_folder(sequence: Path) -> Path | None:
    folder = named_folder(sequence, TRUTH)
    return folder if folder is not None and has_images(folder, PNM) else None


def _sequence(folder: Path) -> AnnotatedSequence:
    own, truth = frames(folder), _truth_folder(folder)
    if truth is None:
        return annotated(folder.name, own, {})
    masks = [mask for mask in images(truth, PNM) if "PROB" not in mask.stem]
    bare = {re.sub(r"_gt$", "", mask.stem): mask for mask in masks}
    # Numbers, not order: frames and masks may be as many, but a mask's number always tells its frame.
    place = {number: frame.stem for frame, number in zip(own, _numbers_of(own, folder.name), strict=False)}
    numbered = numbers(bare, folder.name)
    named = {place.get(numbered.get(stem, -1), stem): mask for stem, mask in bare.items()}
    return annotated(
        folder.name, own, {stem: (mask,) for stem, mask in named.items()}, background=_background(truth, masks)
    )


def _numbers_of(own: list[Path], sequence: str) -> list[int]:
    found = numbers([frame.stem for frame in own], sequence)
    return [found[frame.stem] for frame in own] if found else []


def _background(truth: Path, masks: list[Path]) -> frozenset[Colour]:
    """Colours of the background, the same for every mask of a sequence."""
    colourful = any(mask.suffix.lower() == ".ppm" for mask in masks)
    if (scale := _scale_of_background(truth)) is not None:
        if not colourful:
            return frozenset({(scale, scale, scale)})
        colour = ((scale >> 16) & 255, (scale >> 8) & 255, scale & 255)
        return frozenset({colour, BLACK} if colour == WHITE else {colour})
    chromatic = colourful and any(np.ptp(_pixels(mask), axis=2).any() for mask in masks)
    return frozenset({WHITE, BLACK} if chromatic else {BLACK})


def _scale_of_background(truth: Path) -> int | None:
    """What ``*Def.dat`` gives for region 0: 24 bits of RGB in PPM, a grey value in PGM."""
    for file in sorted(truth.glob("*Def.dat")):
        found = re.search(r"Scale of region 0:\s*(\d+)", file.read_text(encoding="latin-1"))
        if found:
            return int(found[1])
    return None


def _pixels(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(f"{path}: cannot be read as an image ({error}); copy it again") from error
