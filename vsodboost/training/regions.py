"""``vsodboost train regions``: what the evidence about a disputed piece is worth.

Pairs of maps of annotated videos contradict each other: two real models' maps, or a real model's and one that is nearly
right and has some of the real errors. Of each piece the evidence of ``vsodboost.decision.evidence`` is noted with how
much of it belongs to the object. No network's opinion is in the evidence, so that it does not matter which videos the
networks were trained on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from torch import nn

from vsodboost.data.errors import UsageError
from vsodboost.data.scene import Scene
from vsodboost.data.types import Maps
from vsodboost.decision.disputes import disputes
from vsodboost.decision.evidence import EVIDENCE, Evidence
from vsodboost.decision.regions import RegionModel
from vsodboost.io.atomic import write_text
from vsodboost.ops.resize import resize_frames, resize_maps, working_size
from vsodboost.perception.camera import object_motion
from vsodboost.perception.links import link
from vsodboost.perception.perceive import shot_flow
from vsodboost.registry.interfaces import FlowEstimator
from vsodboost.training.augment import share
from vsodboost.training.data import AnnotatedVideo, is_stills, read_videos
from vsodboost.training.real_maps import read_real_maps, with_some_errors
from vsodboost.training.recipe import TrainingRequest, read_settings
from vsodboost.training.small_fit import fit_small

KEPT_ERRORS = 0.3
"""Share of a real map's errors that a nearly right one has."""
HOLD = 6
"""Frames for which an error stays."""
LATE = 5
"""Frames by which a late map is late."""
MOST_PIECES = 60
"""A pair of maps counts as so many pieces at most: it may fall into hundreds."""


@dataclass(frozen=True)
class RegionOptions:
    """Options of ``train regions``: ``maps`` are folders of real models' maps of the videos (comma-separated),
    ``without`` names of sequences to leave out, ``frames`` how many of each sequence are looked at;
    the model is the mean of ``fits`` of ``hidden`` units each."""

    maps: str = ""
    without: str = ""
    flow: str = "dis"
    frames: int = 28
    every: int = 2
    hidden: int = 4
    fits: int = 6
    decay: float = 0.1
    steps: int = 800


@dataclass(frozen=True)
class Pieces:
    """Evidence ``float32[N, len(EVIDENCE)]``, the object's share ``float32[N]`` in each piece, and how much it
    counts, ``float32[N]``."""

    evidence: NDArray[np.float32]
    belongs: NDArray[np.float32]
    counts: NDArray[np.float32]


def scene_of(video: AnnotatedVideo, estimator: FlowEstimator, plugin: str, frames: int) -> Scene:
    """Return the beginning of a video as the evidence looks at it: frames, motion, links. It knows nothing else."""
    size = working_size((int(video.frames.shape[1]), int(video.frames.shape[2])))
    shot = resize_frames(video.frames[:frames], size)
    forward, backward = shot_flow(estimator, shot, plugin)
    motion = np.zeros((*shot.shape[:3], 2), np.float32)
    motion[:-1] += object_motion(forward)
    motion[1:] += object_motion(-backward)
    motion[1:-1] /= 2
    nothing, none = np.zeros(shot.shape[:3], np.float32), np.zeros(len(shot), np.float32)
    return Scene(
        video=video.name, names=tuple(map(str, range(len(shot)))), first=0, frames=shot, shots=((0, len(shot)),),
        target=nothing, motion=motion, motion_maps=nothing, fused=nothing, quality=none, consistency=none,
        static=np.zeros(len(shot), bool), links=link(forward, backward),
    )  # fmt: skip


def pairs(truth: Maps, real: Sequence[Maps], rng: Generator) -> Iterator[tuple[Maps, Maps]]:
    """Yield pairs of contradicting maps ``float32[T, h, w]``: (what a target gives, what a boosted map may be)."""
    right, soft = nearly_right(truth, real, rng), _soft(nearly_right(truth, real, rng))
    for number, maps in enumerate(real):
        yield maps, soft
        yield right, _soft(maps)
        yield maps, _soft(real[number - 1])
    yield np.concatenate([truth[:1].repeat(min(LATE, len(truth)), axis=0), truth])[: len(truth)], soft


