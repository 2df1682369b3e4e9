"""Labels propagated along the flow: which reach which frame, and what they say of a scene (Yan et al., ICCV 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.labels.labelled_frames import LabelledFrame, VideoLabels
from vsodboost.data.rows import Rows
from vsodboost.data.scene import Scene
from vsodboost.data.types import Clip, FlowField, Maps, PerFrame
from vsodboost.ops.warp import magnitude, warp
from vsodboost.perception.perceive import pair_flow
from vsodboost.registry.interfaces import FlowEstimator

Route = Literal["direct", "chain", "best"]


@dataclass(frozen=True)
class Propagated(Rows):
    """Labels propagated to T frames, ``indices int64[T]`` into the buffer, from the nearest labelled frames on both
    sides.

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


def propagate(
    clip: Clip,
    labels: VideoLabels,
    estimator: FlowEstimator,
    plugin: str,
    route: Route,
    only: Sequence[int] | None = None,
    *,
    labelled: bool = False,
) -> Propagated:
    """Labels propagated to every frame of a buffer that has none itself, but has a labelled one in its shot.

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
        left.propagate(t, t - 1, before)
    for t, _, after in reversed(wanted):
        right.propagate(t, t + 1, after)
    wanted = [(t, before, after) for t, before, after in wanted if t in asked]
    sides = [(left.at(t), right.at(t)) for t, _, _ in wanted]
    pairs = [(a or b, b or a) for a, b in sides]
    shape = (len(wanted), *clip.size)
    maps = np.zeros((4, *shape), np.float32)
    for i, (a, b) in enumerate(pairs):
        assert a is not None and b is not None
        maps[:, i] = a.label, b.label, a.length, b.length
    distance = [min(a.distance, b.distance) for a, b in pairs if a is not None and b is not None]
    return Propagated(
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
        self._reached_here: dict[int, _Arrival] = {}
        self._flow: tuple[int, int, FlowField] | None = None
        """The last frame's chained flow: frame, index of the labelled frame, flow [h, w, 2]."""

    def at(self, t: int) -> _Arrival | None:
        """What reached frame t."""
        return self._reached_here.get(t)

    def propagate(self, t: int, neighbour: int, label: LabelledFrame | None) -> None:
        """Carry ``label`` to frame t; ``neighbour`` is the next frame on its way."""
        if label is None:
            return
        at = label.index - self.clip.first
        flow = self._towards(t, neighbour, label, at)
        self._reached_here[t] = _Arrival(warp(label.map, flow), magnitude(flow), abs(at - t))

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


@dataclass(frozen=True)
class SceneLabels:
    """What the labels tell of one scene: the ``labelled`` frames, int64[N], with their ``labels`` float32[N, h, w];
    what is ``propagated`` to the others; and ``guidance`` float32[T, h, w], the mean of the labels that arrive at a
    frame from both sides: at a labelled one from the labels next to it, and one half where none arrives."""

    labelled: NDArray[np.int64]
    labels: Maps
    propagated: Propagated
    guidance: Maps

    @property
    def reached(self) -> NDArray[np.bool_]:
        """``bool[T]``: frames that are labelled or to which a label is propagated."""
        reached = np.zeros(len(self.guidance), bool)
        reached[self.labelled] = reached[self.propagated.indices] = True
        return reached


def labels_of(scene: Scene, labels: VideoLabels, flow: FlowEstimator, plugin: str, route: Route) -> SceneLabels:
    """What ``labels`` tell of a scene. Raises PluginError when the flow estimator, called ``plugin``, fails."""
    stop = scene.first + len(scene)
    own = [frame for frame in labels.frames if scene.first <= frame.index < stop]
    labelled = np.array([frame.index - scene.first for frame in own], np.int64)
    maps = np.zeros((len(own), *scene.target.shape[1:]), np.float32)
    for place, frame in enumerate(own):
        maps[place] = frame.map
    clip = Clip(scene.frames, scene.names, scene.video, scene.first)
    arrivals = propagate(clip, labels, flow, plugin, route, labelled=True)
    guidance = np.full_like(scene.target, 0.5)
    guidance[arrivals.indices] = (arrivals.left + arrivals.right) / 2
    return SceneLabels(labelled, maps, arrivals.take(~np.isin(arrivals.indices, labelled)), guidance)


def between_empty_labels(scene: Scene, labels: VideoLabels) -> NDArray[np.int64]:
    """Frames of a scene whose next labels, on both sides or the only one, say that nothing is salient; int64."""
    sides = (labels.neighbours(scene.first + t) for t in range(len(scene)))
    next_to = ([label for label in pair if label is not None] for pair in sides)
    found = [t for t, near in enumerate(next_to) if near and not any(label.mask.any() for label in near)]
    return np.array(found, np.int64)


def believed(propagated: Propagated, pseudo: Maps) -> PerFrame:
    """How far pseudo-labels ``float32[T, h, w]`` may be believed, float32[T] in [0, 1].

    It is their overlap with the better of the two propagated labels. An object of a thousandth of the frame is as good
    as none, so that an empty label and a nearly empty pseudo-label agree.
    """
    return np.maximum(_alike(pseudo, propagated.left), _alike(pseudo, propagated.right))


def _alike(a: Maps, b: Maps) -> PerFrame:
    none = 1e-3 * a.shape[1] * a.shape[2]
    shared = 2 * np.einsum("thw,thw->t", a, b, dtype=np.float64)
    total = np.einsum("thw,thw->t", a, a, dtype=np.float64) + np.einsum("thw,thw->t", b, b, dtype=np.float64)
    return np.asarray((shared + none) / (total + none), np.float32)
