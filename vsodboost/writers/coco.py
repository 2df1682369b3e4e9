"""Masks for training and evaluation tools: ``coco.json`` with run lengths (RLE), as pycocotools reads it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

import numpy as np

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.io.atomic import atomic_path, drop, write_errors
from vsodboost.ops.run_length import rle_text, run_lengths
from vsodboost.registry.writer import VideoOutput, Writer
from vsodboost.writers.shape import Shape

OBJECT = {"id": 1, "name": "object", "supercategory": "salient"}


class Coco(Writer):
    """The writer ``rle``: an image a frame, an annotation for each that has an object. Annotations are written as they
    come; the images' names are kept for the end."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def begin(self, output: VideoOutput) -> None:
        """Open the file."""
        self._path, self._size = output.folder / "coco.json", output.size
        self._stack = ExitStack()
        temporary = self._stack.enter_context(atomic_path(self._path))
        with write_errors(self._path):
            self._file = self._stack.enter_context(temporary.open("w", encoding="utf-8", newline="\n"))
            self._file.write(f'{{"info": {{"description": {json.dumps(output.source.name)}}},\n')
            self._file.write(f'"categories": [{json.dumps(OBJECT)}],\n"annotations": [')
        self._names: list[str] = []
        self._count = 0

    def add(self, buffer: BoostedBuffer) -> None:
        """Write the annotations of the buffer's frames."""
        for frame in buffer.by_frame():
            self._names.append(frame.name)
            mask = self._shape.mask(frame.map)
            if not mask.any():
                continue
            rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            box = [columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1]
            self._count += 1
            annotation = {
                "id": self._count,
                "image_id": len(self._names),
                "category_id": 1,
                "iscrowd": 0,
                "area": int(mask.sum()),
                "bbox": [int(side) for side in box],
                "segmentation": {"size": list(self._size), "counts": rle_text(run_lengths(mask))},
                "score": round(frame.trust, 4),
            }
            with write_errors(self._path):
                self._file.write(("\n" if self._count == 1 else ",\n") + json.dumps(annotation))

    def finish(self, summary: dict[str, Any]) -> None:
        """Write the images and give the file its name."""
        height, width = self._size
        with self._stack, write_errors(self._path):
            self._file.write('\n],\n"images": [')
            for number, name in enumerate(self._names, 1):
                image = {"id": number, "file_name": f"{name}.png", "width": width, "height": height}
                self._file.write(("\n" if number == 1 else ",\n") + json.dumps(image))
            self._file.write("\n]}\n")

    def abort(self) -> None:
        """Throw the file away."""
        drop(self._stack)
