"""frames.csv: one row a frame, whatever columns the engine has."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from vsodboost.data.boosted import BoostedBuffer, BoostedFrame
from vsodboost.io.atomic import atomic_path, write_bytes, write_errors
from vsodboost.io.checkpoint import cut_back, sync_file
from vsodboost.registry.writer import VideoOutput, Writer

FrameRow = Mapping[str, Any]
"""Column name to value: str, bool, int, float or None (an empty cell)."""


class FrameRows:
    """Rows as lines of CSV. The first one fixes the ``columns`` and their order. Truths are written 1 and 0, floats
    with six significant digits."""

    def __init__(self, columns: tuple[str, ...] | None = None) -> None:
        self.columns = columns

    def text(self, row: FrameRow) -> str:
        """Return the line of a row, the header before the first; raises ValueError when its columns differ from the
        first row's."""
        lines = ""
        if self.columns is None:
            self.columns = tuple(row)
            lines = _line(self.columns)
        if set(row) != set(self.columns):
            raise ValueError(f"columns {list(row)} differ from the first row's {list(self.columns)}")
        return lines + _line([_cell(row[column]) for column in self.columns])


class FramesTable:
    """Writes ``frames.csv`` row by row into a temporary file that gets its name when the block ends without an error.

    with FramesTable(folder / "frames.csv") as table:
        table.add({"frame": "00000", "mined": True, "trust": 0.83})
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._rows = FrameRows()
        self._stack = ExitStack()

    def __enter__(self) -> FramesTable:
        temporary = self._stack.enter_context(atomic_path(self.path))
        with self._stack, write_errors(self.path):
            self._file = self._stack.enter_context(temporary.open("w", encoding="utf-8", newline=""))
            self._stack = self._stack.pop_all()
        return self

    def add(self, row: FrameRow) -> None:
        """Append one row; raises ValueError when its columns differ from the first row's."""
        with write_errors(self.path):
            self._file.write(self._rows.text(row))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        with write_errors(self.path):
            return self._stack.__exit__(kind, error, trace)


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def frame_row(frame: BoostedFrame) -> FrameRow:
    """Return a frame's row of ``frames.csv``."""
    return {
        "frame": frame.name,
        "mined": frame.mined,
        "quality": round(frame.quality, 5),
        "consistency": round(frame.consistency, 5),
        "trust": round(frame.trust, 5),
        "trust_low": None if frame.trust_low is None else round(frame.trust_low, 5),
        "trust_high": None if frame.trust_high is None else round(frame.trust_high, 5),
        "target_trust": None if math.isnan(frame.target_trust) else round(frame.target_trust, 5),
        "flag": frame.flag,
    }


class Table(Writer):
    """The writer ``table``: ``frames.csv``. Its rows grow in a part, which is copied when all are there."""

    def begin(self, output: VideoOutput) -> None:
        """Start an empty table."""
        self._path, self._part = output.folder / "frames.csv", output.parts / "frames.csv"
        with write_errors(self._part):
            self._part.write_bytes(b"")
        self._rows = FrameRows()

    def add(self, buffer: BoostedBuffer) -> None:
        """Add a row a frame."""
        text = "".join(self._rows.text(frame_row(frame)) for frame in buffer.by_frame())
        with write_errors(self._part), self._part.open("ab") as file:
            file.write(text.encode("utf-8"))

    def finish(self, summary: dict[str, Any]) -> None:
        """Give the table its name; the part stays until the video is marked as done."""
        with write_errors(self._part):
            data = self._part.read_bytes()
        write_bytes(self._path, data)

    def checkpoint(self) -> dict[str, Any]:
        """Return how many bytes of the part count."""
        sync_file(self._part)
        return {"bytes": self._part.stat().st_size, "columns": self._rows.columns}

    def restore(self, output: VideoOutput, saved: dict[str, Any]) -> None:
        """Cut the part back to what counts. Raises InputError when it is not there."""
        self._path, self._part = output.folder / "frames.csv", output.parts / "frames.csv"
        cut_back(self._part, saved["bytes"])
        self._rows = FrameRows(saved["columns"])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return f"{float(value):.6g}"
    return str(value)
