"""Maps of some frames carried to the others along the optical flow: every second frame need not be predicted.

The untuned and the tuned network leave out different frames, so that each frame is looked at by one of them.
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

TRUSTED = 0.6
"""Part of a frame that one of its neighbours must show, for it to be carried instead of predicted."""
BY_FUSION, BY_STUDENT = 1, 2
"""The first frame of a shot that the untuned and the tuned network leave out."""
DOUBTFUL = 0.02
"""Weight of what flow shows where it leads astray: it counts there only where nothing else is known."""


def to_predict(links: Links, shots: Sequence[tuple[int, int]], first: int = 1) -> NDArray[np.bool_]:
    """Return ``bool[T]``: all frames of the shots but every second one from their ``first`` on, 1 or 2, that flow tells
    enough of. Their first and last ones are never left out."""
    chosen = np.ones(len(links), bool)
    for start, stop in shots:
        for t in range(start + first, stop - 1, 2):
            shown = np.maximum(links.forward_weight[t, ::4, ::4], links.backward_weight[t, ::4, ::4])
            chosen[t] = shown.mean(dtype=np.float32) < TRUSTED
    return chosen


def with_carried(asked: NDArray[np.bool_], links: Links, answer: Callable[[Selection], Sequence[Maps]]) -> list[Maps]:
    """Return what ``answer`` makes of the frames ``asked``, ``bool[T]``, with maps of the others carried to them."""
    if asked.all():
        return list(answer(slice(None)))
    return [carry(maps, asked, links) for maps in answer(asked)]


def carry(maps: Maps, known: NDArray[np.bool_], links: Links) -> Maps:
    """Return maps ``float32[T, h, w]`` of all T frames from ``maps`` of the ``known`` ones, in their order.

    Each of the others lies between two known frames of its shot and is their mean along the flow, each counted as far
    as the flow is believed.
    """
    out = np.empty((len(known), *maps.shape[1:]), np.float32)
    out[known] = maps
    for t in np.flatnonzero(~known):
        forward, backward = (singles(way[t]) + DOUBTFUL for way in (links.forward_weight, links.backward_weight))
        later, earlier = sampled(out[t + 1], places(links.forward[t])), sampled(out[t - 1], places(links.backward[t]))
        out[t] = (forward * later + backward * earlier) / (forward + backward)
    return out
