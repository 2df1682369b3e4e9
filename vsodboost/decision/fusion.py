"""What the student says of a scene, and the map that is made of it."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Scene
from vsodboost.data.types import Maps
from vsodboost.ops.sharpen import sharpen
from vsodboost.perception.links import smooth_along_flow
from vsodboost.registry.checks import checked_scene_maps
from vsodboost.spatial.student import Student


def predict(student: Student, scene: Scene) -> Predictions:
    """Return the student's predictions; one that reads no guidance sees the frame only and has the same twice."""
    if not student.card.guidance:
        unguided = checked_scene_maps(student.predict(scene.frames), scene, student.name, "maps")
        return Predictions(unguided, unguided)
    both = student.predict_each(scene.frames, scene.motion, (None, scene.target))
    return Predictions(*(checked_scene_maps(maps, scene, student.name, "maps") for maps in both))


def fuse(scene: Scene, predictions: Predictions) -> Maps:
    """Return the boosted map: the mean of the tuned student's predictions and the untuned one's that never saw the
    target's map, smoothed along the optical flow, which blurs it, and sharpened again.

    Chosen on held-out training sequences with simulated targets: the best mean of S over all of them.
    """
    mean = np.asarray((predictions.unguided + predictions.guided + scene.target_free) / 3, np.float32)
    return postprocess(mean, scene)


def postprocess(mean: Maps, scene: Scene, fixed: Collection[int] = ()) -> Maps:
    """Return a mean of predictions ``float32[T, h, w]`` smoothed along the scene's links, if there are any, and
    sharpened; frames that are ``fixed`` are not smoothed."""
    return sharpen(mean if scene.links is None else smooth_along_flow(mean, scene.links, fixed=fixed))
