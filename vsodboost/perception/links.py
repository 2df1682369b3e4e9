"""What belongs together in neighbouring frames: optical flow both ways, and how far each vector may be believed.

Along these links maps are smooth_along_flow: what a map shows for one frame only is noise more often than not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import FlowField, Maps
from vsodboost.perception.flow_consistency import flow_consistency

ROUNDS = 4
"""Each round hears the neighbours once more, so a frame is averaged with about two on either side."""


@dataclass(frozen=True)
class Links:
    """Of T frames at (h, w): flow ``ahead`` to the next and ``behind`` to the last, ``float16[T, h, w, 2]`` px, with
    weights ``float16[T, h, w]`` in [0, 1], 0 where there is no such frame in the shot (kept in half precision: they
    are the largest thing that stays in memory for a buffer)."""

    ahead: NDArray[np.float16]
    ahead_weight: NDArray[np.float16]
    behind: NDArray[np.float16]
    behind_weight: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.forward)


def link(forward: FlowField, backward: FlowField) -> Links:
    """Links of a shot from its flows, ``float32[T-1, h, w, 2]`` px each (t to t+1, and t+1 to t), believed as far as
    the two lead back to where they came from."""
    count, height, width = len(forward) + 1, int(forward.shape[1]), int(forward.shape[2])
    links = unlinked(count, (height, width))
    links.forward[:-1], links.backward[1:] = forward, backward
    links.forward_weight[:-1] = flow_consistency(forward, backward, soft=True)
    links.backward_weight[1:] = flow_consistency(backward, forward, soft=True)
    return links


def unlinked(count: int, size: tuple[int, int]) -> Links:
    """Links of ``count`` frames of ``size`` (h, w) that have nothing to do with each other."""
    flow, weight = (count, *size, 2), (count, *size)
    return Links(
        np.zeros(flow, np.float16), np.zeros(weight, np.float16),
        np.zeros(flow, np.float16), np.zeros(weight, np.float16),
    )  # fmt: skip


def joined(shots: Sequence[Links]) -> Links:
    """The links of several shots, one after the other."""
    if len(shots) == 1:
        return shots[0]
    return Links(
        np.concatenate([s.forward for s in shots]), np.concatenate([s.forward_weight for s in shots]),
        np.concatenate([s.backward for s in shots]), np.concatenate([s.backward_weight for s in shots]),
    )  # fmt: skip


def smooth_along_flow(maps: Maps, links: Links, rounds: int = ROUNDS, fixed: Collection[int] = ()) -> Maps:
    """Maps ``float32[T, h, w]`` averaged with their neighbours along the links, ``rounds`` times; same shape.

    A vector that leads astray has no weight, so nothing is smeared over occlusions, and cuts are not crossed. Frames
    that are ``fixed`` are heard but stay as they are.
    """
    height, width = maps.shape[1:]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    for _ in range(rounds):
        heard = np.empty_like(maps)
        for t, own in enumerate(maps):
            if t in fixed:
                heard[t] = own
                continue
            total, weights = own.copy(), np.ones_like(own)
            for other, flow, weight in (
                (t + 1, links.forward[t], links.forward_weight[t]),
                (t - 1, links.backward[t], links.backward_weight[t]),
            ):
                if not 0 <= other < len(maps) or not weight.any():
                    continue
                seen = cv2.remap(
                    maps[other], x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
                )
                believed = weight.astype(np.float32)
                total += believed * seen
                weights += believed
            heard[t] = total / weights
        maps = heard
    return maps
