"""The opinions about a scene, and the map they make together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vsodboost.scene import Scene
from vsodboost.spatial.student import Student
from vsodboost.types import Maps


@dataclass(frozen=True)
class Opinions:
    """Maps ``float32[T, h, w]`` of the tuned student: from the frame ``alone``, and ``informed`` by motion and
    target."""

    alone: Maps
    informed: Maps


def ask(student: Student, scene: Scene) -> Opinions:
    """The student's two opinions; one that reads no clues has the same twice."""
    alone = student.predict(scene.frames)
    if not student.reads_clues:
        return Opinions(alone, alone)
    return Opinions(alone, student.predict(scene.frames, scene.motion, scene.target))


def fuse(scene: Scene, opinions: Opinions) -> Maps:
    """The boosted map: the mean of the tuned student's opinions and the first fused one."""
    return ((opinions.alone + opinions.informed + scene.fused) / 3).astype(np.float32)
