"""Rounds: results of one video, from the first boost to the latest one with labels, and what changed between two."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vsodboost.data.errors import InputError
from vsodboost.io.atomic import write_text
from vsodboost.io.resume import DONE
from vsodboost.writers.report.existing import data_of, read_json

State = Literal["running", "stopped", "failed", "done"]
JOB = "job.json"


@dataclass(frozen=True)
class Round:
    """Round ``number`` of a video, with its results in ``folder``; 0 is the boost that was there before any label.
    ``place`` is the round's own folder, which also holds the labels it is made with and ``job.json``."""

    number: int
    place: Path
    folder: Path

    @property
    def done(self) -> bool:
        """Whether its results are whole."""
        return (self.folder / DONE).exists() or (self.number == 0 and (self.folder / "run.json").exists())

    @property
    def job(self) -> dict[str, Any]:
        """What it was asked for, and how that ended; nothing for results that the studio did not make."""
        return read_json(self.place / JOB) if (self.place / JOB).exists() else {}

    def note(self, **facts: Any) -> None:
        """Write facts into ``job.json``."""
        write_text(self.place / JOB, json.dumps({**self.job, **facts}, indent=1))

    def data(self) -> dict[str, Any]:
        """Return what its report is drawn from. Raises InputError when its files cannot be read."""
        return data_of(self.folder)

    def file(self, name: str) -> Path:
        """Return one of its files. Raises InputError for any other name: a path that leads elsewhere is none."""
        if name not in self.files():
            raise InputError(f"round {self.number} has no file {name!r}")
        return self.folder / name

    def files(self) -> list[str]:
        """Return the names of its files, those within folders with the folder before: ``cutout/00000.png``."""
        if not self.folder.is_dir():
            return []
        found = [path for path in sorted(self.folder.rglob("*")) if path.is_file() and not path.is_symlink()]
        names = [path.relative_to(self.folder) for path in found]
        return [name.as_posix() for name in names if not any(part.startswith(".") for part in name.parts)]


class Rounds:
    """All rounds of one video: 0 in ``base``, the others below ``folder``, a folder each. Where a later one was put in
    the place of 0 (``keeping.keep``), that one is below ``folder``, too."""

    def __init__(self, video: str, base: Path, folder: Path) -> None:
        self.video, self.base, self.folder = video, base, folder

    @property
    def first(self) -> Path:
        """Where the results of round 0 are when another's are in ``base``."""
        return self.folder / "0" / self.video

    @property
    def kept(self) -> int | None:
        """The round whose results are in ``base``; None where there are none, or others than of any round."""
        if not self.first.exists():
            return 0
        there = _run_of(self.base)
        return next((r.number for r in self.finished() if there and _run_of(r.folder) == there), None)

    def all(self) -> list[Round]:
        """Return the rounds that were begun, the first one first."""
        numbers = [int(path.name) for path in self.folder.glob("*") if path.name.isdecimal()]
        later = [self.round(number) for number in sorted(numbers) if number > 0]
        first = self.round(0)
        return [first, *later] if first.done or first.job or later else later

    def round(self, number: int) -> Round:
        """Return a round, begun or not."""
        place = self.folder / str(number)
        in_base = number == 0 and not self.first.exists()
        return Round(number, place, self.base if in_base else place / self.video)

    def finished(self) -> list[Round]:
        """Return the rounds whose results are whole, the first one first."""
        return [r for r in self.all() if r.done]

    def next(self) -> Round:
        """Return the round that is to be begun next: the first one where there are no results yet."""
        begun = self.all()
        if not begun or not begun[0].done:
            return self.round(0)
        return self.round(begun[-1].number + 1)


def difference(before: Mapping[str, Any], after: Mapping[str, Any], most: int = 12) -> dict[str, Any]:
    """Return what changed from one round's report to the next's: mean ``trust`` of both, the same of the frames that
    have no label in either (``others``), and the frames that ``changed`` most: ``index``, ``by`` (mean absolute
    difference of the maps' thumbnails, in [0, 1]) and trust of both."""
    trusts = [np.array(d["columns"].get("trust", []), np.float64) for d in (before, after)]
    labelled = {t for data in (before, after) for t in data["flags"].get("labelled", [])}
    others = [t for t in range(min(len(trusts[0]), len(trusts[1]))) if t not in labelled]
    maps = [{thumb["index"]: thumb["boosted"] for thumb in d["thumbs"]} for d in (before, after)]
    changed = []
    for index in sorted(set(maps[0]) & set(maps[1])):
        by = float(np.abs(_grey(maps[0][index]) - _grey(maps[1][index])).mean())
        values = [float(values[index]) if index < len(values) else None for values in trusts]
        changed.append({"index": index, "by": round(by, 4), "before": values[0], "after": values[1]})
    changed.sort(key=lambda row: -(row["by"] or 0))
    return {
        "trust": [_mean(values) for values in trusts],
        "others": [_mean(values[others]) if others else None for values in trusts],
        "changed": [row for row in changed[:most] if row["by"]],
    }


def _run_of(folder: Path) -> tuple[Any, ...]:
    """What tells the run that made a folder's results from others; nothing where there are none."""
    if not (folder / "run.json").is_file():
        return ()
    run = read_json(folder / "run.json")
    return tuple(run.get(key) for key in ("frames", "trust", "mined", "seconds_total", "seconds"))


def _mean(values: NDArray[np.float64]) -> float | None:
    return round(float(values.mean()), 4) if values.size else None


def _grey(uri: str) -> NDArray[np.float32]:
    """The picture behind a data URI as ``float32[h, w]`` in [0, 1]."""
    with Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])), formats=["WEBP"]) as image:
        return np.asarray(image.convert("L"), np.float32) / np.float32(255)
