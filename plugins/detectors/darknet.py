"""YOLOv4 in Darknet's own files (cfg and weights), run by OpenCV 4."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.data.types import Boxes, Frames, Proposals
from vsodboost.ops.boxes import Scores

from .feeding import Normalisation
from .fitting import picture
from .graph_detector import in_px
from .heads import from_centres
from .selection import FLAG, Selection


class Darknet:
    """A Darknet model in OpenCV 4's dnn module."""

    def __init__(self, network: Any, size: tuple[int, int], select: Selection) -> None:
        self._network, self._size, self._select = network, size, select
        self._heads = network.getUnconnectedOutLayersNames()

    def detect(self, frames: Frames) -> Sequence[Proposals]:
        """Proposals of each of ``uint8[N, H, W, 3]`` RGB frames, best first."""
        return [self._detect(frame) for frame in frames]

    def _detect(self, frame: NDArray[np.uint8]) -> Proposals:
        pixels, placement = picture(frame, self._size, "stretch", Normalisation())
        self._network.setInput(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]))
        boxes, scores = tables(self._network.forward(self._heads))
        boxes = placement.to_frame(in_px(boxes, self._size, "share"))
        return self._select(boxes, scores, (frame.shape[0], frame.shape[1]))


def tables(outputs: Sequence[NDArray[np.float32]]) -> tuple[Boxes, Scores]:
    """Boxes (share of the picture) and scores of OpenCV's YOLO layers: rows of centre, size, objectness, classes.

    OpenCV has multiplied the classes by objectness already.
    """
    rows = np.concatenate([np.asarray(table).reshape(-1, table.shape[-1]) for table in outputs])
    return from_centres(rows[:, :4]), np.asarray(rows[:, 5:].max(axis=1), np.float32)


def read_darknet(cfg: Path, weights: Path) -> Any:
    """The network of Darknet's two files, in OpenCV 4."""
    reader = getattr(cv2.dnn, "readNetFromDarknet", None)
    if reader is None:
        raise UsageError(
            f"yolov4:{cfg}: OpenCV {cv2.__version__} cannot read Darknet files; use an ONNX export, or OpenCV 4 "
            "(pip install 'opencv-python-headless<5')"
        )
    for file in (cfg, weights):
        if not file.is_file():
            raise UsageError(f"{file}: no such file; yolov4 needs Darknet's .cfg and {FLAG} weights=FILE.weights")
    try:
        return reader(str(cfg), str(weights))
    except cv2.error as error:
        reason = " ".join(str(error).split())[:500]
        raise WeightsError(f"{cfg} with {weights}: OpenCV fails ({reason}); do they belong together?") from None
