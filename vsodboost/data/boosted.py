"""A buffer and a frame when everything is done: what writers and callers get."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.decision import Decision
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.types import Frames, Maps


@dataclass(frozen=True)
class BoostedFrame:
    """One frame's result: ``map`` float32[H, W] in [0, 1] at the source size; ``trust`` and ``target_trust`` estimate
    the S-measure of it and of the target's map (NaN where the target has none); ``flag`` is "" or why the frame is
    special; ``trust_low`` and ``trust_high`` are the ends of trust's interval (see ``Decision``; None: unknown)."""

    name: str
    index: int
    map: NDArray[np.float32]
    trust: float
    target_trust: float
    mined: bool
    quality: float
    consistency: float
    flag: str
    trust_low: float | None = None
    trust_high: float | None = None


@dataclass(frozen=True)
class BoostedBuffer:
    """One buffer, done: source ``frames``, the ``scene``, what was ``mined``, and the ``decision``, whose
    ``target_trust`` is NaN where the target has no map.

    ``maps`` are the final ones ``float32[T, H, W]`` at the source size, ``target`` the target's at the same size;
    ``losses`` are the tuning's, a number a step.
    """

    frames: Frames
    scene: Scene
    mined: Mined
    decision: Decision
    maps: Maps
    target: Maps
    losses: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.frames)

    def by_frame(self) -> Iterator[BoostedFrame]:
        """Yield the buffer's frames one by one."""
        mined = set(self.mined.indices.tolist())
        for t, name in enumerate(self.scene.names):
            yield BoostedFrame(
                name=name,
                index=self.scene.first + t,
                map=self.maps[t],
                trust=float(self.decision.trust[t]),
                target_trust=float(self.decision.target_trust[t]),
                mined=t in mined,
                quality=float(self.scene.quality[t]),
                consistency=float(self.scene.consistency[t]),
                flag=self.decision.flags[t],
                trust_low=None if self.decision.trust_low is None else float(self.decision.trust_low[t]),
                trust_high=None if self.decision.trust_high is None else float(self.decision.trust_high[t]),
            )
