"""``vsodboost train trust``: what agreement is worth, fitted on video that the networks have not seen.

Every annotated video is boosted several times with simulated targets of every quality, from nearly right to garbage;
for the target's, the fused and the boosted maps the features of ``vsodboost.decision.trust`` are noted with the true
S-measure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import UsageError
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Scene
from vsodboost.data.types import Clip, Maps
from vsodboost.decision.fusion import fuse
from vsodboost.decision.trust import FEATURES, TrustModel, trust_features
from vsodboost.io.array_source import ArraySource
from vsodboost.io.atomic import write_text
from vsodboost.ops.motion_image import camera_residual_saliency
from vsodboost.ops.resize import resize_maps
from vsodboost.ops.s_measure import s_measure
from vsodboost.ops.tensors import as_tensor
from vsodboost.perception.camera import object_motion
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.options import Options
from vsodboost.pipeline.plan import Plan, make_plan
from vsodboost.registry.discovery import Registry
from vsodboost.training.augment import share
from vsodboost.training.data import AnnotatedVideo, is_stills, read_videos
from vsodboost.training.recipe import TrainingRequest, read_settings
from vsodboost.training.simulate import blobs, faulty_map

KINDS = ("nearly right", "binary", "faulty", "late", "garbage", "lite", "motion")


@dataclass(frozen=True)
class TrustOptions:
    """Options of ``train trust``: ``only`` names the sequences to use (those the networks were not trained on)."""

    only: str = ""
    frames: int = 30
    steps: int = 30
    hidden: int = 6
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


@dataclass
class Observations:
    """Rows of features, the true S-measure of the map they are about, and which map it was."""

    features: list[NDArray[np.float32]]
    truth: list[NDArray[np.float32]]

    def add(self, m: Maps, scene: Scene, predictions: Predictions, boosted: Maps, truth: Maps) -> None:
        self.features.append(trust_features(m, scene, predictions, boosted))
        score = s_measure(as_tensor(m), as_tensor(truth)).clamp(0, 1)
        self.truth.append(score.numpy())


def observe(videos: Sequence[AnnotatedVideo], request: TrainingRequest, options: TrustOptions) -> Observations:
    """Boost every video with every kind of simulated target and note what the features said."""
    registry = request.plugins
    seen = Observations([], [])
    for video in videos:
        truth = share(video.truth[: options.frames].astype(np.float32))
        for number, kind in enumerate(KINDS):
            plan = _plan(registry, truth, kind, request, options.steps, number)
            for scene, predictions in _predicted(plan, video.frames[: options.frames], video.name):
                small = resize_maps(truth, (int(scene.target.shape[1]), int(scene.target.shape[2])))
                small = small[scene.first : scene.first + len(scene)]
                boosted = fuse(scene, predictions)
                for m in (scene.target, scene.fused, scene.target_free, predictions.guided, boosted):
                    seen.add(m, scene, predictions, boosted, small)
            request.say(f"{video.name}: {kind}")
    return seen


def _plan(registry: Registry, truth: Maps, kind: str, request: TrainingRequest, steps: int, number: int) -> Plan:
    options = Options(seed=request.seed, device=request.device, steps=steps)
    if kind == "lite":
        return make_plan(options, registry)
    if kind == "motion":
        card = TargetCard(summary=kind, needs_flow=True)
        return make_plan(options, registry, target=(MotionTarget(), card))
    live = SimulatedTarget(truth, kind, request.seed + number)
    return make_plan(options, registry, target=(live, TargetCard(summary=kind)))


def _predicted(plan: Plan, frames: NDArray[np.uint8], name: str) -> Iterator[tuple[Scene, Predictions]]:
    for predicted in Engine(plan).predict(ArraySource(frames, name)):
        scene = predicted.scene
        yield scene, predicted.predictions or Predictions(scene.fused, scene.fused)


def fit(features: NDArray[np.float32], scores: NDArray[np.float32], options: TrustOptions, seed: int) -> TrustModel:
    """Fit the small network of ``TrustModel`` to predict ``scores`` [N] from ``features`` [N, len(FEATURES)] (full
    batch Adam)."""
    torch.manual_seed(seed)
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-3
    x, y = as_tensor((features - mean) / scale), as_tensor(scores)
    hidden, out = nn.Linear(len(FEATURES), options.hidden), nn.Linear(options.hidden, 1)
    network = nn.Sequential(hidden, nn.Tanh(), out, nn.Sigmoid())
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2, weight_decay=options.decay)
    for _ in range(1500):
        loss = ((network(x)[:, 0] - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    arrays = [p.detach().numpy() for p in (hidden.weight.T, hidden.bias, out.weight[0], out.bias)]
    return TrustModel(mean, scale, arrays[0], arrays[1], arrays[2], float(arrays[3][0]))


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
    seen = observe(videos, request, options)
    features, scores = np.concatenate(seen.features), np.concatenate(seen.truth)
    request.folder.mkdir(parents=True, exist_ok=True)
    np.savez(request.folder / "observations.npz", features=features, scores=scores)
    model = fit(features, scores, options, request.seed)
    error = float(np.abs(model.estimate(features) - scores).mean())
    request.say(f"{len(scores)} observations, mean absolute error {error:.4f}")
    path = request.folder / "trust.json"
    write_text(path, model.to_json() + "\n")
    return path
