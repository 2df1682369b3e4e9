"""The overlay video: the map laid over the frame, to look at."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.boosted import BoostedFrame
from vsodboost.io.film import H264
from vsodboost.writers.film_writer import FilmWriter

RED = np.array([235.0, 40.0, 40.0], np.float32)
CONTOUR = (255, 235, 90)
STRENGTH = 0.55
SPECK = 2e-4
"""Share of the frame below which a part, or a hole, gets no contour (a contour of its own would hide it)."""
AMBER = (255, 170, 0)


def draw_overlay(frame: NDArray[np.uint8], saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
    """``frame`` ``uint8[H, W, 3]`` tinted red where ``saliency`` ``float32[H, W]`` in [0, 1] is high, 0.5 contoured,
    specks apart."""
    alpha = cv2.cvtColor(np.clip(saliency, 0.0, 1.0) * np.float32(STRENGTH), cv2.COLOR_GRAY2RGB)
    tinted: NDArray[np.uint8] = (frame + (RED - frame) * alpha + np.float32(0.5)).astype(np.uint8)
    contours, _ = cv2.findContours((saliency >= 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    least = SPECK * saliency.size
    contours = [contour for contour in contours if cv2.contourArea(contour) >= least]
    thickness = max(1, round(min(frame.shape[:2]) / 240))
    cv2.drawContours(tinted, contours, -1, CONTOUR, thickness, cv2.LINE_AA)
    return tinted


def mark_flag(image: NDArray[np.uint8], words: str) -> None:
    """Mark ``image uint8[H, W, 3]``, in place, as a flagged frame: an amber edge, and the words in a corner."""
    height, width = image.shape[:2]
    thick = max(2, round(min(height, width) / 120))
    image[:thick], image[-thick:] = AMBER, AMBER
    image[:, :thick], image[:, -thick:] = AMBER, AMBER
    scale = max(0.35, min(height, width) / 700)
    (wide, high), below = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    image[: high + below + 2 * thick, : min(width, wide + 3 * thick)] = AMBER
    origin = (thick + thick // 2, high + thick)
    cv2.putText(image, words, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, (20, 20, 20), 1, cv2.LINE_AA)


class Overlay(FilmWriter):
    """The writer ``overlay``: ``overlay.mp4``, flagged frames marked."""

    file, recipe = "overlay.mp4", H264
    output_files = ("overlay.mp4",)

    def picture(self, frame: BoostedFrame, image: NDArray[np.uint8], seconds: float) -> NDArray[np.uint8]:
        """Return the frame with its map laid over it."""
        drawn = draw_overlay(image, frame.map)
        if frame.flag:
            mark_flag(drawn, f"{frame.flag.replace('_', ' ')} {frame.trust:.2f}")
        return drawn
