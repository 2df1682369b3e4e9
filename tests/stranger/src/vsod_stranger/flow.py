"""A flow estimator: sparse Lucas-Kanade on a grid, spread over the frame."""

from __future__ import annotations

from typing import Any

import vsodboost

STEP = 4
"""Px between the points that are tracked."""


class LucasKanade:
    """Tracks a grid of points and resizes their shifts to a dense field."""

    def estimate(self, first: Any, second: Any) -> Any:
        """Flow ``float32[N, H, W, 2]`` px from ``first[n]`` to ``second[n]``, both ``uint8[N, H, W, 3]``."""
        import numpy as np

        return np.stack([self._one(a, b) for a, b in zip(first, second, strict=True)])

    def _one(self, a: Any, b: Any) -> Any:
        import cv2
        import numpy as np

        height, width = a.shape[:2]
        rows, columns = np.mgrid[STEP // 2 : height : STEP, STEP // 2 : width : STEP].astype(np.float32)
        points = np.stack([columns, rows], axis=-1)
        grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (a, b)]
        moved, found, _ = cv2.calcOpticalFlowPyrLK(*grey, points.reshape(-1, 1, 2), None)
        shift = (moved - points.reshape(-1, 1, 2)) * found[..., None]
        dense = shift.reshape(*points.shape).clip(-32, 32)
        return cv2.resize(cv2.medianBlur(dense, 5), (width, height), interpolation=cv2.INTER_LINEAR)


@vsodboost.hookimpl
def vsodboost_register_flows(register: Any) -> None:
    """``--flow lucas-kanade``."""
    register("lucas-kanade", lambda request: LucasKanade(), vsodboost.FlowCard("a tracked grid of points"))
