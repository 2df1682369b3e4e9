"""A few frames of the whole video to keep in hand, so that its first buffer can be taught by its last.

Salient proposals are known only after the whole video was seen, when its frames are gone. The frames that are likeliest
to become keyframes, at most ``LIMIT`` however long the video, are kept at the working size.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.keyframes import batch_winners
from vsodboost.data.scene import Scene

LIMIT = 16
"""A frame with its clues takes about 2 MB at the working size."""


@dataclass
class KeyframeReservoir:
    """Candidates held while the video is surveyed; ``batch`` is B."""

    batch: int = 5
    _held: list[Scene] = field(default_factory=list)
    _scenes: int = 0

    def add(self, scene: Scene) -> None:
        """Keep the frames of the scene on which target and motion agree best, and thin out what is held."""
        self._scenes += 1
        promise = scene.consistency * scene.quality
        chosen = batch_winners(promise, ~scene.still & (promise > 0), scene.shots, self.batch)
        if len(chosen) > LIMIT:
            chosen = np.sort(chosen[np.argsort(-promise[chosen], kind="stable")[:LIMIT]])
        self._held += [_one_frame(scene, int(t)) for t in chosen]
        if len(self._held) > LIMIT:
            places = np.linspace(0, len(self._held) - 1, LIMIT).round().astype(int)
            self._held = [self._held[i] for i in places]

    def scene(self) -> Scene | None:
        """The kept frames as one scene of one-frame shots; None where the video is a single buffer, or nothing is kept.

        ``first`` means nothing here; see ``frames``.
        """
        if self._scenes < 2 or not self._held:
            return None
        held = self._held
        joined: dict[str, Any] = {
            name: np.concatenate([getattr(s, name) for s in held]) for name in _per_frame(held[0])
        }
        return replace(
            held[0],
            names=tuple(s.names[0] for s in held),
            shots=tuple((n, n + 1) for n in range(len(held))),
            **joined,
        )

    def frames(self) -> NDArray[np.int64]:
        """Places of the kept frames in the video, ascending, ``int64[<= LIMIT]``."""
        return np.array([s.first for s in self._held], np.int64)


def _one_frame(scene: Scene, t: int) -> Scene:
    """One frame of a scene, copied so that the rest can go; without source and links, which are too large to keep."""
    scene = replace(scene, full=None, links=None)
    parts: dict[str, Any] = {name: getattr(scene, name)[t : t + 1].copy() for name in _per_frame(scene)}
    return replace(scene, names=scene.names[t : t + 1], first=scene.first + t, shots=((0, 1),), **parts)


def _per_frame(scene: Scene) -> list[str]:
    """Names of the fields that hold an array with a row for each frame."""
    return [f.name for f in fields(scene) if isinstance(getattr(scene, f.name), np.ndarray)]
