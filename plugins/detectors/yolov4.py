"""``yolov4:FILE.onnx`` or ``yolov4:FILE.cfg``: the other detector that the long-term booster's paper tried.

Bochkovskiy et al., "YOLOv4: Optimal Speed and Accuracy of Object Detection", 2020. Darknet's own files (cfg and
weights) run in OpenCV 4; OpenCV 5 has no reader for them, an ONNX export runs anywhere.
"""

from __future__ import annotations

from pathlib import Path

from vsodboost.data.cards import DetectorCard
from vsodboost.data.errors import UsageError
from vsodboost.registry.hookspecs import RegisterDetector, hookimpl
from vsodboost.registry.interfaces import Detector, Request
from vsodboost.registry.options import Options

from .feeding import Feeding
from .selection import FLAG, Selection, selection, selection_options

SIDE = 608
DEFAULT = Selection(least=0.01, overlap=0.5, most=10)


def build(request: Request) -> Detector:
    """The detector for one run.

    Raises:
        UsageError: a file is missing or of another kind, an option is wrong, or OpenCV cannot read Darknet files.
        WeightsError: a file is damaged.
    """
    from .darknet import Darknet, read_darknet
    from .graph_detector import OnnxDetector
    from .onnx_graph import Graph

    options, path = Options(request.options, FLAG), Path(request.argument)
    size, select = options.size("size", square=True), selection(options, DEFAULT)
    if path.suffix.lower() == ".onnx":
        return OnnxDetector(Graph(path, request.device), Feeding(size=size or (SIDE, SIDE), fit="stretch"), select)
    if path.suffix.lower() != ".cfg":
        raise UsageError(f"yolov4:{path}: give an .onnx file, or Darknet's .cfg with {FLAG} weights=FILE.weights")
    return Darknet(
        read_darknet(path, Path(options.text("weights", path.with_suffix(".weights")))),
        size or (SIDE, SIDE),
        select,
    )


@hookimpl
def vsodboost_register_detectors(register: RegisterDetector) -> None:
    register(
        "yolov4",
        build,
        DetectorCard(
            summary="YOLOv4 from an ONNX export, or from Darknet's files where OpenCV 4 is installed",
            paper="Bochkovskiy et al., 2020, arXiv:2004.10934",
            argument="FILE.onnx|FILE.cfg",
            options={
                "weights": "Darknet's weights (default: beside the .cfg, under the same name)",
                "size": f"side of the picture in px, for a model that takes any (default {SIDE})",
                **selection_options(DEFAULT),
            },
        ),
    )
