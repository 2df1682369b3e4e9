"""A zip that CVAT imports ("CVAT for images 1.1"): the pictures, and a mask or polygons to be corrected by hand."""

from __future__ import annotations

import zipfile
from contextlib import ExitStack
from typing import Any
from xml.sax.saxutils import quoteattr

import cv2
import numpy as np

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.io.atomic import atomic_path, drop, write_errors
from vsodboost.io.output_paths import safe_name
from vsodboost.ops.run_length import polygons
from vsodboost.registry.writer import VideoOutput, Writer
from vsodboost.writers.shape import Shape
from vsodboost.writers.yolo import QUALITY

META = """<meta><task><name>{name}</name><size>{size}</size><mode>annotation</mode><overlap>0</overlap>
<labels><label><name>object</name><color>#eb2828</color><type>polygon</type><attributes></attributes></label></labels>
<original_size><width>{width}</width><height>{height}</height></original_size></task></meta>
"""


class Cvat(Writer):
    """The writer ``cvat``: ``cvat.zip`` with ``images/<frame>.jpg`` and ``annotations.xml``. Pictures are stored as
    they come; the polygons, which are small, are kept for the end."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def begin(self, output: VideoOutput) -> None:
        """Open the zip."""
        self._path, self._size, self._name = output.folder / "cvat.zip", output.size, output.source.name
        self._stack = ExitStack()
        temporary = self._stack.enter_context(atomic_path(self._path))
        with write_errors(self._path):
            self._zip = self._stack.enter_context(zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED))
        self._images: list[str] = []

    def add(self, buffer: BoostedBuffer) -> None:
        """Store the buffer's pictures and note their polygons."""
        height, width = self._size
        for frame, image in zip(buffer.by_frame(), buffer.frames, strict=True):
            file = f"{safe_name(frame.name)}.jpg"
            jpeg = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
            with write_errors(self._path):
                self._zip.writestr(_entry(f"images/{file}"), jpeg.tobytes())
            shapes = []
            for part in polygons(self._shape.mask(frame.map)):
                points = ";".join(f"{x:.2f},{y:.2f}" for x, y in part + 0.5)
                shapes.append(f'<polygon label="object" source="auto" occluded="0" points="{points}" z_order="0"/>\n')
            head = f'<image id="{len(self._images)}" name={quoteattr(file)} width="{width}" height="{height}">\n'
            self._images.append(head + "".join(shapes) + "</image>\n")

    def finish(self, summary: dict[str, Any]) -> None:
        """Store the annotations and give the zip its name."""
        height, width = self._size
        name = quoteattr(self._name)[1:-1]
        meta = META.format(name=name, size=len(self._images), width=width, height=height)
        text = f'<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n{meta}'
        with self._stack, write_errors(self._path):
            self._zip.writestr(_entry("annotations.xml"), f"{text}{''.join(self._images)}</annotations>\n")

    def abort(self) -> None:
        """Throw the zip away."""
        drop(self._stack)


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry without the time of the day: the same video gives the same bytes."""
    return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
