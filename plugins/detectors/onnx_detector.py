"""``onnx-detector:FILE``: any detector that was exported to ONNX, run by onnxruntime.

Size, layout and kind of head are read from the graph where it says so; the rest is options. Classes are ignored: what
counts is that something is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsodboost.data.cards import DetectorCard
from vsodboost.registry.hookspecs import RegisterDetector, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.registry.options import Options

from .feeding import FITS, FREE_SIDE, HEADS, feeding_of
from .selection import FLAG, Selection, selection, selection_options

if TYPE_CHECKING:
    from .graph_detector import OnnxDetector


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


def build(request: Request) -> OnnxDetector:
    """The detector for one run.

    Raises:
        UsageError: the file is missing, takes no picture, an option is wrong, or onnxruntime is missing.
        WeightsError: onnxruntime cannot load the file.
    """
    from .graph_detector import OnnxDetector
    from .onnx_graph import Graph

    options = Options(request.options, FLAG)
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
