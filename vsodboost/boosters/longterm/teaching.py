"""Which frames teach the student, by which pseudo ground truth, and what the user is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.common import fused_truth, without_least
from vsodboost.boosters.longterm.mining import BACKGROUND, SALIENT, MinedProposals
from vsodboost.boosters.longterm.saliency import (
    ModelRefiner,
    PatchRefiner,
    frame_saliency,
    mined_part,
    salient_rows,
    windows_of,
)
from vsodboost.boosters.longterm.settings import LongtermSettings, PseudoTruth, TruthRule
from vsodboost.data.scene import Scene
from vsodboost.data.types import Maps, PerFrame
from vsodboost.ops.overlap import soft_overlap
from vsodboost.ops.s_measure import s_measure
from vsodboost.ops.sharpen import sigmoid_of
from vsodboost.ops.tensors import as_tensor


def agreement(saliency: Maps, motion: Maps, truth: TruthRule = "binary") -> PerFrame:
    """S-measure ``float32[T]`` in [0, 1] of FS against the motion saliency MS, both ``float32[T, h, w]`` in [0, 1].

    The measure wants a binary truth: ``binary`` takes MS > ½, and so does ``predictions`` of the map given in place of
    MS; ``brightest`` is what the released script amounts to, whose comparison with 1 leaves only the pixels at the very
    top of MS.
    """
    reference = motion >= 1 if truth == "brightest" else motion > 0.5
    return np.asarray(s_measure(as_tensor(saliency), as_tensor(reference)).clamp(0, 1).numpy())


def batch_winners(
    score: PerFrame,
    eligible: NDArray[np.bool_],
    shots: tuple[tuple[int, int], ...],
    length: int,
    *,
    keep_last: bool = True,
) -> NDArray[np.int64]:
    """Of each batch of ``length`` consecutive frames of a shot, the eligible one of the highest score; int64[<= T / B].

    Of equal scores the first counts; a batch without an eligible frame gives none. ``keep_last`` is False for the
    script's habit of dropping the batch that the end of a shot closes, a full one too.
    """
    winners = []
    for start, stop in shots:
        last = start + (stop - start - 1) // length * length
        for first in range(start, stop, length):
            if first == last and not keep_last:
                break
            frames = np.arange(first, min(first + length, stop))
            frames = frames[eligible[frames]]
            if len(frames):
                winners.append(int(frames[np.argmax(score[frames])]))
    return np.array(winners, np.int64)


def random_frames(
    eligible: NDArray[np.bool_], shots: tuple[tuple[int, int], ...], length: int, seed: int
) -> NDArray[np.int64]:
    """Of each batch an eligible frame at random: Table II's online learning without keyframe selection."""
    score = np.random.default_rng(seed).random(len(eligible)).astype(np.float32)
    return batch_winners(score, eligible, shots, length)


def otsu(saliency: NDArray[np.float32]) -> NDArray[np.float32]:
    """A map ``float32[h, w]`` in [0, 1] cut at Otsu's threshold (256 grey levels): 0 or 1; a constant map is empty."""
    levels = np.clip(np.rint(saliency * 255), 0, 255).astype(np.int64)
    counts = np.bincount(levels.ravel(), minlength=256).astype(np.float64)
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * np.arange(256))
    parted = (below > 0) & (above > 0)
    if not parted.any():
        return np.zeros_like(saliency)
    apart = sums / np.maximum(below, 1) - (sums[-1] - sums) / np.maximum(above, 1)
    variance = np.where(parted, below * above * apart**2, -1)
    return (levels > int(variance.argmax())).astype(np.float32)


KINDS = {SALIENT: "salient", BACKGROUND: "background"}


def notes_on_video(known: MinedProposals) -> dict[str, Any]:
    """The same for every buffer of a video: its clusters, and how the two sets grew."""
    members = np.bincount(known.clusters.labels, minlength=known.clusters.count)
    order = np.argsort(-known.cluster_motion, kind="stable")
    return {
        "proposals": len(known.pool),
        "clusters": [
            {
                "cluster": int(k),
                "proposals": int(members[k]),
                "motion": round(float(known.cluster_motion[k]), 4),
                "salient": bool(k in known.salient),
            }
            for k in order
        ],
        "iterations": [
            {"iteration": turn, "salient": positive, "background": negative}
            for turn, (positive, negative) in enumerate(known.labels.growth)
        ],
    }


