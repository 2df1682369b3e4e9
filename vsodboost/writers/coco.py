"""Masks for training and evaluation tools: ``coco.json`` with run lengths (RLE), as pycocotools reads it."""

from __future__ import annotations

import json
import shutil
from typing import Any

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.io.atomic import atomic_path, write_errors
from vsodboost.io.checkpoint import cut_back, sync_file
from vsodboost.ops.boxes import enclosing
from vsodboost.ops.run_length import rle_text, run_lengths
from vsodboost.registry.writer import VideoOutput, Writer
from vsodboost.writers.shape import Shape

OBJECT = {"id": 1, "name": "object", "supercategory": "salient"}


class Coco(Writer):
    """The writer ``rle``: an image a frame, an annotation for each that has an object. Annotations are written as they
    come, into a part of the file; the images' names are kept for the end."""

    from_maps = True
    output_files = ("coco.json",)

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def begin(self, output: VideoOutput) -> None:
        """Begin the part."""
        self._take(output)
        head = f'{{"info": {{"description": {json.dumps(output.source.name)}}},\n'
        with write_errors(self._part):
            self._part.write_bytes(f'{head}"categories": [{json.dumps(OBJECT)}],\n"annotations": ['.encode())
        self._names: list[str] = []
        self._count = 0

    def _take(self, output: VideoOutput) -> None:
        self._path, self._size = output.folder / "coco.json", output.size
        self._part = output.parts / "coco.json"

    def add(self, buffer: BoostedBuffer) -> None:
        """Write the annotations of the buffer's frames."""
        text = ""
        for frame in buffer.by_frame():
            self._names.append(frame.name)
            mask = self._shape.mask(frame.map)
            found = enclosing(mask)
            if found is None:
                continue
            rows, columns = found
            box = [columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start]
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
            text += ("\n" if self._count == 1 else ",\n") + json.dumps(annotation)
        with write_errors(self._part), self._part.open("ab") as file:
            file.write(text.encode())

    def finish(self, summary: dict[str, Any]) -> None:
        """Write the images and give the file its name."""
        height, width = self._size
        images = [
            json.dumps({"id": number, "file_name": f"{name}.png", "width": width, "height": height})
            for number, name in enumerate(self._names, 1)
        ]
        tail = (
            '\n],\n"images": [' + "".join(f"{',' if n else ''}\n{image}" for n, image in enumerate(images)) + "\n]}\n"
        )
        with atomic_path(self._path) as temporary, write_errors(self._path):
            shutil.copyfile(self._part, temporary)
            with temporary.open("ab") as file:
                file.write(tail.encode())

    def checkpoint(self) -> dict[str, Any]:
        """Return how many bytes of the part count, and what is kept for the end."""
        sync_file(self._part)
        return {"bytes": self._part.stat().st_size, "names": self._names, "count": self._count}

    def restore(self, output: VideoOutput, saved: dict[str, Any]) -> None:
        """Cut the part back to what counts. Raises InputError when it is not there."""
        self._take(output)
        cut_back(self._part, saved["bytes"])
        self._names, self._count = list(saved["names"]), saved["count"]
