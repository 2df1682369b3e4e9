"""What the student says of a scene, and the map that is made of it."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import numpy as np

from vsodboost.data.predictions import Predictions
from vsodboost.data.rows import Selection
from vsodboost.data.scene import Scene
from vsodboost.data.types import Maps
from vsodboost.ops.sharpen import sharpen
from vsodboost.perception.carrying import BY_STUDENT, with_carried
from vsodboost.perception.links import smooth_along_flow
from vsodboost.registry.checks import checked_sized_maps
from vsodboost.spatial.student import Student


def predict(student: Student, scene: Scene, *, every_frame: bool = True) -> Predictions:
    """Return the student's predictions; one that reads no guidance sees the frame only and has the same twice. Where
    not ``every_frame`` is to be looked at, those of every third one are carried there along the flow; a student that
    reads clips looks at every frame."""
    answer = partial(_predicted, student, scene)
    if every_frame or scene.links is None or student.card.window > 1:
        both = answer(slice(None))
    else:
        both = with_carried(answer, scene.links, scene.motion_maps, scene.shots, BY_STUDENT)
    return Predictions(*(both if len(both) > 1 else both * 2))


def _predicted(student: Student, scene: Scene, rows: Selection) -> list[Maps]:
    """Return what the student makes of the frames in ``rows``: without and with the target's maps, if it reads them."""
    frames, motion, target = scene.frames[rows], scene.motion[rows], scene.target[rows]
    both = student.predict_each(frames, motion, (None, target)) if student.card.guidance else [student.predict(frames)]
    return [checked_sized_maps(maps, frames.shape[:3], student.name, "maps") for maps in both]


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