def notes_on_boxes(known: MinedProposals, scene: Scene) -> list[dict[str, Any]]:
    """Every proposal of the scene: where it is, its cluster, what became of it and in which iteration (0: trusted from
    the start, None: never)."""
    pool, labels = known.pool, known.labels
    return [
        {
            "frame": int(pool.frame[row]) - scene.first,
            "box": [round(float(side), 1) for side in pool.boxes[row]],
            "kind": KINDS.get(int(labels.label[row]), "undecided"),
            "iteration": int(labels.iteration[row]) if labels.iteration[row] >= 0 else None,
            "cluster": int(known.clusters.labels[row]),
            "motion": round(float(pool.motion[row]), 4),
            "probability": round(float(labels.probability[row]), 4),
        }
        for row in pool.rows(scene.first, len(scene))
    ]


def notes_on_keyframes(scene: Scene, chosen: NDArray[np.int64], agreement: PerFrame) -> list[dict[str, Any]]:
    """The keyframes by name, and how far FS and motion saliency agree on each."""
    return [{"frame": scene.names[t], "agreement": round(float(agreement[t]), 4)} for t in chosen]


LEAST_BRIGHT = 0.3
"""A frame whose FS stays below it shows no object."""
LEAST_MOVING = 0.5


@dataclass(frozen=True)
class Keyframes:
    """``indices`` int64[K] in the scene, ascending, their ``pseudo_truth`` float32[K, h, w] in [0, 1], ``weights``
    float32[K] of mean 1, and the ``agreement`` float32[T] of FS and motion saliency on every frame."""

    indices: NDArray[np.int64]
    pseudo_truth: Maps
    weights: PerFrame
    agreement: PerFrame


def keyframes_of(
    known: MinedProposals,
    scene: Scene,
    refiner: PatchRefiner | ModelRefiner,
    settings: LongtermSettings,
    frames: NDArray[np.int64],
    seed: int = 0,
) -> Keyframes:
    """Keyframes of a scene whose frames are at the places ``frames`` int64[T] of the video.

    Only frames with something in FS and something that moves can be one, unless ``settings.eligible`` says any: where
    MS is empty the S-measure would praise an empty FS.
    """
    maps = frame_saliency(known, scene, refiner, settings, frames)
    said = scene.fused if settings.keyframe_truth == "predictions" else scene.motion_maps
    agreed = agreement(maps, said, settings.keyframe_truth)
    eligible = maps.max(axis=(1, 2)) > 0  # Eq. 19 says nothing of a frame without salient proposals
    if settings.eligible == "clear":
        eligible = (maps.max(axis=(1, 2)) > LEAST_BRIGHT) & (scene.motion_maps.max(axis=(1, 2)) > LEAST_MOVING)
    if settings.keyframes == "all":
        chosen = np.flatnonzero(eligible)
    elif settings.keyframes == "random":
        chosen = random_frames(eligible, scene.shots, settings.batch, seed)
    else:
        keep_last = settings.last_batch == "keep"
        chosen = batch_winners(agreed, eligible, scene.shots, settings.batch, keep_last=keep_last)
        chosen = without_least(chosen, agreed, settings.drop)
    weights = np.clip(agreed[chosen], 0.05, 1) ** 2 if settings.tune == "engine" else np.ones(len(chosen), np.float32)
    weights = weights / weights.mean() if len(weights) else weights
    if settings.pseudo_truth == "mined":
        pseudo = sigmoid_of(combined_truth(known, scene, maps, frames, chosen))
    else:
        pseudo = pseudo_truth_of(maps[chosen], settings.pseudo_truth)
    return Keyframes(chosen, pseudo, np.asarray(weights, np.float32), agreed)


def combined_truth(
    known: MinedProposals, scene: Scene, maps: Maps, frames: NDArray[np.int64], chosen: NDArray[np.int64]
) -> Maps:
    """What the predictions about ``chosen`` frames say of salient proposals, and FS as far as it agrees with that.

    The predictions are those that teach in ``mqp``; FS weighs nothing at an overlap of .55 with them and as much as
    half of them at .85.
    """
    if len(chosen) == 0:
        return maps[chosen]
    size = (int(maps.shape[1]), int(maps.shape[2]))
    said = fused_truth(scene, chosen)
    for place, t in enumerate(chosen):
        boxes = known.pool.boxes[salient_rows(known, int(frames[t]), 0)]
        said[place] = mined_part(said[place], windows_of(boxes, size, 0.0))
    weight = np.clip((soft_overlap(maps[chosen], said) - 0.55) / 0.3, 0, 1)[:, None, None]
    return np.asarray((2 * said + weight * maps[chosen]) / (2 + weight), np.float32)


def pseudo_truth_of(maps: Maps, rule: PseudoTruth) -> Maps:
    """FS ``float32[K, h, w]`` as pseudo ground truth: as it is, pushed towards 0 and 1, or cut by Otsu (the script)."""
    if rule == "soft":
        return maps
    if rule == "otsu":
        return np.stack([otsu(m) for m in maps]) if len(maps) else maps
    return sigmoid_of(maps)
