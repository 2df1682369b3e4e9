"""``labels``: a few labelled frames teach all others.

Yan et al. (FGPLG, "Semi-Supervised Video Salient Object Detection Using Pseudo-Labels", Sec. 3.3): the labels next
to a frame on both sides are propagated to it along the flow, a refinement network makes a pseudo-label of them, and
labels and pseudo-labels together teach the student, which says the result (``labels-paper``).

Here the video that is labelled is the video that is wanted. So the student reads the propagated labels beside the
frame, and learns on the labelled frames what they are worth: there it reads those propagated from the next labels, and
the truth is known. Its predictions and the propagated labels make the result, smoothed along the flow with the labels
as fixed points. Pseudo-labels teach it only when asked to (``between``): on held-out video they made it worse. Labelled
frames come back as they were given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.labels.labelled_frames import VideoLabels, read_video_labels
from vsodboost.boosters.labels.propagation import (
    Propagated,
    Route,
    SceneLabels,
    believed,
    between_empty_labels,
    labels_of,
)
from vsodboost.boosters.labels.pseudo_labels import CHANNELS, Generator
from vsodboost.boosters.labels.reading import LabelArrays, LabelFolder, LabelSource
from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.decision import Decision
from vsodboost.data.errors import UsageError
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.training_set import TrainingSet
from vsodboost.data.types import Maps, PerFrame
from vsodboost.data.video import VideoSource
from vsodboost.decision.fusion import postprocess
from vsodboost.registry.booster import Booster, Context, Overrides
from vsodboost.registry.interfaces import Request
from vsodboost.registry.options import Options

if TYPE_CHECKING:
    from torch import nn

LABEL_WEIGHT = 2.0
"""What a label counts in tuning where a pseudo-label counts its confidence, at most 1."""
FADING = 3.0
"""Frames over which the weight of a propagated label beside the two predictions, two at first, falls to 1/e."""
NEAR = 4
"""Labelled frames on either side of a buffer that teach, too."""


@dataclass(frozen=True)
class LabelsSettings:
    """See the card's options."""

    source: LabelSource
    network: str = "fgplg"
    route: Route = "best"
    between: int | None = 0


