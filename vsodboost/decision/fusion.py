"""The predictions about a scene, and the map they make together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from vsodboost.data.scene import Scene
from vsodboost.data.types import Maps
from vsodboost.perception.links import smooth_along_flow
from vsodboost.spatial.student import Student

SHARPNESS = 6.0
"""Slope of the curve that takes the blur out of a mean of predictions; between 5 and 8 nothing but MAE changes."""


@dataclass(frozen=True)
class Predictions:
    """Maps ``float32[T, h, w]`` of the tuned student: ``alone``, without the target's map, and ``informed`` by it."""

    unguided: Maps
    guided: Maps


def ask(student: Student, scene: Scene) -> Predictions:
    """The student's two predictions; one that reads no clues sees the frame only and has the same twice."""
    if not student.reads_clues:
        alone = student.predict(scene.frames)
        return Predictions(alone, alone)
    alone = student.predict(scene.frames, scene.motion)
    return Predictions(alone, student.predict(scene.frames, scene.motion, scene.target))


def fuse(scene: Scene, predictions: Predictions) -> Maps:
    """The boosted map: the mean of the tuned student's predictions and the untuned one that never saw the target's map,
    smooth_along_flow along the optical flow, which blurs it, and made sharp again.

    Chosen on held-out training sequences with simulated targets: the best mean of S over all of them.
    """
    mean = np.asarray((predictions.unguided + predictions.guided + scene.target_free) / 3, np.float32)
    return postprocess(mean, scene)


def postprocess(mean: Maps, scene: Scene, fixed: Collection[int] = ()) -> Maps:
    """A mean of predictions ``float32[T, h, w]``, smooth_along_flow along the scene's links, if there are any, and made sharp;
    frames that are ``fixed`` are not smooth_along_flow."""
    return sharpen(mean if scene.links is None else smooth_along_flow(mean, scene.links, fixed=fixed))


def sharpen(maps: Maps, steepness: float = SHARPNESS) -> Maps:
    """Maps ``float32[T, h, w]`` pushed towards 0 and 1; 0, one half and 1 stay where they are."""
    curve = np.tanh(steepness / 2 * (maps - 0.5)) / np.tanh(steepness / 4)
    return np.asarray(np.clip(0.5 + 0.5 * curve, 0, 1), np.float32)
