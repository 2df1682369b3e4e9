"""``vsodboost train trust``: what agreement is worth, fitted on video that the networks have not seen.

Every annotated video is boosted several times, with real models' maps and with simulated targets of every quality, from
nearly right to garbage, and videos are made of stills, in which things stand by that look like the object. Of the
target's, the fused, the boosted maps and blends of them the features of ``vsodboost.decision.trust`` are noted with the
true S-measure. The interval comes from videos left out by rotation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import UsageError
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Scene
from vsodboost.data.types import Clip, Maps
from vsodboost.decision.fusion import fuse
from vsodboost.decision.trust import TrustModel, Witnesses, trust_features
from vsodboost.io.array_source import ArraySource
from vsodboost.io.atomic import atomic_path, write_text
from vsodboost.ops.motion_image import camera_residual_saliency
from vsodboost.ops.resize import resize_maps
from vsodboost.ops.s_measure import s_measure
from vsodboost.ops.tensors import as_tensor
from vsodboost.perception.camera import object_motion
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.options import Options
from vsodboost.pipeline.plan import Plan, make_plan
from vsodboost.training.augment import share
from vsodboost.training.data import AnnotatedVideo, is_stills, read_stills, read_videos
from vsodboost.training.moving_stills import MovingVideo, Still, moving_video
from vsodboost.training.real_maps import RealMaps, read_real_maps
from vsodboost.training.recipe import TrainingRequest, read_settings
from vsodboost.training.regions import nearly_right
from vsodboost.training.simulate import blobs, faulty_map
from vsodboost.training.small_fit import fit_small

FIT_STEPS = 1500
SPOILT = "garbage boosted"
MOVING_SIZE = (240, 432)
"""Of the frames of videos made of stills."""
KINDS = ("nearly right", "binary", "faulty", "late", "garbage", "lite", "motion")


@dataclass(frozen=True)
class TrustOptions:
    """Options of ``train trust``: ``only`` names the sequences to use (those the networks were not trained on),
    ``maps`` folders of real models' maps of them (comma-separated), ``moving`` how many videos of
    ``moving_frames`` frames are made of the stills; the model is the mean of ``fits`` of ``hidden`` units each."""

    only: str = ""
    maps: str = ""
    moving: int = 0
    moving_frames: int = 8
    frames: int = 30
    steps: int = 30
    hidden: int = 6
    fits: int = 1
    decay: float = 1e-2


class SimulatedTarget:
    """A target that knows the truth and spoils it; the fault stays for some frames, as a real model's does."""

    def __init__(self, truth: Maps, kind: str, seed: int) -> None:
        self.truth, self.kind, self.seed = truth, kind, seed

    def predict(self, clip: Clip) -> Maps:
        """Spoilt maps of the clip's frames."""
        return np.stack([self._map(clip.first + i) for i in range(len(clip))])

    def _map(self, t: int) -> NDArray[np.float32]:
        truth = self.truth[t]
        rng = np.random.default_rng([self.seed, t // 6])
        if self.kind == "nearly right":
            return np.asarray(cv2.GaussianBlur(truth, (0, 0), float(rng.uniform(0.5, 2))), np.float32)
        if self.kind == "binary":
            size = int(rng.integers(1, 8))
            operation = (cv2.erode, cv2.dilate)[rng.integers(2)]
            return np.asarray(operation(truth, np.ones((size, size))) > 0.5, np.float32)
        if self.kind == "garbage":
            return blobs(
                (truth.shape[0], truth.shape[1]), np.random.default_rng([self.seed, t]), float(rng.uniform(0.03, 0.2))
            )
        other = self.truth[max(0, t - int(rng.integers(4, 12)))]
        return other.copy() if self.kind == "late" else faulty_map(truth, rng, other=other)


class MotionTarget:
    """What moves, binary: a weak video model with every distractor that motion has. Its card asks for flow."""

    def predict(self, clip: Clip) -> Maps:
        """Camera residual saliency above one half."""
        if clip.flow is None:
            return np.zeros(clip.frames.shape[:3], np.float32)
        return np.asarray(camera_residual_saliency(object_motion(clip.flow)) > 0.5, np.float32)


class GivenMaps:
    """A target whose maps ``float32[T, H, W]`` are at hand."""

    def __init__(self, maps: Maps) -> None:
        self.maps = maps

    def predict(self, clip: Clip) -> Maps:
        """The maps of the clip's frames."""
        return self.maps[clip.first : clip.first + len(clip)]


@dataclass(frozen=True)
class Observations:
    """What was seen of one ``video``: rows of ``features`` float32[N, len(FEATURES)], the ``truth`` float32[N], the
    true S-measure of the map that they are about, and which ``kind`` of target it was."""

    video: str
    kind: str
    features: NDArray[np.float32]
    truth: NDArray[np.float32]


def observe(
    videos: Sequence[AnnotatedVideo], real: RealMaps, request: TrainingRequest, options: TrustOptions
) -> list[Observations]:
    """Boost every video with every kind of target and note what the features said; what is noted already in the folder
    is not done again."""
    seen = []
    for video in videos:
        truth = share(video.truth[: options.frames].astype(np.float32))
        given = [share(maps[: options.frames].astype(np.float32)) for maps in real.get(video.name, ())]
        targets: dict[str, object] = {f"real {n + 1}": GivenMaps(maps) for n, maps in enumerate(given)}
        if given:
            rng = np.random.default_rng([request.seed, len(video)])
            targets["real errors"] = GivenMaps(nearly_right(truth, given, rng))
        for number, kind in enumerate(KINDS):
            targets[kind] = None if kind in ("lite", "motion") else SimulatedTarget(truth, kind, request.seed + number)
        seen += [_observed(video, truth, kind, target, request, options.steps) for kind, target in targets.items()]
    return seen


def observe_moving(stills: Sequence[Still], request: TrainingRequest, options: TrustOptions) -> list[Observations]:
    """Do the same with videos made of stills, each with one kind of target in turn; a quarter as many more, whose
    boosted maps are garbage, show that a map is not right because it is the boosted one."""
    kinds = ("lite", "binary", "faulty", "nearly right", "bystanders")
    seen: list[Observations] = []
    for number in range(options.moving):
        video, made = _moving(stills, request.seed, number, options.moving_frames)
        kind = kinds[number % len(kinds)]
        target: object = None
        if kind == "bystanders":
            target = GivenMaps(np.asarray(np.maximum(made.truth, made.others) > 0.5, np.float32))
        elif kind != "lite":
            target = SimulatedTarget(made.truth, kind, request.seed + number)
        seen.append(_observed(video, made.truth, kind, target, request, options.steps))
    for number in range(options.moving, options.moving + options.moving // 4):
        video, made = _moving(stills, request.seed, number, options.moving_frames)
        target = SimulatedTarget(made.truth, "binary", request.seed + number)
        seen.append(_observed(video, made.truth, SPOILT, target, request, 1))
    return seen


def _moving(stills: Sequence[Still], seed: int, number: int, count: int) -> tuple[AnnotatedVideo, MovingVideo]:
    rng, made = np.random.default_rng([seed, 5, number]), None
    while made is None:
        made = moving_video(stills, MOVING_SIZE, count, rng)
    levels = np.round(made.truth * 255).astype(np.uint8)
    return AnnotatedVideo(f"moving-{number}", made.frames, levels), made


def _observed(
    video: AnnotatedVideo, truth: Maps, kind: str, target: object, request: TrainingRequest, steps: int
) -> Observations:
    kept = request.folder / "observations" / f"{video.name}-{kind.replace(' ', '-')}.npz"
    if kept.exists():
        stored = np.load(kept)
        return Observations(video.name, kind, stored["features"], stored["truth"])
    features: list[NDArray[np.float32]] = []
    scores: list[NDArray[np.float32]] = []
    for scene, predictions in _predicted(_plan(kind, target, request, steps), video.frames[: len(truth)], video.name):
        small = resize_maps(truth, (int(scene.target.shape[1]), int(scene.target.shape[2])))
        small = small[scene.first : scene.first + len(scene)]
        boosted = fuse(scene, predictions)
        if kind == SPOILT:
            rng = np.random.default_rng([request.seed, scene.first, len(features)])
            size = (int(boosted.shape[1]), int(boosted.shape[2]))
            boosted = np.stack([blobs(size, rng, float(rng.uniform(0.03, 0.2))) for _ in boosted])
        blend = np.asarray((scene.target + boosted) / 2, np.float32)
        witnesses = Witnesses(scene, predictions, boosted)
        for m in (scene.target, scene.fused, scene.target_free, predictions.guided, boosted, blend):
            features.append(trust_features(m, witnesses))
            scores.append(s_measure(as_tensor(m), as_tensor(small)).clamp(0, 1).numpy())
    seen = Observations(video.name, kind, np.concatenate(features), np.concatenate(scores))
    with atomic_path(kept) as temporary:
        np.savez(temporary, features=seen.features, truth=seen.truth)
    request.say(f"{video.name}: {kind}")
    return seen


def _plan(kind: str, target: object, request: TrainingRequest, steps: int) -> Plan:
    options = Options(seed=request.seed, device=request.device, steps=steps, decision="trust-gate")
    registry = request.plugins
    if kind == "motion":
        return make_plan(options, registry, target=(MotionTarget(), TargetCard(summary=kind, needs_flow=True)))
    return make_plan(options, registry, target=None if target is None else (target, TargetCard(summary=kind)))


def _predicted(plan: Plan, frames: NDArray[np.uint8], name: str) -> Iterator[tuple[Scene, Predictions]]:
    for predicted in Engine(plan).predict(ArraySource(frames, name)):
        scene = predicted.scene
        yield scene, predicted.predictions or Predictions(scene.fused, scene.fused)


def fit(seen: Sequence[Observations], options: TrustOptions, seed: int) -> TrustModel:
    """Fit ``TrustModel`` to the true S-measures, by the squared error; a run over a video counts as much as another."""
    features, scores = (np.concatenate([getattr(s, name) for s in seen]) for name in ("features", "truth"))
    counts = np.concatenate([np.full(len(s.truth), 1 / len(s.truth), np.float32) for s in seen])
    return fit_small(
        TrustModel, features, scores, counts, lambda logits, truth: (torch.sigmoid(logits) - truth) ** 2,
        hidden=options.hidden, decay=options.decay, steps=FIT_STEPS, seed=seed, fits=options.fits,
    )  # fmt: skip


def by_rotation(seen: Sequence[Observations], options: TrustOptions, seed: int) -> list[NDArray[np.float32]]:
    """Return each run's trust by a model that was fitted without its video (every real video alone, those made of
    stills in fifths)."""
    groups: dict[str, list[int]] = {}
    for number, s in enumerate(seen):
        group = f"moving {number % 5}" if s.video.startswith("moving-") else s.video
        groups.setdefault(group, []).append(number)
    trust: dict[int, NDArray[np.float32]] = {}
    for left_out in groups.values():
        model = fit([s for number, s in enumerate(seen) if number not in left_out], options, seed)
        trust.update({number: model.estimate(seen[number].features) for number in left_out})
    return [trust[number] for number in range(len(seen))]


def interval(trust: NDArray[np.float32], truth: NDArray[np.float32], bins: int = 6) -> NDArray[np.float32]:
    """Return ``TrustModel.interval`` float32[bins, 3]: in bins of equal size by trust, how far below and above it the
    truth lies in all but a twentieth of the cases each, with the correction for finite samples."""
    rows = []
    for part in np.array_split(np.argsort(trust, kind="stable"), bins):
        level = min(1.0, 0.95 * (1 + 1 / len(part)))
        apart = trust[part] - truth[part]
        rows.append((trust[part].mean(), max(0.0, np.quantile(apart, level)), max(0.0, np.quantile(-apart, level))))
    return np.asarray(rows, np.float32)


def trust(request: TrainingRequest) -> Path:
    """``vsodboost train trust``: writes trust.json."""
    options = read_settings(TrustOptions, request.options)
    only = [name for name in options.only.split(",") if name]
    roots = [root for root in request.data if not is_stills(root, request.read)]
    masks = request.folder / "masks"
    videos = [
        v for root in roots for v in read_videos(root, united=masks, read=request.read) if not only or v.name in only
    ]
    if not videos:
        raise UsageError("train trust needs annotated video; is the name in only=... right?")
    real = read_real_maps([Path(folder) for folder in options.maps.split(",") if folder], videos)
    seen = observe(videos, real, request, options)
    stills = [
        still
        for root in request.data
        if is_stills(root, request.read)
        for still in read_stills(root, united=masks, read=request.read)
    ]
    seen += observe_moving(stills, request, options) if stills else []
    model = fit(seen, options, request.seed)
    if len({s.video for s in seen}) > 1:
        rotated = by_rotation(seen, options, request.seed)
        request.say(_summary(seen, rotated))
        model = replace(model, interval=interval(np.concatenate(rotated), np.concatenate([s.truth for s in seen])))
    path = request.folder / "trust.json"
    write_text(path, model.to_json() + "\n")
    return path


def _summary(seen: Sequence[Observations], rotated: Sequence[NDArray[np.float32]]) -> str:
    """Say how well the trust by rotation fits: the error of all, and the bias of each kind of target."""
    kinds: dict[str, list[NDArray[np.float32]]] = {}
    for s, trust in zip(seen, rotated, strict=True):
        kinds.setdefault(s.kind, []).append(trust - s.truth)
    error = float(np.abs(np.concatenate([a for parts in kinds.values() for a in parts])).mean())
    biases = ", ".join(f"{kind} {np.concatenate(parts).mean():+.3f}" for kind, parts in kinds.items())
    return f"by rotation over {len({s.video for s in seen})} videos: mean absolute error {error:.4f}; bias {biases}"
