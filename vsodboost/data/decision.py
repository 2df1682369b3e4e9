"""What was decided between the target's maps and the boosted ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from vsodboost.data.rows import Rows
from vsodboost.data.types import Maps, PerFrame

FORMER_FLAGS = {"still": "static", "untaught": "untuned", "doubtful": "low_trust"}
"""What flags were called before 0.2, in files that are still about, and what they are called now."""


@dataclass(frozen=True)
class Decision(Rows):
    """Final maps ``float32[T, h, w]`` at the working size, ``weight`` float32[T] of the boosted map in each, ``trust``
    of the final and ``target_trust`` of the target's maps (estimated S-measure, [0, 1]), and a ``flags`` word a frame:
    "" | "static" (nothing moves: passed through) | "untuned" (nothing was mined) | "low_trust" | "no_target" (the
    target has no map there; the ``target_trust`` says nothing) | what a booster adds.

    ``target_detail``: at the source size, the target's own contours are taken over where both agree. ``doubt``
    float32[T, h, w] says how unsure each pixel is, [0, 1]; ``trust_low`` and ``trust_high`` float32[T] are the ends of
    the interval in which the true S-measure of the final map lies nine times of ten. None: the decision says nothing
    of the kind.
    """

    maps: Maps
    weight: PerFrame
    trust: PerFrame
    target_trust: PerFrame
    flags: tuple[str, ...]
    target_detail: bool = field(default=True, metadata={"whole": True})
    doubt: Maps | None = None
    trust_low: PerFrame | None = None
    trust_high: PerFrame | None = None

    def __len__(self) -> int:
        return len(self.maps)
