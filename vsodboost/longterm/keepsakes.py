"""A few frames of the whole video to keep in hand, so that its first buffer can be taught by its last.

Salient proposals are known only after the whole video was seen, when its frames are gone. The frames that are likeliest
to become keyframes, at most ``LIMIT`` however long the video, are kept at the working size.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vsodboost.longterm.keyframes import batch_winners
from vsodboost.scene import Scene

LIMIT = 16
"""A frame with its clues takes about 2 MB at the working size."""


@dataclass
class Keepsakes:
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
        return Scene(
            video=held[0].video,
            names=tuple(s.names[0] for s in held),
            first=held[0].first,
            frames=np.concatenate([s.frames for s in held]),
            shots=tuple((n, n + 1) for n in range(len(held))),
            target=np.concatenate([s.target for s in held]),
            motion=np.concatenate([s.motion for s in held]),
            motion_maps=np.concatenate([s.motion_maps for s in held]),
            fused=np.concatenate([s.fused for s in held]),
            quality=np.concatenate([s.quality for s in held]),
            consistency=np.concatenate([s.consistency for s in held]),
            still=np.concatenate([s.still for s in held]),
        )

    def frames(self) -> NDArray[np.int64]:
        """Places of the kept frames in the video, ascending, ``int64[<= LIMIT]``."""
        return np.array([s.first for s in self._held], np.int64)


def _one_frame(scene: Scene, t: int) -> Scene:
    """One frame of a scene, copied so that the rest can go."""
    part = slice(t, t + 1)
    return Scene(
        video=scene.video,
        names=scene.names[part],
        first=scene.first + t,
        frames=scene.frames[part].copy(),
        shots=((0, 1),),
        target=scene.target[part].copy(),
        motion=scene.motion[part].copy(),
        motion_maps=scene.motion_maps[part].copy(),
        fused=scene.fused[part].copy(),
        quality=scene.quality[part].copy(),
        consistency=scene.consistency[part].copy(),
        still=scene.still[part].copy(),
    )
