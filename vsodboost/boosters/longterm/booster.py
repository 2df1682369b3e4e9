"""``longterm``: the whole video as a pool of object proposals, mined for the salient ones from easy to hard.

Chen et al. (LIMVSOD, "A Novel Long-Term Iterative Mining Scheme for Video Salient Object Detection"): a first pass
over the video collects proposals and their features; clustering, motion saliency and a classifier trained on the spot
tell which are salient; their refined patches make a map of each frame, and the frames whose map agrees best with the
motion teach the student.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from vsodboost.boosters.longterm.settings import LongtermSettings, read_settings
from vsodboost.data.errors import UsageError
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.video import VideoSource
from vsodboost.registry.booster import Booster, Context, Overrides
from vsodboost.registry.interfaces import Request

if TYPE_CHECKING:
    from vsodboost.boosters.longterm.mining import MinedProposals
    from vsodboost.boosters.longterm.proposals import ProposalPoolBuilder
    from vsodboost.boosters.longterm.saliency import ModelRefiner, PatchRefiner
    from vsodboost.boosters.longterm.survey import KeyframeReservoir, ProposalCollector
    from vsodboost.data.cards import SpatialModelCard
    from vsodboost.data.training_set import TrainingSet, TuneSettings
    from vsodboost.data.types import Maps


class Longterm(Booster):
    """Two passes: ``survey`` every scene, ``end_survey``, then ``mine`` every scene."""

    def __init__(self, settings: LongtermSettings, *, device: str = "cpu", seed: int = 0) -> None:
        self.settings, self.device, self.seed = settings, device, seed
        self._collector: ProposalCollector | None = None
        self._refiner: PatchRefiner | ModelRefiner | None = None
        self._pool: ProposalPoolBuilder | None = None
        self._reservoir: KeyframeReservoir | None = None
        self._known: MinedProposals | None = None

    def setup(self, context: Context) -> Overrides:
        """Take the untuned spatial model and the run's detector; say how the student is to be tuned.

        Raises:
            UsageError: the run's fusion network cannot say what it sees (``FeatureNetwork``).
            UnknownPlugin: no such detector.
            WeightsError: its weights, or those of a timm network, are missing or of another model.
        """
        from vsodboost.boosters.longterm.features import CropFeatures, FeatureNetwork
        from vsodboost.boosters.longterm.saliency import ModelRefiner, PatchRefiner
        from vsodboost.boosters.longterm.survey import ProposalCollector

        network = getattr(context.fusion, "network", None)
        if not isinstance(network, FeatureNetwork):
            raise UsageError(
                "booster 'longterm' wants a fusion network with texture, features and decode; 'lite' has them"
            )
        settings = self.settings
        features = None
        if settings.features != "spatial" and settings.feature_weights is not None:
            features = CropFeatures(settings.features, settings.feature_weights, context.device)
        self._collector = ProposalCollector(
            network, context.detector(), context.detector_name, settings, context.device, features
        )
        if settings.refiner_model:
            model, card = context.build("spatial_models", settings.refiner_model)
            self._refiner = ModelRefiner(model, cast("SpatialModelCard", card), context.device)
        else:
            self._refiner = PatchRefiner(network, settings.refiner, context.device)
        return Overrides(tuning=self._tuning(context.tuning, steps_are_given=context.steps is not None))

    def _tuning(self, tuning: TuneSettings, *, steps_are_given: bool) -> TuneSettings:
        tuning = replace(tuning, mirror=self.settings.tune_flips == "on")
        if self.settings.tune == "engine":
            return tuning
        passes = None if steps_are_given else 10.0
        return replace(tuning, passes=passes, batch=2, guided_batches=0.0)

    def begin_video(self, source: VideoSource) -> None:
        """Start a new pool."""
        from vsodboost.boosters.longterm.proposals import ProposalPoolBuilder
        from vsodboost.boosters.longterm.survey import KeyframeReservoir

        self._pool, self._reservoir, self._known = ProposalPoolBuilder(), KeyframeReservoir(self.settings.batch), None

    def survey(self, scene: Scene) -> None:
        """Put the scene's proposals on the pool."""
        if self._collector is None or self._pool is None or self._reservoir is None:
            raise RuntimeError("setup and begin_video come before survey")
        self._collector.survey(scene, self._pool)
        self._reservoir.add(scene)

    def end_survey(self) -> None:
        """Cluster and mine the pool of the whole video."""
        from vsodboost.boosters.longterm.mining import learn_about

        pool = self._pool.build() if self._pool is not None else None
        self._pool = None
        if pool is not None:
            self._known = learn_about(pool, self.settings, seed=self.seed, device=self.device)

    def mine(self, scene: Scene) -> Mined:
        """The keyframes of a scene and their FS; with the first scene also those kept from the rest of the video."""
        from vsodboost.boosters.longterm.teaching import (
            keyframes_of,
            notes_on_boxes,
            notes_on_keyframes,
            notes_on_video,
        )

        known = self._known
        if known is None or self._refiner is None:
            return Mined.nothing(scene, reason="nothing is proposed in any frame")
        notes = {**notes_on_video(known), "boxes": notes_on_boxes(known, scene)}
        if len(known.salient) == 0:
            return Mined.nothing(scene, reason="nothing moves", **notes)
        frames = np.arange(scene.first, scene.first + len(scene))
        chosen = keyframes_of(known, scene, self._refiner, self.settings, frames, self.seed)
        extra = self._extra(known) if scene.first == 0 else None
        notes["keyframes"] = notes_on_keyframes(scene, chosen.indices, chosen.agreement)
        if len(chosen.indices) == 0 and extra is None:
            return Mined.nothing(scene, reason="no frame has both salient proposals and motion", **notes)
        return Mined(chosen.indices, chosen.pseudo_truth, chosen.weights, notes, extra)

    def checkpoint(self) -> dict[str, Any]:
        """Return the pool that the survey has made so far, or what was mined of it, and the frames kept."""
        parts = {"pool": self._pool, "reservoir": self._reservoir, "known": self._known}
        return {name: None if part is None else part.checkpoint() for name, part in parts.items()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on with what ``checkpoint`` gave."""
        from vsodboost.boosters.longterm.mining import MinedProposals
        from vsodboost.boosters.longterm.proposals import ProposalPoolBuilder

        pool, kept, known = saved["pool"], saved["reservoir"], saved["known"]
        self._pool = None if pool is None else ProposalPoolBuilder.restored(pool)
        self._known = None if known is None else MinedProposals.restored(known)
        if kept is None or self._reservoir is None:
            self._reservoir = None
        else:
            self._reservoir.restore(kept)

    def _extra(self, known: MinedProposals) -> TrainingSet | None:
        """Return a training set from the frames kept of the whole video, for its first buffer."""
        from vsodboost.boosters.longterm.teaching import keyframes_of
        from vsodboost.data.training_set import TrainingSet

        kept = self._reservoir.scene() if self._reservoir is not None else None
        if kept is None or self._reservoir is None or self._refiner is None:
            return None
        every = replace(self.settings, keyframes="all")
        chosen = keyframes_of(known, kept, self._refiner, every, self._reservoir.frames(), self.seed)
        self._reservoir = None
        if len(chosen.indices) == 0:
            return None
        rows = chosen.indices
        return TrainingSet(kept.frames[rows], chosen.pseudo_truth, chosen.weights, kept.motion[rows], kept.target[rows])

    def saliency(self, scene: Scene) -> Maps:
        """FS of every frame of a mined video's scene, ``float32[T, h, w]`` in [0, 1]: the map before any tuning."""
        from vsodboost.boosters.longterm.saliency import frame_saliency

        if self._known is None or self._refiner is None:
            return np.zeros_like(scene.target)
        frames = np.arange(scene.first, scene.first + len(scene))
        return frame_saliency(self._known, scene, self._refiner, self.settings, frames)


def build(request: Request) -> Longterm:
    """The booster for one run. Raises UsageError for a wrong option."""
    return Longterm(read_settings(request.options), device=request.device, seed=request.seed)
