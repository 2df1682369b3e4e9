"""The object motions a network is trained on: several flow estimators, both directions, neighbours and skipped
frames."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from vsodboost.io.atomic import atomic_path
from vsodboost.perception.camera import object_motion
from vsodboost.registry.interfaces import FlowEstimator
from vsodboost.training.data import AnnotatedVideo

GAPS = (1, 2, 4)
"""Frames between the two that a flow joins; slow objects show only over several frames."""


def add_motions(video: AnnotatedVideo, estimators: Mapping[str, FlowEstimator], cache: Path) -> None:
    """Fill ``video.motions`` with kinds ``NAME+1``, ``NAME-1``, ``NAME+2`` ...: ``float16[T, H, W, 2]`` px a frame
    step.

    Frames without a partner at that gap hold NaN. Results are kept in ``cache`` as .npy files.
    """
    for name, estimator in estimators.items():
        for gap in (*GAPS, *(-g for g in GAPS)):
            kind = f"{name}{gap:+d}"
            path = cache / f"{video.name}-{kind}-{video.frames.shape[1]}.npy"
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                with atomic_path(path) as temporary, temporary.open("wb") as file:
                    np.save(file, _motion(video, estimator, gap))
            video.motions[kind] = np.load(path, mmap_mode="r")


def _motion(video: AnnotatedVideo, estimator: FlowEstimator, gap: int) -> NDArray[np.float16]:
    count = len(video)
    motion = np.full((*video.frames.shape[:3], 2), np.nan, np.float16)
    reach = abs(gap)
    if count > reach:
        here = slice(0, count - reach) if gap > 0 else slice(reach, count)
        there = slice(reach, count) if gap > 0 else slice(0, count - reach)
        for start in range(here.start, here.stop, 16):
            stop = min(start + 16, here.stop)
            shift = there.start - here.start
            flow = estimator.estimate(video.frames[start:stop], video.frames[start + shift : stop + shift])
            motion[start:stop] = object_motion(flow) / gap
    return motion


def random_motion(video: AnnotatedVideo, t: int, rng: Generator) -> NDArray[np.float32] | None:
    """One of the frame's motions, ``float32[H, W, 2]`` px a frame, or the mean of two directions; None if it has none.

    At inference both directions are averaged, so that is what comes most often.
    """
    names = sorted({kind.rstrip("0123456789").rstrip("+-") for kind in video.motions})
    if not names:
        return None
    name = names[rng.integers(len(names))]
    gap = int(rng.choice(GAPS, p=(0.6, 0.2, 0.2)))
    parts = [np.asarray(video.motions[f"{name}{g:+d}"][t], np.float32) for g in (gap, -gap)]
    parts = [p for p in parts if not np.isnan(p[0, 0, 0])]
    if not parts:
        return None
    if len(parts) == 2 and rng.random() < 0.4:
        parts = [parts[rng.integers(2)]]
    return np.asarray(np.mean(parts, axis=0), np.float32)
