"""A proposal detector: regions that stand out from the border's mean colour."""

from __future__ import annotations

from typing import Any

import vsodboost

MOST = 5
"""Proposals a frame at most."""


class Regions:
    """Boxes around connected regions of unusual colour, the largest first."""

    def detect(self, frames: Any) -> list[vsodboost.Proposals]:
        """Proposals of each of ``uint8[N, H, W, 3]`` frames."""
        return [self._one(frame) for frame in frames]

    def _one(self, frame: Any) -> vsodboost.Proposals:
        import cv2
        import numpy as np

        border = np.concatenate([frame[0], frame[-1], frame[:, 0], frame[:, -1]]).mean(axis=0)
        far = np.linalg.norm(frame - border, axis=-1)
        _, _, boxes, _ = cv2.connectedComponentsWithStats((far > 2 * far.mean()).astype(np.uint8))
        order = np.argsort(-boxes[1:, cv2.CC_STAT_AREA])[:MOST] + 1
        left, top, width, height, area = boxes[order].T.astype(np.float32)
        corners = np.stack([left, top, left + width, top + height], axis=-1)
        return vsodboost.Proposals(corners.astype(np.float32), (area / frame[..., 0].size).astype(np.float32))


@vsodboost.hookimpl
def vsodboost_register_detectors(register: Any) -> None:
    """``--detector regions``."""
    register("regions", lambda request: Regions(), vsodboost.DetectorCard("regions of unusual colour"))
