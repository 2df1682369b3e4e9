"""Maps of some frames carried to the others along the optical flow: only every third frame need be predicted.

The untuned and the tuned network look at different ones, so that of three frames two are seen by one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.links import Links
from vsodboost.data.rows import Selection
from vsodboost.data.types import Maps
from vsodboost.ops.tensors import singles
from vsodboost.ops.warp import places, sampled

EVERY = 3
"""Of so many frames one is predicted."""
BY_FUSION, BY_STUDENT = 0, 1
"""Which of them the untuned and the tuned network look at."""
TRUSTED = 0.6
"""Part of a frame that one of its neighbours must show, for it to be carried instead of predicted."""
FOLLOWED = 0.8
"""Part of what moves in a frame that both of its neighbours must show: arms and wings get lost on the way else."""
DOUBTFUL = 0.02
"""Weight of what flow shows where it leads astray: it counts there only where nothing else is known."""


def to_predict(
    links: Links, moving: Maps, shots: Sequence[tuple[int, int]], which: int = BY_FUSION
) -> NDArray[np.bool_]:
    """Return ``bool[T]``: of every ``EVERY`` frames of a shot number ``which``, its first and last ones, and those that
    flow tells too little of, or of what is ``moving`` in them: motion saliency ``float32[T, h, w]`` in [0, 1]."""
    chosen = np.ones(len(links), bool)
    for start, stop in shots:
        for t in range(start + 1, stop - 1):
            if (t - start) % EVERY != which:
                chosen[t] = not _followed(links, moving, t)
    return chosen


def _followed(links: Links, moving: Maps, t: int) -> bool:
    """Return whether flow leads to a frame from its neighbours, and to what moves in it from both."""
    rows = slice(None, None, 4)
    forward, backward = (singles(way[t, rows, rows]) for way in (links.forward_weight, links.backward_weight))
    if np.maximum(forward, backward).mean() < TRUSTED:
        return False
    moves = moving[t, rows, rows]
    return float((np.minimum(forward, backward) * moves).sum()) >= FOLLOWED * float(moves.sum())


def with_carried(
    answer: Callable[[Selection], list[Maps]], links: Links, moving: Maps, shots: Sequence[tuple[int, int]], which: int
) -> list[Maps]:
    """Return what ``answer`` makes of the frames ``to_predict``, with maps of the others carried to them."""
    asked = to_predict(links, moving, shots, which)
    if asked.all():
        return answer(slice(None))
    return [carry(maps, asked, links) for maps in answer(asked)]


def carry(maps: Maps, known: NDArray[np.bool_], links: Links) -> Maps:
    """Return maps ``float32[T, h, w]`` of all T frames from ``maps`` of the ``known`` ones, in their order.

    Each of the others lies between two known frames of its shot and is their mean along the flow, each counted as far
    as the flow all the way to it is believed, and the less the farther it is.
    """
    out = np.empty((len(known), *maps.shape[1:]), np.float32)
    out[known] = maps
    unknown = np.flatnonzero(~known)
    for run in np.split(unknown, np.flatnonzero(np.diff(unknown) > 1) + 1):
        before = _along(run, out[run[0] - 1], links.backward, links.backward_weight)
        after = _along(run[::-1], out[run[-1] + 1], links.forward, links.forward_weight)
        for t, (earlier, sure), (later, safe) in zip(run, before, reversed(after), strict=True):
            out[t] = (sure * earlier + safe * later) / (sure + safe)
    return out


def _along(
    frames: NDArray[np.intp], seen: NDArray[np.float32], flow: NDArray[np.float16], believed: NDArray[np.float16]
) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return a map as it is ``seen`` from each of ``frames`` in turn, and how much it counts there."""
    found = []
    sure = np.ones_like(seen)
    for distance, t in enumerate(frames, 1):
        at = places(flow[t])
        seen, sure = sampled(seen, at), (singles(believed[t]) + DOUBTFUL) * sampled(sure, at)
        found.append((seen, sure / np.float32(distance)))
    return found
