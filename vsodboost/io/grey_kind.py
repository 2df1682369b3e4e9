"""What the grey levels of a sequence mean: degrees of saliency, one mask, or numbers of objects.

Nothing in a file says so, and a wrong answer is silent: object numbers read as degrees are darkness, a dim soft map
read as numbers is one large object. ``LevelFacts`` tell them apart; where they do not, the sequence is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from vsodboost.data.errors import InputError
from vsodboost.io.colour_facts import davis_palette, is_photograph
from vsodboost.io.level_facts import MANY, NESTED, LevelFacts
from vsodboost.io.raw_image import Pixels

Use = Literal["map", "truth", "label"]
"""A map may be soft and dim; a truth mask is neither; a label is a mask or a soft map, as a user draws it."""
VOID = 255
"""The number of pixels that belong to nothing (PASCAL VOC, DAVIS)."""
NUMBER = 32
"""Highest level that may be the number of an object."""
HALF = 128
"""Grey of 255 above which a truth mask is foreground (DAVSOD toolbox, PySODMetrics)."""
WHITE = 250
"""Grey of 255 from which on a sequence makes use of the full range."""
DIM = 26
"""Grey of 255 below which maps are so dark that the user should hear of it."""
APART = 0.5
"""``LevelFacts.directness`` from which on levels are object numbers."""
MEND = "save masks as 0 and 255"


@dataclass(frozen=True)
class Levels:
    """How grey is read: as degrees of the file's full range, or where ``numbers`` as objects, which are the pixels
    above ``level``. Pixels whose level is in ``void`` belong to nothing. ``narrow`` 16-bit files hold 8-bit numbers.
    ``strict``: nothing but 0 and 255 was seen. ``blank``: nothing was seen at all."""

    numbers: bool = False
    level: int = 0
    void: frozenset[int] = frozenset()
    narrow: bool = False
    strict: bool = False
    blank: bool = False
    note: str = ""


class GreyPlanes:
    """What is known of the grey planes of a sequence, gathered one by one."""

    def __init__(self) -> None:
        self._eight, self._wide = LevelFacts(), LevelFacts()
        self._dark, self._dark_in_8 = LevelFacts(), LevelFacts()
        self._lossy = False
        self._photographs: bool | None = None

    def add(self, plane: Pixels, *, lossy: bool) -> None:
        """Take in one plane ``uint8[H, W]`` or ``uint16[H, W]``."""
        if plane.dtype == np.uint16 and plane.any():
            if plane.max() < 256:
                self._dark.add(plane)
                self._dark_in_8.add(plane.astype(np.uint8))
            elif (plane % 257).any() and (plane % 256).any():
                self._wide.add(plane)
            else:
                self._eight.add((plane >> 8).astype(np.uint8))
            return
        small = plane.astype(np.uint8)
        self._eight.add(small, lossy=lossy)
        self._lossy |= lossy
        if self._photographs is not False and small.any():
            self._photographs = is_photograph(small)

    def decide(self, use: Use, name: str) -> Levels:
        """Decide how they are read; ``name`` is what a refusal calls the sequence.

        Raises:
            InputError: they are photographs, or can be read in two ways.
        """
        if self._photographs:
            raise InputError(f"{name}: these are photographs in grey, no masks or maps")
        if self._wide.levels:
            self._wide.merge(self._dark)
            return _of_16_bits(self._wide, use, name)
        narrow = bool(self._dark.levels)
        self._eight.merge(self._dark_in_8)
        found = _of_ringing(self._eight, use, name) if self._lossy else _of_exact(self._eight, use, name)
        return replace(found, narrow=narrow)


def _of_exact(facts: LevelFacts, use: Use, name: str) -> Levels:  # noqa: PLR0911, PLR0912 - a case a return
    levels = facts.levels
    if not levels:
        return Levels(blank=True)
    if facts.most > MANY:
        return _as_degrees(levels[-1], use, name)
    if len(levels) == 1:
        return _of_one_level(facts, levels[0], use, name)
    void = _void_among(levels)
    if void:
        return _with_void(facts, void, use, name)
    kind = _kind(facts)
    top, listed = levels[-1], _listed(levels)
    if top <= NUMBER:
        if use != "map" or kind == "numbers":
            return Levels(numbers=True, note=f"hold object numbers ({listed}), read as one mask" * (use == "map"))
        if kind == "doubt" or (top <= 3 and facts.borders):
            raise InputError(
                f"{name}: levels {listed} of 255 are object numbers or very dim maps; {MEND}, or stretch maps to 255"
            )
        return _as_degrees(top, use, name)
    if _are_greys_of_davis(levels) and (kind == "numbers" or use != "map"):
        return Levels(numbers=True, note=f"hold DAVIS's colours as grey ({listed}), read as one mask")
    if use == "map":
        if top < WHITE and kind != "degrees" and (len(levels) <= 8 or top <= HALF):
            raise InputError(
                f"{name}: a few flat levels ({listed} of 255) are objects, or degrees of saliency; {MEND}, or stretch "
                "maps to 255"
            )
        return _as_degrees(top, use, name)
    if top <= HALF and facts.flatness >= 0.5:
        return Levels(numbers=True, note=f"hold flat levels ({listed} of 255), read as one mask")
    if facts.share(1, HALF) > 0.05 and facts.flatness >= 0.5 and levels[0] <= HALF < top:
        if use == "label" and top >= WHITE:
            return Levels(note=f"hold flat greys ({listed} of 255), taken as degrees of saliency")
        raise InputError(
            f"{name}: flat levels {listed} of 255 are objects, or degrees of saliency with {HALF} as the limit; {MEND}"
        )
    return _as_degrees(top, use, name)


def _of_one_level(facts: LevelFacts, level: int, use: Use, name: str) -> Levels:
    if level == 255:
        return Levels(strict=True)
    if not facts.borders and (use == "map" or (level > 1 and not facts.pixels[0])):  # every file is of one grey
        return _as_degrees(level, use, name)
    if use == "map" and facts.raggedness > 1.5:
        raise InputError(
            f"{name}: scattered pixels of level {level} of 255, and nothing else, are no mask; {MEND}, or stretch maps "
            "to 255"
        )
    return Levels(numbers=True, note=f"hold 0 and {level} only, read as masks" if use == "map" or level != 1 else "")


def _with_void(facts: LevelFacts, void: int, use: Use, name: str) -> Levels:
    """Object numbers beside the level of void; a few stray pixels beside white are none."""
    rest, white = facts.without(frozenset({void})), facts.pixels[void]
    numbered = sum(n for v, n in rest.pixels.items() if v)
    regions = rest.flatness >= 0.5 or rest.raggedness <= 1.5
    if numbered < (0.01 if regions else 0.05) * white:
        return Levels()
    if not any(void in plane and any(0 < v < void for v in plane) for plane in facts.together):
        raise InputError(f"{name}: some files hold small numbers ({_listed(rest.levels)}), others {void}; {MEND}")
    doubt = use == "map" and len(rest.levels) > 1 and _kind(rest) == "doubt"
    if numbered < 0.05 * white or not regions or doubt:
        raise InputError(
            f"{name}: levels {_listed(facts.levels)} are objects with {void} as void, or white masks with stray "
            f"pixels; {MEND}"
        )
    note = f"hold object numbers ({_listed(rest.levels)}) and void ({void}), which is left out"
    return Levels(numbers=True, void=frozenset({void}), note=note)


def _of_ringing(facts: LevelFacts, use: Use, name: str) -> Levels:
    """The same for JPEGs, whose levels are never exact."""
    top = max(facts.levels, default=0)
    if top == 0:
        return Levels(blank=True)
    if top <= NUMBER:
        raise InputError(
            f"{name}: nothing is brighter than {top} of 255, and a JPEG does not keep object numbers; {MEND} in PNG"
        )
    if use == "map":
        return _as_degrees(top, use, name)
    middle = facts.share(2 * NUMBER, HALF) if top > 200 else facts.share(NUMBER, top // 2)
    if middle > 0.05:
        raise InputError(f"{name}: grey regions in a JPEG are neither black nor white; {MEND} in PNG")
    return Levels() if top > 200 else Levels(numbers=True, level=top // 2, note=f"reach {top} of 255, read as masks")


def _of_16_bits(facts: LevelFacts, use: Use, name: str) -> Levels:
    """Levels that only 16 bits can hold."""
    levels = facts.levels
    if len(levels) == 1:
        return _of_one_level(facts, levels[0], use, name)
    if levels[-1] < 4096:
        raise InputError(
            f"{name}: nothing is brighter than {levels[-1]} of 65535, as when 10 or 12 bits are saved as 16; scale them"
        )
    if facts.most <= MANY and levels[-1] < 64000 and _kind(facts) != "degrees":
        raise InputError(f"{name}: a few flat levels ({_listed(levels)}) of 16 bits are object numbers; {MEND}")
    return _as_degrees(levels[-1] >> 8, use, name)


def _as_degrees(top: int, use: Use, name: str) -> Levels:
    """Levels of 255 as they are; ``top`` is the highest."""
    if use != "map" and top <= HALF:
        raise InputError(f"{name}: nothing is brighter than {top} of 255, so this is no mask; {MEND}")
    dim = f"are nowhere brighter than {top} of 255; if they are masks, save them as 0 and 255"
    return Levels(note=dim if top < DIM else "")


def _kind(facts: LevelFacts) -> Literal["numbers", "degrees", "doubt"]:
    direct = facts.directness
    if direct is None:  # no level but the lowest touches a lower one
        return "doubt" if facts.borders else "degrees"
    if facts.flatness < 0.5 or direct <= NESTED:
        return "degrees"
    return "numbers" if direct >= APART else "doubt"


def _void_among(levels: Sequence[int]) -> int:
    """The level of void beside object numbers or DAVIS's greys, 0 if there is none."""
    others = levels[:-1]
    if levels[-1] == VOID and others[-1] <= NUMBER:
        return VOID
    grey = _GREYS[255]
    return grey if levels[-1] == grey and _are_greys_of_davis(others) else 0


def _are_greys_of_davis(levels: Sequence[int]) -> bool:
    """Whether levels are those of DAVIS's first colours turned to grey, the first one's (38) among them."""
    return _GREYS[1] in levels and set(levels) <= {grey for n, grey in _GREYS.items() if n != VOID}


def _greys() -> dict[int, int]:
    colours = davis_palette().astype(np.float64) @ np.array([0.299, 0.587, 0.114])
    return {n: round(float(colours[n])) for n in (*range(1, 21), 255)}


_GREYS = _greys()
"""Grey levels (ITU-R 601) of DAVIS's colours by number: 1 to 20, and void."""


def _listed(levels: Sequence[int]) -> str:
    shown = [str(v) for v in levels[:4]]
    return ", ".join(shown) + (f" ... {levels[-1]}" if len(levels) > 4 else "")
