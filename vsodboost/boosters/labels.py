"""``labels``: a few labelled frames teach all others.

Paper 003 (Yan et al., "Semi-Supervised Video Salient Object Detection Using Pseudo-Labels", Sec. 3.3): the labels next
to a frame on both sides are carried to it along the flow, a refinement network makes a pseudo-label of them, and labels
and pseudo-labels together teach the student. Labelled frames come back as they were given.

In the paper, what was taught says the result, and labels serve training alone. Here the video that is labelled is the
video that is wanted, so by default pseudo-labels count in the result, too; ``labels-paper`` leaves them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vsodboost.cards import BoosterCard, SpatialModelCard
from vsodboost.errors import UsageError
from vsodboost.interfaces import FlowEstimator, Request
from vsodboost.io.map_folder import MapFolder
from vsodboost.io.video import VideoSource
from vsodboost.labels.carrying import Carried, Route, carry
from vsodboost.labels.generator import CHANNELS, Generator
from vsodboost.labels.reading import read_label
from vsodboost.labels.resident import VideoLabels, read_video_labels
from vsodboost.scene import Mined, Scene
from vsodboost.spatial.finetune import Lessons
from vsodboost.types import Clip, Maps, PerFrame

if TYPE_CHECKING:
    from torch import nn

    from vsodboost.gate import Gated
    from vsodboost.plan import Plan

CARD = BoosterCard(
    summary="a few labelled frames of the video (--labels DIR) teach all the others",
    paper="Yan et al., ICCV 2019, arXiv:1908.04051 (paper 003)",
    options={
        "labels": "folder of the labels: DIR/<video>/<frame>.png or DIR/<frame>.png, any frames, any size",
        "network": "spatial model of seven channels that makes the pseudo-labels (default fgplg)",
        "route": "how labels are carried: best (default), chain (frame by frame) or direct (the paper)",
        "between": "pseudo-labels between two labels that teach, m: a number, or all (default; paper: 1)",
    },
    passes=2,
    paper_profile=lambda options: {"booster": "labels-paper", "flow": "flownet2"},
)
PAPER_CARD = replace(CARD, summary="the pseudo-label paper to the letter; --profile paper takes it for labels")
NETWORK_CARD = SpatialModelCard(
    summary="makes pseudo-labels of carried labels; light, trained by this project",
    paper=CARD.paper,
    mean=(0.5, 0.5, 0.5),
    std=(0.5, 0.5, 0.5),
    multiple=16,
    channels=CHANNELS,
)
LABEL_WEIGHT = 2.0
"""What a label counts in tuning where a pseudo-label counts its confidence, at most 1."""
NEAR = 4
"""Labelled frames on either side of a buffer that teach, too."""


@dataclass(frozen=True)
class LabelsSettings:
    """See the card's options."""

    folder: Path
    network: str = "fgplg"
    route: Route = "best"
    between: int | None = None


@dataclass(frozen=True)
class Told:
    """What the labels tell of one scene: maps ``float32[T, h, w]``, and how far they are to be believed, float32[T] in
    [0, 1]: 1 for a label, 0 where no label of the shot reaches."""

    maps: Maps
    confidence: PerFrame
    labelled: NDArray[np.int64]
    carried: NDArray[np.int64]


