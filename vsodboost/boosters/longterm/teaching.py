"""What the student is taught: keyframes, their pseudo ground truth and their weights (paper 000, Sec. IV-B)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.framewise import frame_saliency, salient_rows
from vsodboost.boosters.longterm.keyframes import agreement, batch_winners, otsu, random_frames
from vsodboost.boosters.longterm.knowledge import MinedProposals
from vsodboost.boosters.longterm.mined_parts import mined_part
from vsodboost.boosters.longterm.patches import PatchRefiner, windows_of
from vsodboost.boosters.longterm.rules import PseudoTruth
from vsodboost.boosters.longterm.settings import LongtermSettings
from vsodboost.boosters.mqp.booster import fused_truth, sharpened, without_least
from vsodboost.data.scene import Scene
from vsodboost.data.types import Maps, PerFrame
from vsodboost.ops.overlap import soft_overlap

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
    refiner: PatchRefiner,
    settings: LongtermSettings,
    frames: NDArray[np.int64],
    seed: int = 0,
) -> Keyframes:
    """Keyframes of a scene whose frames are at the places ``frames`` int64[T] of the video.

    Only frames with something in FS and something that moves can be one: where MS is empty the S-measure would praise
    an empty FS.
    """
    maps = frame_saliency(known, scene, refiner, settings, frames)
    said = scene.fused if settings.keyframe_truth == "predictions" else scene.motion_maps
    agreed = agreement(maps, said, settings.keyframe_truth)
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
        pseudo = sharpened(joined(known, scene, maps, frames, chosen))
    else:
        pseudo = taught(maps[chosen], settings.pseudo_truth)
    return Keyframes(chosen, pseudo, np.asarray(weights, np.float32), agreed)


def joined(
    known: MinedProposals, scene: Scene, maps: Maps, frames: NDArray[np.int64], chosen: NDArray[np.int64]
) -> Maps:
    """What the predictions about ``chosen`` frames say of salient proposals, and FS as far as it agrees with that.

    The predictions are those that teach in ``mqp``; FS weighs nothing at an overlap of .55 with them and as much as half
    of them at .85.
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


def taught(maps: Maps, rule: PseudoTruth) -> Maps:
    """FS ``float32[K, h, w]`` as pseudo ground truth: as it is, pushed towards 0 and 1, or cut by Otsu (the script)."""
    if rule == "soft":
        return maps
    if rule == "otsu":
        return np.stack([otsu(m) for m in maps]) if len(maps) else maps
    return sharpened(maps)
