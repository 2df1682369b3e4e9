"""What the labels of a video tell of one buffer of it, and how far pseudo-labels made of them may be believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.labels.labelled_frames import VideoLabels
from vsodboost.boosters.labels.propagation import Carried, Route, carry
from vsodboost.data.scene import Scene
from vsodboost.data.types import Clip, Maps, PerFrame
from vsodboost.registry.interfaces import FlowEstimator


@dataclass(frozen=True)
class Told:
    """What the labels tell of one scene: the ``labelled`` frames, int64[N], with their ``labels`` float32[N, h, w];
    what is ``carried`` to the others; and ``arrived`` float32[T, h, w], the mean of the labels that arrive at a frame
    from both sides: at a labelled one from the labels next to it, and one half where none arrives."""

    labelled: NDArray[np.int64]
    labels: Maps
    carried: Carried
    arrived: Maps

    @property
    def reached(self) -> NDArray[np.bool_]:
        """``bool[T]``: frames that are labelled or to which a label is carried."""
        reached = np.zeros(len(self.arrived), bool)
        reached[self.labelled] = reached[self.carried.indices] = True
        return reached


def told_of(scene: Scene, labels: VideoLabels, flow: FlowEstimator, plugin: str, route: Route) -> Told:
    """What ``labels`` tell of a scene. Raises PluginError when the flow estimator, called ``plugin``, fails."""
    stop = scene.first + len(scene)
    own = [frame for frame in labels.frames if scene.first <= frame.index < stop]
    labelled = np.array([frame.index - scene.first for frame in own], np.int64)
    maps = np.zeros((len(own), *scene.target.shape[1:]), np.float32)
    for place, frame in enumerate(own):
        maps[place] = frame.map
    clip = Clip(scene.frames, scene.names, scene.video, scene.first)
    arrivals = carry(clip, labels, flow, plugin, route, labelled=True)
    arrived = np.full_like(scene.target, 0.5)
    arrived[arrivals.indices] = (arrivals.left + arrivals.right) / 2
    return Told(labelled, maps, arrivals.part(~np.isin(arrivals.indices, labelled)), arrived)


def between_empty_labels(scene: Scene, labels: VideoLabels) -> NDArray[np.int64]:
    """Frames of a scene whose next labels, on both sides or the only one, say that nothing is salient; int64."""
    sides = (labels.neighbours(scene.first + t) for t in range(len(scene)))
    next_to = ([label for label in pair if label is not None] for pair in sides)
    found = [t for t, near in enumerate(next_to) if near and not any(label.mask.any() for label in near)]
    return np.array(found, np.int64)


def believed(carried: Carried, pseudo: Maps) -> PerFrame:
    """How far pseudo-labels ``float32[T, h, w]`` may be believed, float32[T] in [0, 1].

    It is their overlap with the better of the two carried labels. An object of a thousandth of the frame is as good as
    none, so that an empty label and a nearly empty pseudo-label agree.
    """
    return np.maximum(_alike(pseudo, carried.left), _alike(pseudo, carried.right))


def _alike(a: Maps, b: Maps) -> PerFrame:
    none = 1e-3 * a.shape[1] * a.shape[2]
    shared = 2 * np.einsum("thw,thw->t", a, b, dtype=np.float64)
    total = np.einsum("thw,thw->t", a, a, dtype=np.float64) + np.einsum("thw,thw->t", b, b, dtype=np.float64)
    return np.asarray((shared + none) / (total + none), np.float32)
