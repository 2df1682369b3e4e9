"""How unsure each pixel is."""

from __future__ import annotations

import cv2
import numpy as np

from vsodboost.data.scene import Scene
from vsodboost.data.types import Maps

WEIGHTS = (2.0, 1.0, 1.0, 0.5)
"""Of the final map, the target's, the best one that owes nothing to the target, and the motion saliency."""
SIGMA = 3.0
"""px at the working size: an error is seldom a single pixel wide."""


def doubt(maps: Maps, scene: Scene) -> Maps:
    """Return how unsure each pixel of the final ``maps`` is, ``float32[T, h, w]`` in [0, 1].

    It is high where the witnesses contradict each other and near contours: 1 - |2p - 1|, p their weighted mean there
    and around.
    """
    witnesses = (maps, scene.target, scene.target_free, scene.motion_maps)
    shares = np.array(WEIGHTS, np.float32) / sum(WEIGHTS)
    found = np.empty_like(maps)
    for t in range(len(maps)):  # frame by frame all of it stays in the processor's caches
        p = np.zeros_like(maps[t])
        for share, witness in zip(shares, witnesses, strict=True):
            p += share * witness[t]
        around = cv2.GaussianBlur(p, (0, 0), SIGMA)
        found[t] = 1 - (np.abs(2 * p - 1) + np.abs(2 * around - 1)) / 2
    return found
