"""What belongs together in neighbouring frames: optical flow both ways, and how far each vector may be believed.

Along these links maps are smooth_along_flow: what a map shows for one frame only is noise more often than not.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from vsodboost.data.links import Links
from vsodboost.data.types import FlowField, Maps
from vsodboost.ops.warp import warp
from vsodboost.perception.flow_consistency import flow_consistency

ROUNDS = 4
"""Each round takes the neighbours in once more, so a frame is averaged with about two on either side."""


def link(forward: FlowField, backward: FlowField) -> Links:
    """Return links of a shot from its flows, ``float32[T-1, h, w, 2]`` px each (t to t+1, and t+1 to t), believed as
    far as the two lead back to where they came from."""
    count, height, width = len(forward) + 1, int(forward.shape[1]), int(forward.shape[2])
    links = unlinked(count, (height, width))
    links.forward[:-1], links.backward[1:] = forward, backward
    links.forward_weight[:-1] = flow_consistency(forward, backward, soft=True)
    links.backward_weight[1:] = flow_consistency(backward, forward, soft=True)
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
    for _ in range(rounds):
        smoothed = np.empty_like(maps)
        for t, own in enumerate(maps):
            if t in fixed:
                smoothed[t] = own
                continue
            total, weights = own.copy(), np.ones_like(own)
            for other, flow, weight in (
                (t + 1, links.forward[t], links.forward_weight[t]),
                (t - 1, links.backward[t], links.backward_weight[t]),
            ):
                if not 0 <= other < len(maps) or not weight.any():
                    continue
                believed = weight.astype(np.float32)
                total += believed * warp(maps[other], flow)
                weights += believed
            smoothed[t] = total / weights
        maps = smoothed
    return maps
