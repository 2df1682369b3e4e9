"""What ``run.json`` says of a video."""

from __future__ import annotations

import importlib.metadata
import math
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.boosted import BoostedBuffer, BoostedFrame
from vsodboost.io.border import border_of
from vsodboost.pipeline.plan import Plan
from vsodboost.version import __version__

HALF = 0.5
EMPTY = 0.5 / 255
"""A map without a higher value is written as black."""
OFTEN = 0.8
"""Part of the frames that say the same before the user hears of it."""
NEARLY_ALL = 0.8
"""Part of the border that is bright where a map shows the ground."""


@dataclass
class RunSummary:
    """Sums over a video's frames, and what the user should hear of although nothing failed."""

    names: list[str] = field(default_factory=list)
    mined: int = 0
    trust: float = 0.0
    target_trust: float = 0.0
    of_target: int = 0
    """Frames of which the target has a map, and so a trust."""
    changed: float = 0.0
    """Sum over frames of the share of pixels that are the object in one map, the target's or the final one, only."""
    empty: int = 0
    white: int = 0
    flat: int = 0
    """Frames whose map is of one value everywhere, black and white among them."""
    dark: int = 0
    """Frames whose map seems to show the object dark on a bright ground."""
    losses: list[float] = field(default_factory=list)
    flags: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def add(self, buffer: BoostedBuffer, notes: Sequence[str] = ()) -> None:
        """Take the next buffer in, and what the target says of it."""
        for frame in buffer.by_frame():
            self._add(frame)
        for line in (*notes, *buffer.mined.notes.get("warnings", ())):
            if line not in self.warnings:
                self.warnings.append(line)
        for final, given in zip(buffer.maps, buffer.target, strict=True):
            self.changed += float(((final >= HALF) != (given >= HALF)).mean())
            lowest, highest = float(given.min()), float(given.max())
            self.empty += int(highest < EMPTY)
            self.white += int(lowest > 1 - EMPTY)
            self.flat += int(highest - lowest < EMPTY)
            self.dark += _shows_ground(given)
        if buffer.losses:
            self.losses.append(buffer.losses[-1])

    def _add(self, frame: BoostedFrame) -> None:
        self.names.append(frame.name)
        self.mined += frame.mined
        self.trust += frame.trust
        if not math.isnan(frame.target_trust):
            self.target_trust += frame.target_trust
            self.of_target += 1
        if frame.flag:
            self.flags[frame.flag] = self.flags.get(frame.flag, 0) + 1

    def as_dict(self, plan: Plan, cuts: list[int], writers: Iterable[str] = ()) -> dict[str, Any]:
        """Return the figures and settings as JSON values, without times and places; ``writers`` are the run's."""
        count = max(len(self.names), 1)
        return {
            "frames": len(self.names),
            "mined": self.mined,
            "trust": round(self.trust / count, 4),
            "target_trust": round(self.target_trust / self.of_target, 4) if self.of_target else None,
            "changed": round(self.changed / count, 4),
            "flags": self.flags,
            "cuts": cuts,
            "warnings": [*self._odd_maps(plan.name("target")), *self.warnings],
            "losses": [round(loss, 5) for loss in self.losses],
            "settings": asdict(plan.options),
            "device": plan.device,
            "versions": {**versions(), **plan.package_versions(writers)},
        }

    def _odd_maps(self, target: str) -> list[str]:
        """Return what is wrong with the target's maps as a whole, if anything is."""
        count = len(self.names)
        if count and self.empty == count:
            return [f"the maps of {target} are empty in all {count} frames"]
        if count and self.flat == count:
            level = "white" if self.white == count else "of one value"
            return [f"the maps of {target} are {level} everywhere in all {count} frames: they show no object"]
        if count and self.dark >= OFTEN * count:
            return [
                f"the maps of {target} are bright along the border and darker within in {self.dark} of {count} frames; "
                "if the object is what is dark, turn them round: --target-option invert=on (of a network: range=1..0)"
            ]
        return []


def _shows_ground(saliency: NDArray[np.float32]) -> bool:
    """Return whether a map ``float32[H, W]`` is bright along nearly all of the border and dark somewhere within: it
    says of the ground what it should say of the object."""
    inner = saliency[1:-1, 1:-1]
    bright = (border_of(saliency) >= HALF).mean() > NEARLY_ALL
    return bool(bright and inner.size and (inner < HALF).mean() > 0.01)


def versions() -> dict[str, str]:
    """Return the versions of what results depend on."""
    found = {"vsodboost": __version__, "python": platform.python_version()}
    for name in ("torch", "timm", "numpy", "opencv-python-headless", "opencv-python", "av"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
