"""What belongs together in neighbouring frames: optical flow both ways, and how far each vector may be believed.

Along these links maps are smooth_along_flow: what a map shows for one frame only is noise more often than not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.links import Links
from vsodboost.data.types import FlowField, Maps
from vsodboost.ops.tensors import halves, singles
from vsodboost.ops.warp import places, sampled
from vsodboost.perception.flow_consistency import flow_consistency

ROUNDS = 4
"""Each round takes the neighbours in once more, so a frame is averaged with about two on either side."""


def link(forward: FlowField, backward: FlowField) -> Links:
    """Return links of a shot from its flows, ``float32[T-1, h, w, 2]`` px each (t to t+1, and t+1 to t), believed as
    far as the two lead back to where they came from."""
    count, height, width = len(forward) + 1, int(forward.shape[1]), int(forward.shape[2])
    links = unlinked(count, (height, width))
    links.forward[:-1], links.backward[1:] = halves(forward), halves(backward)
    links.forward_weight[:-1] = halves(flow_consistency(forward, backward, soft=True))
    links.backward_weight[1:] = halves(flow_consistency(backward, forward, soft=True))
    return links


def unlinked(count: int, size: tuple[int, int]) -> Links:
    """Return links of ``count`` frames of ``size`` (h, w) that have nothing to do with each other."""
    flow, weight = (count, *size, 2), (count, *size)
    return Links(
        np.zeros(flow, np.float16), np.zeros(weight, np.float16),
        np.zeros(flow, np.float16), np.zeros(weight, np.float16),
    )  # fmt: skip


def smooth_along_flow(maps: Maps, links: Links, rounds: int = ROUNDS, fixed: Collection[int] = ()) -> Maps:
    """Return maps ``float32[T, h, w]`` averaged with their neighbours along the links, ``rounds`` times; same shape.

    A vector that leads astray has no weight, so nothing is smeared over occlusions, and cuts are not crossed. Frames
    that are ``fixed`` count for their neighbours but stay as they are.
    """
    count = len(maps)
    layers: list[dict[int, NDArray[np.float32]]] = [{} for _ in range(rounds)]
    paths: dict[int, list[_Path]] = {}
    out = maps if rounds < 1 else np.empty_like(maps)
    # A frame's round needs its neighbours' last one. So the rounds go through the video together, each a frame behind
    # the one before, and where a frame's flow leads is worked out once for all of them and kept for a moment only.
    for front in range(count + rounds - 1 if rounds else 0):
        if front < count:
            paths[front] = [] if front in fixed else _paths(links, front)
        for turn in range(rounds):
            t = front - turn
            if 0 <= t < count:
                before = maps if turn == 0 else layers[turn - 1]
                layers[turn][t] = _averaged(before, t, paths[t])
                layers[turn].pop(t - 3, None)
        if front - rounds + 1 >= 0:
            out[front - rounds + 1] = layers[-1][front - rounds + 1]
            del paths[front - rounds + 1]
    return out


FADING = 0.9
"""What a frame counts beside the one before it on the way, the farther the less."""


def along_tracks(kinds: Sequence[Maps], links: Links) -> tuple[list[Maps], Maps]:
    """Return what maps ``float32[T, h, w]``, of several kinds, show of each pixel's thing in the other frames to which
    flow follows it: the fading mean over those before and after, the same shape; and of how many frames that is,
    ``float32[T, h, w]``. Where flow is not believed at all both are 0."""
    count = len(links)
    shown = [np.zeros_like(maps) for maps in kinds]
    frames = np.zeros(links.forward_weight.shape, np.float32)
    for order, last in ((range(1, count), -1), (range(count - 2, -1, -1), 1)):
        sums = [np.zeros_like(frames[0]) for _ in kinds]
        weights = np.zeros_like(frames[0])
        for t in order:
            path = next((path for path in _paths(links, t) if path.other == t + last), None)
            if path is None:  # a cut
                sums, weights = [np.zeros_like(weights) for _ in kinds], np.zeros_like(weights)
                continue
            weights = path.believed * sampled(1 + FADING * weights, path.at)
            frames[t] += weights
            for n, maps in enumerate(kinds):
                sums[n] = path.believed * sampled(maps[t + last] + FADING * sums[n], path.at)
                shown[n][t] += sums[n]
    return [np.asarray(total / np.maximum(frames, 1e-3), np.float32) for total in shown], frames


@dataclass(frozen=True)
class _Path:
    """Where a frame's flow leads in the frame ``other``, ``at float32[h, w, 2]`` px, and how far it is ``believed``,
    ``float32[h, w]`` in [0, 1]."""

    other: int
    at: NDArray[np.float32]
    believed: NDArray[np.float32]


def _paths(links: Links, t: int) -> list[_Path]:
    """Return the ways from frame ``t`` to its neighbours, those that there are."""
    ways = (
        (t + 1, links.forward[t], links.forward_weight[t]),
        (t - 1, links.backward[t], links.backward_weight[t]),
    )
    return [
        _Path(other, places(flow), singles(weight))
        for other, flow, weight in ways
        if 0 <= other < len(links) and weight.any()
    ]


def _averaged(maps: Maps | Mapping[int, NDArray[np.float32]], t: int, paths: Sequence[_Path]) -> NDArray[np.float32]:
    """Return the map of frame ``t`` averaged with what its paths lead to."""
    if not paths:
        return maps[t].copy()
    total, weights = maps[t].copy(), np.ones_like(maps[t])
    for path in paths:
        total += path.believed * sampled(maps[path.other], path.at)
        weights += path.believed
    return np.asarray(total / weights, np.float32)
