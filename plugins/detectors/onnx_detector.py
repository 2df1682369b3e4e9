"""``onnx-detector:FILE``: any detector that was exported to ONNX, run by onnxruntime.

Size, layout and kind of head are read from the graph where it says so; the rest is options. Classes are ignored: what
counts is that something is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vsodboost_plugins.detectors.fitting import FITS, Fit, Normalisation, picture
from vsodboost_plugins.detectors.heads import HEADS, Head, decoded
from vsodboost_plugins.detectors.onnx_graph import Graph
from vsodboost_plugins.options import Options

from vsodboost.data.cards import DetectorCard
from vsodboost.data.types import Boxes, Frames, Proposals
from vsodboost.ops.boxes import best_proposals
from vsodboost.registry.hookspecs import RegisterDetector, hookimpl
from vsodboost.registry.interfaces import Request

FREE_SIDE = 640
"""Side in px of the picture for a graph that takes any."""
FLAG = "--detector-option"
CANDIDATES = 1000
"""Best raw detections that are looked at; suppression is quadratic in their number."""


@dataclass(frozen=True)
class Selection:
    """Which detections become proposals: scored at least ``least``, IoU up to ``overlap``, up to ``most`` a frame."""

    least: float = 0.01
    overlap: float = 0.5
    most: int = 10

    def __call__(self, boxes: Boxes, scores: NDArray[np.float32], size: tuple[int, int]) -> Proposals:
        """Proposals of a frame of ``size`` (H, W) from its raw detections."""
        if len(scores) > CANDIDATES:
            best = np.sort(np.argpartition(-scores, CANDIDATES)[:CANDIDATES])
            boxes, scores = boxes[best], scores[best]
        return best_proposals(boxes, scores, size, least=self.least, overlap=self.overlap, most=self.most)


SELECTING = {
    "score": "lowest score that counts (default {least})",
    "iou": "overlap above which the weaker of two boxes goes (default {overlap})",
    "top": "proposals a frame at most (default {most})",
}


def selection_options(default: Selection) -> dict[str, str]:
    """Help on the options that every detector has."""
    values = {"least": default.least, "overlap": default.overlap, "most": default.most}
    return {name: text.format(**values) for name, text in SELECTING.items()}


def selection(options: Options, default: Selection) -> Selection:
    """The selection that the user's options ask for."""
    return Selection(
        options.share("score", default.least), options.share("iou", default.overlap), options.whole("top", default.most)
    )


@dataclass(frozen=True)
class Feeding:
    """How the graph is fed and read; None: as its head suggests."""

    size: tuple[int, int] | None = None
    fit: Fit | None = None
    normalise: Normalisation = field(default_factory=Normalisation)
    head: Head | None = None
    order: str = "auto"
    unit: str = "auto"
    sigmoid: bool = False


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


DEFAULT = Selection()
OPTIONS = {
    "size": f"640 or HEIGHTxWIDTH in px, for a graph that takes any size (default {FREE_SIDE})",
    "fit": f"{', '.join(FITS)}: how frames fit in (default: letterbox for YOLO, stretch for YOLOv4, else corner)",
    "mean": "taken off each channel after the division by white (default 0,0,0)",
    "std": "then divided by (default 1,1,1)",
    "white": "255 or 1: what 8-bit values are divided by (default 255)",
    "channels": "rgb or bgr (default rgb)",
    "head": f"{', '.join(HEADS)}: layout of the outputs (default: recognised)",
    "boxes": "xyxy, yxyx or xywh, for heads that list boxes (default: by the outputs' names)",
    "unit": "px of the picture, or share of it (default: by the values)",
    "activation": "none, or sigmoid for scores that are logits (default none)",
    **selection_options(DEFAULT),
}


def feeding_of(options: Options, default: Feeding = Feeding()) -> Feeding:
    """How the user wants the graph to be fed and read."""
    fit = options.choice("fit", ("auto", *FITS), default.fit or "auto")
    head = options.choice("head", ("auto", *HEADS), default.head or "auto")
    activation = options.choice("activation", ("none", "sigmoid"), "sigmoid" if default.sigmoid else "none")
    return replace(
        default,
        size=options.size("size") or default.size,
        fit=next((known for known in FITS if known == fit), None),
        head=next((known for known in HEADS if known == head), None),
        normalise=Normalisation(
            mean=options.three("mean", default.normalise.mean),
            std=options.three("std", default.normalise.std),
            white=float(options.choice("white", ("255", "1"), f"{default.normalise.white:g}")),
            bgr=options.choice("channels", ("rgb", "bgr"), "bgr" if default.normalise.bgr else "rgb") == "bgr",
        ),
        order=options.choice("boxes", ("auto", "xyxy", "yxyx", "xywh"), default.order),
        unit=options.choice("unit", ("auto", "px", "share"), default.unit),
        sigmoid=activation == "sigmoid",
    )


def build(request: Request) -> OnnxDetector:
    """The detector for one run.

    Raises:
        UsageError: the file is missing, takes no picture, an option is wrong, or onnxruntime is missing.
        WeightsError: onnxruntime cannot load the file.
    """
    options = Options(request, FLAG)
    feeding, select = feeding_of(options), selection(options, DEFAULT)
    return OnnxDetector(Graph(request.argument, request.device), feeding, select)


@hookimpl
def vsodboost_register_detectors(register: RegisterDetector) -> None:
    register(
        "onnx-detector",
        build,
        DetectorCard(
            summary="any exported detector: YOLO-like tables, YOLOv4 and EfficientDet pairs, lists of boxes and scores",
            licence="yours",
            argument="FILE",
            options=OPTIONS,
        ),
    )
