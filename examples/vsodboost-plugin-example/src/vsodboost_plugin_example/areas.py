"""The writer ``areas``: one line a frame."""

from __future__ import annotations

from typing import Any

from vsodboost import BoostedBuffer, VideoOutput, Writer


class Areas(Writer):
    """Writes ``areas.txt``: the mean of each frame's map, in [0, 1]."""

    output_files = ("areas.txt",)

    def begin(self, output: VideoOutput) -> None:
        """Start on a video."""
        self._path = output.folder / "areas.txt"
        self._lines: list[str] = []

    def add(self, buffer: BoostedBuffer) -> None:
        """Add a line a frame."""
        areas = buffer.maps.mean(axis=(1, 2))
        self._lines += [f"{name} {area:.4f}" for name, area in zip(buffer.scene.names, areas, strict=True)]

    def finish(self, summary: dict[str, Any]) -> None:
        """Write the file."""
        self._path.write_text("\n".join(self._lines) + "\n", encoding="utf-8")
