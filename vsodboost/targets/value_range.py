"""What the numbers of a map mean: logits, or a scale such as 0..1, 0..255 or -1..1.

A map that is read on the wrong scale looks like a map all the same, so what cannot be told is refused, not guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

BLANK = 1e-3
"""Values this near to 0 everywhere show nothing: black on every scale."""
TINY = 1e-4
"""Rounding beyond the end of a scale."""
SLACK = 0.25
"""Share of a scale by which values may overshoot it, as bicubic upsampling and unclamped networks do."""
INSIDE = 0.9
"""Share of values that lie in 0..1 all the same; of logits that happen to be small, fewer do."""
WALL = 0.02
"""Share of values within ``WALL`` of -1 or 1 from which on a range of -1..1 is that of a tanh."""
FEW = 32
"""Up to so many different whole numbers may be class numbers."""


@dataclass(frozen=True)
class Scale:
    """A linear scale: ``low`` is not salient, ``high`` is."""

    low: float = 0.0
    high: float = 1.0

    def unit(self, values: Any) -> Any:
        """Values of this scale, array or tensor, as values in [0, 1] (where they do not overshoot)."""
        return (values - self.low) / (self.high - self.low)

    def holds(self, low: float, high: float) -> bool:
        """Whether values from ``low`` to ``high`` can be of this scale, some overshoot granted."""
        slack = SLACK * (self.high - self.low)
        return low >= self.low - slack and high <= self.high + slack

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}"


UNIT, BYTES, SIGNED, DEEP = Scale(), Scale(0, 255), Scale(-1, 1), Scale(0, 65535)
Meaning = Scale | Literal["logits"] | None
"""None: all values are 0 so far, which is black on any scale."""


class Unclear(ValueError):
    """The values may mean several things; the text says what they are."""


def meaning(values: NDArray[Any]) -> Meaning:  # noqa: PLR0911 - a case a return
    """What ``values`` (of maps of some frames that differ; finite) mean, judged by their type and range.

    0..1 may overshoot a little; 0..255 and 0..65535 are recognised by values in their upper half, -1..1 by many values
    at an end, logits by values that are clearly below 0. Whole numbers are masks (0 and 1, or 0 and 255) or of these
    two ranges where there are many different ones.

    Raises:
        Unclear: none of these, or whole numbers that may be class numbers.
    """
    low, high = float(values.min()), float(values.max())
    if max(-low, high) <= BLANK:
        return None
    if low >= -TINY and high <= 1 + TINY:
        return UNIT
    if values.dtype.kind in "iu":
        return _of_whole_numbers(values, low, high)
    if UNIT.holds(low, high) and high > 1 - SLACK and np.mean((values > -0.05) & (values < 1.05)) >= INSIDE:
        return UNIT
    for scale in (BYTES, DEEP):
        if 2 * high > scale.high and scale.holds(low, high):
            return scale
    if SIGNED.low - TINY <= low and high <= SIGNED.high + TINY and np.mean(np.abs(values) > 1 - WALL) > WALL:
        return SIGNED
    if low < -SLACK:
        return "logits"
    raise Unclear(f"values from {low:.5g} to {high:.5g}, which are neither 0..1 nor 0..255 nor surely logits")


def _of_whole_numbers(values: NDArray[Any], low: float, high: float) -> Scale:
    found = np.unique(values)
    for scale in (BYTES, DEEP):
        only_ends = set(found.tolist()) <= {0, int(scale.high)}
        if low >= 0 and high <= scale.high and (only_ends or len(found) > FEW):
            return scale
    shown = ", ".join(str(number) for number in found[:5].tolist()) + (", ..." if len(found) > 5 else "")
    raise Unclear(f"whole numbers ({shown}), which may be class numbers")
