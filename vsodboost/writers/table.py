"""frames.csv: one row a frame, whatever columns the engine has."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from vsodboost.data.boosted import BoostedBuffer, BoostedFrame
from vsodboost.io.atomic import atomic_path, drop, write_errors
from vsodboost.registry.writer import VideoOutput, Writer

FrameRow = Mapping[str, Any]
"""Column name to value: str, bool, int, float or None (an empty cell)."""


class FramesTable:
    """Writes ``frames.csv`` row by row into a temporary file that gets its name when the block ends without an error.

    The first row fixes the columns and their order. Truths are written 1 and 0, floats with six significant digits.

        with FramesTable(folder / "frames.csv") as table:
            table.add({"frame": "00000", "mined": True, "trust": 0.83})
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._columns: tuple[str, ...] | None = None
        self._stack = ExitStack()

    def __enter__(self) -> FramesTable:
        temporary = self._stack.enter_context(atomic_path(self.path))
        with self._stack, write_errors(self.path):
            self._file = self._stack.enter_context(temporary.open("w", encoding="utf-8", newline=""))
            self._stack = self._stack.pop_all()
        return self

    def add(self, row: FrameRow) -> None:
        """Append one row; raises ValueError when its columns differ from the first row's."""
        if self._columns is None:
            self._columns = tuple(row)
            self._line(self._columns)
        if set(row) != set(self._columns):
            raise ValueError(f"columns {list(row)} differ from the first row's {list(self._columns)}")
        self._line([_cell(row[column]) for column in self._columns])

    def _line(self, cells: Any) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(cells)
        with write_errors(self.path):
            self._file.write(text.getvalue())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        with write_errors(self.path):
            return self._stack.__exit__(kind, error, trace)


def frame_row(frame: BoostedFrame) -> FrameRow:
    """Return a frame's row of ``frames.csv``."""
    return {
        "frame": frame.name,
        "mined": frame.mined,
        "quality": round(frame.quality, 5),
        "consistency": round(frame.consistency, 5),
        "trust": round(frame.trust, 5),
        "target_trust": round(frame.target_trust, 5),
        "flag": frame.flag,
    }


class Table(Writer):
    """The writer ``table``: ``frames.csv``."""

    def begin(self, output: VideoOutput) -> None:
        """Open the table."""
        self._stack = ExitStack()
        self._table = self._stack.enter_context(FramesTable(output.folder / "frames.csv"))

    def add(self, buffer: BoostedBuffer) -> None:
        """Add a row a frame."""
        for frame in buffer.by_frame():
            self._table.add(frame_row(frame))

    def finish(self, summary: dict[str, Any]) -> None:
        """Give the table its name."""
        self._stack.close()

    def abort(self) -> None:
        """Throw the table away."""
        drop(self._stack)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return f"{float(value):.6g}"
    return str(value)