class Labels:
    """Labels and pseudo-labels teach the student, and are fused with what it says."""

    def __init__(self, settings: LabelsSettings) -> None:
        self.settings = settings
        self.folder = MapFolder(settings.folder)
        self._labels = VideoLabels((), ())
        self._told: tuple[int, Told] | None = None

    def prepare(self, plan: Plan) -> Plan:
        """Takes the flow estimator and the sizes from the plan, and builds the network; the plan stays."""
        network, card = plan.registry.build("spatial_models", self.settings.network, Request(device=plan.device))
        if card.channels != CHANNELS:
            raise UsageError(
                f"booster 'labels': network={self.settings.network} reads {card.channels} channels, not the "
                f"{CHANNELS} of frame, carried labels and flow"
            )
        self._generator = Generator(network, card, plan.device)
        self._flow: FlowEstimator = plan.flow
        self._plan = plan
        return plan

    def read(self, source: VideoSource) -> None:
        """Read the labelled frames. Raises InputError when no label belongs to a frame of this video."""
        self._labels = read_video_labels(source, self.folder, self._plan.options.buffer, self._plan.working)
        self._told = None

    def mine(self, scene: Scene) -> Mined:
        """Labelled frames, pseudo-labelled ones, and the labelled frames near the buffer."""
        told = self.told(scene)
        chosen = np.concatenate([told.labelled, self._teaching(scene, told.carried)])
        chosen = np.sort(chosen[told.confidence[chosen] > 0])
        weights = np.where(np.isin(chosen, told.labelled), LABEL_WEIGHT, told.confidence[chosen])
        notes = {
            "labels": len(self._labels.frames),
            "labelled": [scene.names[t] for t in told.labelled],
            "pseudo_labelled": len(told.carried),
            "labels_of_no_frame": [file.name for file in self._labels.unmatched],
        }
        return Mined(chosen, told.maps[chosen], weights.astype(np.float32), notes, self._beyond(scene))

    def told(self, scene: Scene) -> Told:
        """What the labels tell of the scene; computed once."""
        if self._told is None or self._told[0] != scene.first:
            self._told = scene.first, self._tell(scene)
        return self._told[1]

    def _tell(self, scene: Scene) -> Told:
        labels, stop = self._labels, scene.first + len(scene)
        maps = np.zeros_like(scene.target)
        confidence = np.zeros(len(scene), np.float32)
        own = [frame for frame in labels.frames if scene.first <= frame.index < stop]
        for frame in own:
            maps[frame.index - scene.first] = frame.map
            confidence[frame.index - scene.first] = 1
        plugin, route = self._plan.flow_name, self.settings.route
        clip = Clip(scene.frames, scene.names, scene.video, scene.first)
        carried = carry(clip, labels, self._flow, plugin, route)
        if len(carried):
            maps[carried.indices] = self._generator.pseudo_labels(scene.frames[carried.indices], carried)
            confidence[carried.indices] = believed(carried, maps[carried.indices])
        labelled = np.array([frame.index - scene.first for frame in own], np.int64)
        return Told(maps, confidence, labelled, carried.indices)

    def _teaching(self, scene: Scene, carried: NDArray[np.int64]) -> NDArray[np.int64]:
        if self.settings.between is None:
            return carried
        return np.array(
            [t for t in carried if self._labels.is_between(scene.first + int(t), self.settings.between)], np.int64
        )

    def _beyond(self, scene: Scene) -> Lessons | None:
        near = self._labels.near(scene.first, scene.first + len(scene), NEAR)
        if not near:
            return None
        shape = (len(near), *scene.target.shape[1:])
        return Lessons(
            np.stack([frame.frame for frame in near]),
            np.stack([frame.map for frame in near]),
            np.full(len(near), LABEL_WEIGHT, np.float32),
            np.zeros((*shape, 2), np.float32),
            np.full(shape, 0.5, np.float32),  # half is what a network that reads maps takes for none
        )

    def fuse(self, scene: Scene, predicted: Maps) -> Maps:
        """Labels as they are; pseudo-labels and the student by confidence; the student alone where no label reaches."""
        told = self.told(scene)
        share = told.confidence[:, None, None]
        return np.asarray(share * told.maps + (1 - share) * predicted, np.float32)

    def review(self, scene: Scene, boosted: Maps, gated: Gated) -> Gated:
        """Where labels reach, there is no going back to the target."""
        told = self.told(scene)
        reached = told.confidence > 0
        share = np.where(reached, 1, gated.share).astype(np.float32)
        maps = np.where(reached[:, None, None], boosted, gated.maps)
        trust = gated.trust.copy()
        trust[told.labelled] = 1
        flags = tuple("" if r and flag == "still" else flag for r, flag in zip(reached, gated.flags, strict=True))
        flags = tuple("labelled" if t in told.labelled else flag for t, flag in enumerate(flags))
        return replace(gated, maps=maps, share=share, trust=trust, flags=flags)

    def known(self, scene: Scene) -> Mapping[int, NDArray[np.float32]]:
        """The labels of the scene's frames, at their own size."""
        stop = scene.first + len(scene)
        return {
            frame.index - scene.first: read_label(frame.file)
            for frame in self._labels.frames
            if scene.first <= frame.index < stop
        }


class PaperLabels(Labels):
    """The paper to the letter: pseudo-labels teach, and what was taught says the result, but on labelled frames."""

    def fuse(self, scene: Scene, predicted: Maps) -> Maps:
        """The student's maps."""
        return predicted


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


def build(request: Request) -> Labels:
    """The booster for one run. Raises UsageError without a folder of labels, or for options that make no sense."""
    return Labels(_settings(request.options, LabelsSettings(Path())))


def build_paper(request: Request) -> Labels:
    """The paper's: RCRNet, direct flow, one pseudo-label between two labels. Raises UsageError as ``build`` does."""
    return PaperLabels(_settings(request.options, LabelsSettings(Path(), "fgplg-rcrnet", "direct", 1)))


def _settings(o: Mapping[str, str], default: LabelsSettings) -> LabelsSettings:
    if not o.get("labels"):
        raise UsageError("booster 'labels' needs labels: --labels DIR, with DIR/<video>/<frame>.png for some frames")
    route = o.get("route", default.route)
    if route not in ("best", "chain", "direct"):
        raise UsageError(f"booster 'labels': route is best, chain or direct, not '{route}'")
    between = o.get("between", "all" if default.between is None else str(default.between))
    if between != "all" and not between.isdecimal():
        raise UsageError(f"booster 'labels': between={between} is neither a number of frames nor all")
    return LabelsSettings(
        Path(o["labels"]).expanduser(),
        o.get("network", default.network),
        route,  # type: ignore[arg-type]
        None if between == "all" else int(between),
    )


def build_network(request: Request) -> nn.Module:
    """``fgplg``: the light network with the shipped weights."""
    from vsodboost.labels.network import CarriedLabelNetwork
    from vsodboost.weights.shipped import load_shipped

    network = CarriedLabelNetwork()
    load_shipped(network, "fgplg")
    return network
