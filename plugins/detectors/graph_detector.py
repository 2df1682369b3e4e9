"""A detector's ONNX graph as a proposal detector: frames in, boxes of the frame out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import Boxes, Frames, Proposals

from .feeding import FREE_SIDE, Feeding, Fit
from .fitting import picture
from .heads import decoded
from .onnx_graph import Graph
from .selection import Selection


class OnnxDetector:
    """A detector's graph as proposal detector."""

    def __init__(self, graph: Graph, feeding: Feeding, select: Selection) -> None:
        self._graph, self._feeding, self._select = graph, feeding, select
        asked = feeding.size or (FREE_SIDE, FREE_SIDE)
        self._size = (graph.size[0] or asked[0], graph.size[1] or asked[1])
        self._fit = feeding.fit or usual_fit(graph.outputs)

    def detect(self, frames: Frames) -> Sequence[Proposals]:
        """Proposals of each of ``uint8[N, H, W, 3]`` RGB frames, best first."""
        return [self._detect(frame) for frame in frames]

    def _detect(self, frame: NDArray[np.uint8]) -> Proposals:
        feeding = self._feeding
        pixels, placement = picture(
            frame, self._size, self._fit, feeding.normalise, bytes_wanted=self._graph.takes_bytes
        )
        boxes, scores = decoded(self._graph(pixels), feeding.head, sigmoid=feeding.sigmoid, size=self._size)
        order = feeding.order
        if order == "auto" and "detection_boxes" in self._graph.outputs:  # TensorFlow's name, and its order
            order = "yxyx"
        boxes = in_px(ordered(boxes, order), self._size, feeding.unit)
        return self._select(placement.to_frame(boxes), scores, (frame.shape[0], frame.shape[1]))


def usual_fit(outputs: Mapping[str, Sequence[Any]]) -> Fit:
    """How detectors with these outputs are usually fed: YOLO letterboxed, YOLOv4 stretched, others in the corner."""
    if len(outputs) == 1:
        return "letterbox"
    return "stretch" if any(len(shape) == 4 for shape in outputs.values()) else "corner"


def ordered(boxes: Boxes, order: str) -> Boxes:
    """Boxes with x first, from decoded ones in another ``order``."""
    if order == "yxyx":
        return boxes[:, (1, 0, 3, 2)]
    if order == "xywh":
        return np.concatenate((boxes[:, :2], boxes[:, :2] + boxes[:, 2:]), axis=1)
    return boxes


def in_px(boxes: Boxes, size: tuple[int, int], unit: str) -> Boxes:
    """Boxes in px of the picture, from shares of it; "auto" takes them for shares when none reaches 2."""
    if unit == "auto":
        known = boxes[np.isfinite(boxes).all(axis=1)]
        unit = "px" if len(known) and np.abs(known).max() >= 2 else "share"
    if unit == "px":
        return boxes
    return np.asarray(boxes * np.array((size[1], size[0]) * 2), np.float32)
