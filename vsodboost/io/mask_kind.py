"""What the files of a sequence of maps, truth masks or labels mean: decided over the sequence, not file by file.

A black frame of a soft map and the background of object numbers look the same, and so do a dim frame and a mask of 0
and 1; only the other frames tell. Where two readings remain that would give different masks, the sequence is refused
with what to do: a wrong reading would go unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from vsodboost.data.errors import InputError
from vsodboost.io.colour_facts import VOID_COLOUR, davis_palette, near_colour
from vsodboost.io.grey_kind import MEND, VOID, GreyPlanes, Levels, Use
from vsodboost.io.level_facts import LevelFacts
from vsodboost.io.mask_parts import Part, alpha_is_the_mask, palettes_are_numbers, part_of
from vsodboost.io.raw_image import RawImage

NOUNS: Mapping[Use, str] = {"map": "maps", "truth": "truth masks", "label": "labels"}


@dataclass(frozen=True)
class Reading:
    """How every file of a sequence is read.

    ``alpha``: transparency is the mask. ``places``: places in palettes are object numbers, of which 255 is void where
    ``void_place``. ``void_colour``: what has DAVIS's colour of void is void. ``levels``: how grey is read. ``blank``:
    in the files looked at nothing was marked. ``notes`` are for the user.
    """

    use: Use = "map"
    alpha: bool = False
    places: bool = False
    void_place: bool = False
    void_colour: bool = False
    levels: Levels = field(default_factory=Levels)
    blank: bool = False
    notes: tuple[str, ...] = ()


def decide(images: Iterable[RawImage], use: Use, name: str) -> Reading:
    """Decide how a sequence is read from some of its files, which are gone through three times; ``name`` is what a
    refusal calls it.

    Raises:
        InputError: it holds pictures, or can be read in two ways.
    """
    alpha = alpha_is_the_mask(images)
    places = palettes_are_numbers(images)
    seen = _Seen()
    for image in images:
        seen.add(image, part_of(image, alpha=alpha, places=places))
    void_place, place_note = _void_among_places(seen, use, name)
    void_colour = _void_among_colours(seen, name)
    levels = seen.grey.decide(use, name)
    notes = tuple(f"the {NOUNS[use]} {note}" for note in (place_note, levels.note) if note)
    return Reading(use, alpha, places, void_place, void_colour, levels, levels.blank and not seen.marked, notes)


@dataclass
class _Seen:
    """What was seen in the files: ``marked``, whether anything is in those that are not grey."""

    grey: GreyPlanes = field(default_factory=GreyPlanes)
    places: LevelFacts = field(default_factory=LevelFacts)
    colours: set[tuple[int, ...]] = field(default_factory=set)
    exact: bool = True
    void_colours: set[tuple[int, ...]] = field(default_factory=set)
    """Colours of the place 255."""
    marked: bool = False

    def add(self, image: RawImage, part: Part) -> None:
        if part.form == "grey":
            self.grey.add(part.plane, lossy=part.lossy)
            return
        self.marked |= bool(part.plane.any())
        if part.form == "places" and image.palette is not None:
            self.places.add(part.plane)
            if (part.plane == VOID).any():
                self.void_colours.add(tuple(image.palette[VOID].tolist()))
        if part.flat is not None:
            self.colours |= {tuple(colour) for colour in part.flat.colours.tolist()}
            self.exact &= part.flat.exact


def _void_among_places(seen: _Seen, use: Use, name: str) -> tuple[bool, str]:
    """Whether 255 is void among numbers in palettes, and what the user should know."""
    rest = seen.places.without(frozenset({VOID}))
    if use == "map" and rest.is_nested:
        raise InputError(f"{name}: colours that go over into each other are a heat map; save maps as grey")
    if not seen.void_colours or rest.levels:
        note = f"leave out {VOID}, which is void in DAVIS's palette" if seen.void_colours else ""
        return bool(rest.levels), note
    if VOID_COLOUR in seen.void_colours:
        raise InputError(f"{name}: {VOID} is void in DAVIS's palette, and no object is there; {MEND} in grey")
    return False, ""


def _void_among_colours(seen: _Seen, name: str) -> bool:
    """Whether DAVIS's colour of void means void: where others of its colours are there."""
    if not seen.colours:
        return False
    colours = np.array(sorted(seen.colours), np.uint8)
    void = near_colour(colours[None], VOID_COLOUR, exact=seen.exact)[0]
    if void.all():
        raise InputError(f"{name}: the only colour is that of void in DAVIS's palette; {MEND} in grey")
    first = davis_palette()[None, 1:21]
    return any(near_colour(first, tuple(colour), exact=seen.exact).any() for colour in colours[~void].tolist())
