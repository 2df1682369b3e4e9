"""A data set for YOLO's segmentation: pictures, a polygon a line, and ``data.yaml``."""

from __future__ import annotations

import json
from typing import Any

import cv2
import numpy as np

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.io.atomic import write_text
from vsodboost.ops.run_length import polygons
from vsodboost.registry.writer import VideoOutput, Writer
from vsodboost.writers.frame_files import FrameFiles
from vsodboost.writers.shape import Shape

QUALITY = 95
"""JPEG quality of the pictures."""


class Yolo(Writer):
    """The writer ``yolo``: ``yolo/images/<frame>.jpg``, ``yolo/labels/<frame>.txt`` (class 0 and x y pairs in [0, 1];
    empty where there is no object) and ``yolo/data.yaml``."""

    from_maps = True
    output_files = ("yolo/images/{frame}.jpg", "yolo/labels/{frame}.txt", "yolo/data.yaml")

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def begin(self, output: VideoOutput) -> None:
        """Start on a video's folders."""
        self._folder = output.folder / "yolo"
        self._images = FrameFiles(output, "yolo/images", ".jpg")
        self._labels = FrameFiles(output, "yolo/labels", ".txt")

    def add(self, buffer: BoostedBuffer) -> None:
        """Write the pictures and polygons of the buffer's frames."""
        for frame, image in zip(buffer.by_frame(), buffer.frames, strict=True):
            jpeg = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
            self._images.write_bytes(frame.name, jpeg.tobytes())
            height, width = frame.map.shape
            # A pixel's outline runs through its middle; half a pixel more is where it lies in the picture.
            parts = [(part + 0.5) / (width, height) for part in polygons(self._shape.mask(frame.map))]
            lines = ["0 " + " ".join(f"{value:.6f}" for value in part.ravel()) for part in parts]
            self._labels.write_bytes(frame.name, "".join(f"{line}\n" for line in lines).encode())

    def checkpoint(self) -> dict[str, Any]:
        """Return nothing: every file is written when its frame comes, and the last one needs no other."""
        return {}

    def restore(self, output: VideoOutput, saved: dict[str, Any]) -> None:
        """Go on with the folders as they are."""
        self.begin(output)

    def finish(self, summary: dict[str, Any]) -> None:
        """Write what the data set consists of. A path that is not given is the folder of the file itself."""
        text = "train: images\nval: images\nnames:\n  0: object\n"
        write_text(self._folder / "data.yaml", f"# {json.dumps(summary['video'])}, made by vsodboost\n{text}")
