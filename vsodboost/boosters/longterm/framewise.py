"""From salient proposals to a map of each frame: FS of paper 000 (Sec. IV-A)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.knowledge import MinedProposals
from vsodboost.boosters.longterm.mining import SALIENT
from vsodboost.boosters.longterm.pasting import Window, pasted, stretched
from vsodboost.boosters.longterm.patches import PatchRefiner, windows_of
from vsodboost.boosters.longterm.settings import LongtermSettings
from vsodboost.data.scene import Scene
from vsodboost.data.types import Maps
from vsodboost.ops.boxes import non_maximum_suppression

DOUBLES = 0.7


def frame_saliency(
    known: MinedProposals, scene: Scene, refiner: PatchRefiner, settings: LongtermSettings, frames: NDArray[np.int64]
) -> Maps:
    """FS ``float32[T, h, w]`` in [0, 1] of the scene: its salient proposals refined and pasted.

    ``frames`` int64[T] are the frames' places in the video. A frame without a salient proposal has an empty map.
    """
    size = (int(scene.frames.shape[1]), int(scene.frames.shape[2]))
    where: list[int] = []
    windows: list[Window] = []
    for t, frame in enumerate(frames):
        found = windows_of(known.pool.boxes[salient_rows(known, int(frame), settings.patches)], size, settings.padding)
        windows += found
        where += [t] * len(found)
    patches = refiner.refine(scene, where, windows)
    if settings.stretch == "on":
        patches = [stretched(patch) for patch in patches]
    maps = np.zeros((len(frames), *size), np.float32)
    for t in sorted(set(where)):
        members = [n for n, place in enumerate(where) if place == t]
        maps[t] = pasted([patches[n] for n in members], [windows[n] for n in members], size, settings.paste)
    return maps


def salient_rows(known: MinedProposals, frame: int, most: int) -> NDArray[np.int64]:
    """Proposals of a frame that were mined as salient; with ``most`` > 0 at most so many, the likeliest, no doubles."""
    rows = known.pool.rows(frame, 1)
    rows = np.asarray(rows[known.labels.label[rows] == SALIENT])
    if most == 0 or len(rows) == 0:
        return rows
    kept = non_maximum_suppression(known.pool.boxes[rows], known.labels.probability[rows], DOUBLES, most)
    return np.asarray(rows[kept])
