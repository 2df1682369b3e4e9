"""Which labels reach which frame, and along which flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.labels.labelled_frames import LabelledFrame, VideoLabels
from vsodboost.data.types import Clip, FlowField, Maps
from vsodboost.ops.warp import magnitude, warp
from vsodboost.perception.perceive import pair_flow
from vsodboost.registry.interfaces import FlowEstimator

Route = Literal["direct", "chain", "best"]


@dataclass(frozen=True)
class Carried:
    """Labels carried to T frames, ``indices int64[T]`` into the buffer, from the nearest labelled frames on both sides.

    ``left`` and ``right`` are the labels as they arrive, float32[T, h, w] in [0, 1]; ``length_left`` and
    ``length_right`` how far they came, the flow's magnitude normalised by the frame's size, float32[T, h, w] >= 0.
    ``distance`` float32[T] is the number of frames to the nearer label. Where one side has no label, the other's stands
    on both.
    """

    indices: NDArray[np.int64]
    left: Maps
    right: Maps
    length_left: Maps
    length_right: Maps
    distance: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.indices)

    def part(self, part: slice | NDArray[np.bool_]) -> Carried:
        """Some of the frames."""
        return Carried(
            self.indices[part], self.left[part], self.right[part], self.length_left[part], self.length_right[part],
            self.distance[part],
        )  # fmt: skip


def carry(
    clip: Clip,
    labels: VideoLabels,
    estimator: FlowEstimator,
    plugin: str,
    route: Route,
    only: Sequence[int] | None = None,
    *,
    labelled: bool = False,
) -> Carried:
    """Labels carried to every frame of a buffer that has none itself, but has a labelled one in its shot.

    Args:
        clip: a buffer's frames ``uint8[T, h, w, 3]`` at the working size.
        labels: the labelled frames of the whole video.
        estimator: flow estimator.
        plugin: what errors call it.
        route: ``direct`` estimates the flow from each frame to the labelled one, however far (the paper);
            ``chain`` adds up the flows between neighbouring frames; ``best`` takes, at each pixel, the one of the two
            along which the labelled frame looks more like the frame.
        only: indices into the buffer of the frames that are wanted; default: all.
        labelled: also to the labelled frames, each from the labels next to its own.

    Raises:
        PluginError: the estimator failed or returned something else.
    """
    own = {frame.index - clip.first for frame in labels.frames}
    asked = set(range(len(clip)) if only is None else only)
    wanted = []
    for t in range(len(clip)):
        before, after = labels.others(clip.first + t)
        if (labelled or t not in own) and (before is not None or after is not None):
            wanted.append((t, before, after))
    left = _Arrivals(clip, estimator, plugin, route)
    right = _Arrivals(clip, estimator, plugin, route)
    for t, before, _ in wanted:
        left.carry(t, t - 1, before)
    for t, _, after in reversed(wanted):
        right.carry(t, t + 1, after)
    wanted = [(t, before, after) for t, before, after in wanted if t in asked]
    sides = [(left.at(t), right.at(t)) for t, _, _ in wanted]
    pairs = [(a or b, b or a) for a, b in sides]
    shape = (len(wanted), *clip.size)
    maps = np.zeros((4, *shape), np.float32)
    for i, (a, b) in enumerate(pairs):
        assert a is not None and b is not None
        maps[:, i] = a.label, b.label, a.length, b.length
    distance = [min(a.distance, b.distance) for a, b in pairs if a is not None and b is not None]
    return Carried(
        np.array([t for t, _, _ in wanted], np.int64), maps[0], maps[1], maps[2], maps[3],
        np.array(distance, np.float32),
    )  # fmt: skip


@dataclass(frozen=True)
class _Arrival:
    label: Maps
    length: Maps
    distance: int


class _Arrivals:
    """Labels that reach the frames of a buffer from one side."""

    def __init__(self, clip: Clip, estimator: FlowEstimator, plugin: str, route: Route) -> None:
        self.clip, self.estimator, self.plugin, self.route = clip, estimator, plugin, route
        self._arrived: dict[int, _Arrival] = {}
        self._flow: tuple[int, int, FlowField] | None = None
        """The last frame's chained flow: frame, index of the labelled frame, flow [h, w, 2]."""

    def at(self, t: int) -> _Arrival | None:
        """What reached frame t."""
        return self._arrived.get(t)

    def carry(self, t: int, neighbour: int, label: LabelledFrame | None) -> None:
        """Carry ``label`` to frame t; ``neighbour`` is the next frame on its way."""
        if label is None:
            return
        at = label.index - self.clip.first
        flow = self._towards(t, neighbour, label, at)
        self._arrived[t] = _Arrival(warp(label.map, flow), magnitude(flow), abs(at - t))

    def _towards(self, t: int, neighbour: int, label: LabelledFrame, at: int) -> FlowField:
        """Flow ``float32[h, w, 2]`` px from frame t to the labelled one, which is ``at`` in this buffer's counting."""
        end = Clip(label.frame[None], (label.name,), self.clip.video, label.index)
        known = self._flow
        # The first step, and the way in from outside the buffer, are direct on every route.
        if self.route == "direct" or known is None or known[:2] != (neighbour, at):
            flow = self._estimate(t, end)
        else:
            step = self._estimate(t, self.clip.part(neighbour, neighbour + 1))
            flow = step + warp(known[2], step)
            if self.route == "best":
                flow = better_flow(self.clip.frames[t], label.frame, flow, self._estimate(t, end))
        self._flow = (t, at, flow)
        return flow

    def _estimate(self, t: int, there: Clip) -> FlowField:
        flow: FlowField = pair_flow(self.estimator, self.clip.part(t, t + 1), there, self.plugin)[0]
        return flow


def better_flow(here: NDArray[np.uint8], there: NDArray[np.uint8], first: FlowField, second: FlowField) -> FlowField:
    """At each pixel the one of two flows ``float32[h, w, 2]`` px along which ``there`` looks more like ``here``."""
    errors = []
    target = here.astype(np.float32)
    for flow in (first, second):
        seen = warp(there.astype(np.float32), flow)
        errors.append(cv2.GaussianBlur(np.abs(seen - target).mean(axis=-1), (0, 0), 4.0))
    return np.where((errors[0] <= errors[1])[..., None], first, second)
