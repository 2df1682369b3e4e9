"""A zip that CVAT imports ("CVAT for images 1.1"): the pictures, and a mask or polygons to be corrected by hand."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import cv2
import numpy as np

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.io.atomic import atomic_path, write_errors
from vsodboost.io.checkpoint import cut_back, sync_file
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
    they come, a part a buffer; the polygons, which are small, are kept for the end."""

    from_maps = True
    output_files = ("cvat.zip",)

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def begin(self, output: VideoOutput) -> None:
        """Start on a video."""
        self._path, self._size, self._name = output.folder / "cvat.zip", output.size, output.source.name
        self._parts, self._sizes = output.parts, list[int]()
        self._images: list[str] = []

    def add(self, buffer: BoostedBuffer) -> None:
        """Store the buffer's pictures and note their polygons."""
        path = self._part(len(self._sizes))
        with write_errors(path), zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as part:
            self._store(buffer, part)
        self._sizes.append(path.stat().st_size)

    def _part(self, index: int) -> Path:
        return self._parts / f"cvat-{index:05d}.zip"

    def _store(self, buffer: BoostedBuffer, archive: zipfile.ZipFile) -> None:
        height, width = self._size
        for frame, image in zip(buffer.by_frame(), buffer.frames, strict=True):
            file = f"{safe_name(frame.name)}.jpg"
            jpeg = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
            archive.writestr(_entry(f"images/{file}"), jpeg.tobytes())
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
        with (
            atomic_path(self._path) as temporary,
            write_errors(self._path),
            zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as whole,
        ):
            for index in range(len(self._sizes)):
                with zipfile.ZipFile(self._part(index)) as part:
                    for name in part.namelist():
                        whole.writestr(_entry(name), part.read(name))
            whole.writestr(_entry("annotations.xml"), f"{text}{''.join(self._images)}</annotations>\n")

    def checkpoint(self) -> dict[str, Any]:
        """Return which parts there are, and the polygons."""
        if self._sizes:
            sync_file(self._part(len(self._sizes) - 1))
        return {"sizes": self._sizes, "images": self._images}

    def restore(self, output: VideoOutput, saved: dict[str, Any]) -> None:
        """Go on behind the parts that count. Raises InputError when one is gone."""
        self.begin(output)
        self._sizes, self._images = list(saved["sizes"]), list(saved["images"])
        for index, size in enumerate(self._sizes):
            cut_back(self._part(index), size)


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry without the time of the day: the same video gives the same bytes."""
    return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
