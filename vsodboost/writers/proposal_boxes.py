"""Object proposals drawn on a frame: what a booster thought of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

COLOURS = {"background": (128, 128, 136), "undecided": (240, 176, 48), "salient": (48, 208, 88)}
"""RGB, in the order in which they are drawn: the salient ones lie on top."""
WIDTHS = {"background": 1, "undecided": 1, "salient": 2}


def with_boxes(frame: NDArray[np.uint8], boxes: Iterable[Mapping[str, Any]]) -> NDArray[np.uint8]:
    """A copy of ``frame`` uint8[h, w, 3] RGB with ``boxes`` drawn on it.

    Each is {"box": [x0, y0, x1, y1] px, half-open, "kind": one of COLOURS}; a salient one with an "iteration" shows it
    in its corner. Boxes of other kinds are left out.
    """
    picture = np.ascontiguousarray(frame).copy()
    listed = list(boxes)
    for kind, colour in COLOURS.items():
        for box in (b for b in listed if b.get("kind") == kind):
            x0, y0, x1, y1 = (round(float(side)) for side in box["box"])
            cv2.rectangle(picture, (x0, y0), (x1 - 1, y1 - 1), colour, WIDTHS[kind])
            if kind == "salient" and box.get("iteration") is not None:
                place = (x0 + 3, y0 + 12)
                cv2.putText(picture, str(box["iteration"]), place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1)
    return picture