class Labels(Booster):
    """Labels teach the student, and are fused with what it says."""

    def __init__(self, settings: LabelsSettings) -> None:
        self.settings = settings
        self.source = settings.source
        self._labels = VideoLabels((), ())
        self._propagated: tuple[int, SceneLabels] | None = None

    def setup(self, context: Context) -> Overrides:
        """Take flow estimator and sizes from the run, and build the network that makes pseudo-labels."""
        name = self.settings.network
        network, card = context.build("spatial_models", name)
        if not isinstance(card, SpatialModelCard) or card.channels != CHANNELS:
            raise UsageError(
                f"booster 'labels': network={name} does not read the {CHANNELS} channels of frame, propagated labels "
                "and flow"
            )
        self._generator = Generator(network, card, context.device)
        return Overrides()

    def begin_video(self, source: VideoSource) -> None:
        """Read the labelled frames. Raises InputError when no label belongs to a frame of this video."""
        self._labels = read_video_labels(source, self.source, self.context.buffer, self.context.working)
        self._propagated = None

    def checkpoint(self) -> dict[str, Any]:
        """Return nothing: ``begin_video`` reads the labels anew, and scenes owe each other nothing else."""
        return {}

    def restore(self, saved: dict[str, Any]) -> None:
        """Nothing is to be remembered."""

    def mine(self, scene: Scene) -> Mined:
        """Labelled frames, pseudo-labelled ones, and the labelled frames near the buffer."""
        known = self.scene_labels(scene)
        teaching = known.propagated.take(self._teaches(scene, known.propagated.indices))
        pseudo = self._generator.pseudo_labels(scene.frames[teaching.indices], teaching)
        frames = np.concatenate([known.labelled, teaching.indices])
        weights = np.concatenate([np.full(len(known.labelled), LABEL_WEIGHT), self.believed(teaching, pseudo)])
        order = np.argsort(frames)
        order = order[weights[order] > 0]
        notes = {
            "labels": len(self._labels.frames),
            "labelled": [scene.names[t] for t in known.labelled],
            "propagated": len(known.propagated),
            "pseudo_labelled": len(teaching),
            "warnings": self._warnings(),
        }
        truth = np.concatenate([known.labels, pseudo])[order]
        return Mined(frames[order], truth, weights[order].astype(np.float32), notes, self._extra(scene))

    def believed(self, teaching: Propagated, pseudo: Maps) -> PerFrame:
        """What each pseudo-label counts in tuning, ``float32[K]`` in [0, 1]."""
        return believed(teaching, pseudo)

    def _warnings(self) -> list[str]:
        names, notes = self._labels.unmatched, list(self._labels.notes)
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        unused = f"no frame belongs to {', '.join(names[:3])}{more}, so these labels were not used"
        return notes + ([unused] if names else [])

    def scene_labels(self, scene: Scene) -> SceneLabels:
        """Return what the labels say of the scene; computed once."""
        if self._propagated is None or self._propagated[0] != scene.first:
            flow, plugin = self.context.flow, self.context.flow_name
            self._propagated = scene.first, labels_of(scene, self._labels, flow, plugin, self.settings.route)
        return self._propagated[1]

    def pseudo_labels(self, scene: Scene) -> Maps:
        """Labels, and the refinement network's pseudo-labels where labels are propagated to: ``float32[T, h, w]`` in
        [0, 1], zero where none reaches."""
        known = self.scene_labels(scene)
        maps = np.zeros_like(scene.target)
        maps[known.labelled] = known.labels
        maps[known.propagated.indices] = self._generator.pseudo_labels(
            scene.frames[known.propagated.indices], known.propagated
        )
        return maps

    def guidance(self, scene: Scene) -> Maps:
        """Return the labels propagated along the flow; the target's maps where none reaches."""
        known = self.scene_labels(scene)
        return np.where(known.reached[:, None, None], known.guidance, scene.target)

    def _teaches(self, scene: Scene, propagated: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the frames that labels are propagated to teach by their pseudo-labels, bool as ``propagated``."""
        between = self.settings.between
        if between is None:
            return np.ones(len(propagated), bool)
        return np.array([self._labels.is_between(scene.first + int(t), between) for t in propagated], bool)

    def _extra(self, scene: Scene) -> TrainingSet | None:
        near = self._labels.near(scene.first, scene.first + len(scene), NEAR)
        if not near:
            return None
        shape = (len(near), *scene.target.shape[1:])
        return TrainingSet(
            np.stack([frame.frame for frame in near]),
            np.stack([frame.map for frame in near]),
            np.full(len(near), LABEL_WEIGHT, np.float32),
            np.zeros((*shape, 2), np.float32),
            np.full(shape, 0.5, np.float32),  # half is what a network that reads maps takes for none
        )

    def fuse(self, scene: Scene, predictions: Predictions) -> Maps:
        """The mean of the student's predictions and of the labels as they arrive, which count the less the farther they
        came, smoothed along the flow with the labels as fixed points, and made sharp; where no label reaches, what the
        engine makes of the predictions."""
        known = self.scene_labels(scene)
        third = np.where(known.reached[:, None, None], known.guidance, scene.target_free)
        weight = np.ones((len(scene), 1, 1), np.float32)
        weight[known.propagated.indices, 0, 0] = 2 * np.exp(-known.propagated.distance / FADING)
        mean = np.asarray((predictions.unguided + predictions.guided + weight * third) / (2 + weight), np.float32)
        sure = np.union1d(known.labelled, between_empty_labels(scene, self._labels))
        mean[sure] = 0
        mean[known.labelled] = known.labels
        maps = postprocess(mean, scene, fixed=set(sure.tolist()))
        maps[known.labelled] = known.labels
        return maps

    def decide(self, scene: Scene, boosted: Maps, decision: Decision) -> Decision:
        """Keep what labels say: where they reach, there is no going back to the target."""
        known = self.scene_labels(scene)
        reached = known.reached
        weight = np.where(reached, 1, decision.weight).astype(np.float32)
        maps = np.where(reached[:, None, None], boosted, decision.maps)
        trust = decision.trust.copy()
        trust[known.labelled] = 1
        flags = tuple("" if r and flag == "static" else flag for r, flag in zip(reached, decision.flags, strict=True))
        flags = tuple("labelled" if t in known.labelled else flag for t, flag in enumerate(flags))
        return replace(decision, maps=maps, weight=weight, trust=trust, flags=flags)

    def fixed_maps(self, scene: Scene) -> Mapping[int, NDArray[np.float32]]:
        """Return the labels of the scene's frames, at their own size."""
        stop = scene.first + len(scene)
        return {
            frame.index - scene.first: self.source.read(scene.video, frame.index, frame.name)
            for frame in self._labels.frames
            if scene.first <= frame.index < stop
        }


def build(request: Request) -> Labels:
    """The booster for one run. Raises UsageError without labels, or for options that make no sense."""
    return Labels(read_settings(request.options))


def read_settings(
    o: Mapping[str, Any], network: str = "fgplg", route: str = "best", between: str = "0"
) -> LabelsSettings:
    labels = o.get("labels")
    if not labels:
        raise UsageError(
            "booster 'labels' needs labels: --labels DIR, with DIR/<video>/<frame>.png for some frames, or in Python "
            "labels={index: mask}"
        )
    options = Options({name: value for name, value in o.items() if name != "labels"}, "booster 'labels': option")
    between = options.text("between", between)
    if between != "all" and not between.isdecimal():
        raise options.refusal("between", "a number of frames, or all")
    return LabelsSettings(
        labels if isinstance(labels, LabelArrays) else LabelFolder(Path(labels).expanduser()),
        options.text("network", network),
        options.choice("route", ("best", "chain", "direct"), route),  # type: ignore[arg-type]
        None if between == "all" else int(between),
    )


def build_network(request: Request) -> nn.Module:
    """``fgplg``: the light network with the shipped weights."""
    from vsodboost.networks.label_refinement import PropagatedLabelNetwork
    from vsodboost.weights.shipped import load_shipped

    network = PropagatedLabelNetwork()
    load_shipped(network, "fgplg")
    return network