def nearly_right(truth: Maps, real: Sequence[Maps], rng: Generator) -> Maps:
    """Return the truth with some of the real maps' errors, each for some frames."""
    maps = np.empty_like(truth)
    for start in range(0, len(truth), HOLD):
        seed, model = int(rng.integers(1 << 30)), real[int(rng.integers(len(real)))]
        for t in range(start, min(start + HOLD, len(truth))):
            maps[t] = with_some_errors(truth[t], model[t], np.random.default_rng(seed), keep=KEPT_ERRORS)
    return maps


def observe(scene: Scene, first: Maps, second: Maps, truth: Maps, every: int) -> Pieces:
    """Return the pieces in which two maps contradict each other, of every so many-th frame, with the truth."""
    evidence = Evidence(scene, first, second)
    small = resize_maps(truth, (int(evidence.first.shape[1]), int(evidence.first.shape[2])))
    found = [piece for piece in disputes(evidence.first, evidence.second) if piece.frame % every == 0]
    if not found:
        return Pieces(np.zeros((0, len(EVIDENCE)), np.float32), np.zeros(0, np.float32), np.zeros(0, np.float32))
    belongs = [float(small[piece.frame][piece.window][piece.inside].mean()) for piece in found]
    extent = np.sqrt([piece.area for piece in found])
    counts = extent / extent.sum() * min(len(found), MOST_PIECES)
    return Pieces(
        np.stack([evidence.of(piece) for piece in found]), np.array(belongs, np.float32), counts.astype(np.float32)
    )


def fit(pieces: Sequence[Pieces], options: RegionOptions, seed: int) -> RegionModel:
    """Fit the model to what was observed, by the cross-entropy."""
    evidence, belongs, counts = (
        np.concatenate([getattr(p, name) for p in pieces]) for name in ("evidence", "belongs", "counts")
    )
    loss = partial(nn.functional.binary_cross_entropy_with_logits, reduction="none")
    return fit_small(
        RegionModel, evidence, belongs, counts, loss,
        hidden=options.hidden, decay=options.decay, steps=options.steps, seed=seed,
        fits=options.fits,
    )  # fmt: skip


def regions(request: TrainingRequest) -> Path:
    """``vsodboost train regions``: writes regions.json."""
    options = read_settings(RegionOptions, request.options)
    without = [name for name in options.without.split(",") if name]
    roots = [root for root in request.data if not is_stills(root, request.read)]
    masks = request.folder / "masks"
    videos = [video for root in roots for video in read_videos(root, without=without, united=masks, read=request.read)]
    folders = [Path(folder) for folder in options.maps.split(",") if folder]
    if not videos or not folders:
        raise UsageError("train regions needs annotated video and --option maps=FOLDER,..., real models' maps of it")
    real = read_real_maps(folders, videos)
    estimator = request.build("flows", options.flow)
    found: list[Pieces] = []
    for number, video in enumerate(video for video in videos if video.name in real):
        scene = scene_of(video, estimator, f"flow estimator '{options.flow}'", options.frames)
        size = (int(scene.frames.shape[1]), int(scene.frames.shape[2]))
        truth, *models = (
            resize_maps(share(m[: options.frames].astype(np.float32)), size) for m in (video.truth, *real[video.name])
        )
        rng = np.random.default_rng([request.seed, number])
        seen = [observe(scene, a, b, truth, options.every) for a, b in pairs(truth, models, rng)]
        found += seen
        request.say(f"{video.name}: {sum(len(p.belongs) for p in seen)} disputed pieces")
    model = fit(found, options, request.seed)
    path = request.folder / "regions.json"
    write_text(path, model.to_json() + "\n")
    return path


def _soft(maps: Maps) -> Maps:
    return np.stack([cv2.GaussianBlur(m, (0, 0), 2) for m in maps])
