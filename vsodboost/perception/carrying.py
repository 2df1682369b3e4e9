"""Maps of some frames carried to the others along the optical flow: every second frame need not be predicted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.links import Links
from vsodboost.data.types import Maps
from vsodboost.ops.warp import places, sampled

TRUSTED = 0.6
"""Part of a frame that one of its neighbours must show, for it to be carried instead of predicted."""
DOUBTFUL = 0.02
"""Weight of what flow shows where it leads astray: it counts there only where nothing else is known."""


def to_predict(links: Links, shots: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    """Return ``bool[T]``: every second frame of each shot, its last one, and those that flow tells too little of."""
    chosen = np.ones(len(links), bool)
    for start, stop in shots:
        for t in range(start + 1, stop - 1, 2):
            shown = np.maximum(links.forward_weight[t, ::4, ::4], links.backward_weight[t, ::4, ::4])
            chosen[t] = shown.mean(dtype=np.float32) < TRUSTED
    return chosen


def carry(maps: Maps, known: NDArray[np.bool_], links: Links) -> Maps:
    """Return maps ``float32[T, h, w]`` of all T frames from ``maps`` of the ``known`` ones, in their order.

    Each of the others lies between two known frames of its shot and is their mean along the flow, each counted as far
    as the flow is believed.
    """
    out = np.empty((len(known), *maps.shape[1:]), np.float32)
    out[known] = maps
    for t in np.flatnonzero(~known):
        forward, backward = (
            weight[t].astype(np.float32) + DOUBTFUL for weight in (links.forward_weight, links.backward_weight)
        )
        later, earlier = sampled(out[t + 1], places(links.forward[t])), sampled(out[t - 1], places(links.backward[t]))
        out[t] = (forward * later + backward * earlier) / (forward + backward)
    return out
