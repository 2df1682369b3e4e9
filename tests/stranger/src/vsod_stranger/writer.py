"""A writer: objects.csv, the box around what is salient in each frame."""

from __future__ import annotations

import csv
from typing import Any

import vsodboost


class Objects(vsodboost.Writer):
    """One row a frame: its name and x0, y0, x1, y1 in px of the working size, empty where nothing is salient."""

    def begin(self, output: vsodboost.VideoOutput) -> None:
        """Remember where the table goes."""
        self.path, self.rows = output.folder / "objects.csv", []

    def add(self, buffer: vsodboost.BoostedBuffer) -> None:
        """Find the boxes of one buffer."""
        for name, saliency in zip(buffer.scene.names, buffer.decision.maps, strict=True):
            rows, columns = (saliency > 0.5).nonzero()
            box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1] if len(rows) else [""] * 4
            self.rows.append([name, *box])

    def finish(self, summary: dict[str, Any]) -> None:
        """Write the table beside its place and rename it."""
        part = self.path.with_suffix(".part")
        with part.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["frame", "x0", "y0", "x1", "y1"], *self.rows])
        part.replace(self.path)
        summary["objects"] = sum(row[1] != "" for row in self.rows)


@vsodboost.hookimpl
def vsodboost_register_writers(register: Any) -> None:
    """``--write objects``."""
    register("objects", lambda request: Objects(), vsodboost.Card("objects.csv: a box a frame"))
