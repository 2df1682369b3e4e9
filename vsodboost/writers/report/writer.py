"""The writer ``report``: ``report.html`` for people, ``report.json`` for programs."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.io.atomic import write_text
from vsodboost.registry.writer import VideoOutput, Writer
from vsodboost.writers.doubt import doubt_of
from vsodboost.writers.report.chosen import Chosen, Extremes, Spread
from vsodboost.writers.report.data import FrameColumns, as_json, report_data
from vsodboost.writers.report.page import report_page
from vsodboost.writers.report.pictures import pictures_of, thumbs_of

THUMBS = 120
"""Thumbnails of a video, at least where it has as many frames; less than twice as many."""
NOTES = 200
"""Buffers whose mining notes are kept, at most."""


class Report(Writer):
    """Keeps a row a frame, a few hundred thumbnails and the pictures of a few dozen frames, all compressed: memory does
    not grow with the video but by the rows."""

    output_files = ("report.html", "report.json")

    def begin(self, output: VideoOutput) -> None:
        """Start on a video."""
        self._output = output
        self._columns = FrameColumns()
        self._chosen = Chosen()
        self._thumbed = Spread(THUMBS)
        self._full: dict[int, dict[str, bytes]] = {}
        self._thumbs: dict[int, dict[str, bytes]] = {}
        self._mining: list[dict[str, Any]] = []

    def add(self, buffer: BoostedBuffer) -> None:
        """Note every frame's numbers, and the pictures of those that may be shown."""
        doubt, first = doubt_of(buffer), buffer.scene.first
        numbers = _numbers(buffer)
        for t, frame in enumerate(buffer.by_frame()):
            row = {key: float(values[t]) for key, values in numbers.items()}
            time = self._output.times.get(frame.name, (None, None))[0]
            self._columns.add(frame.name, row, mined=frame.mined, flag=frame.flag, time=time)
            self._thumbed.offer(frame.index)
            self._chosen.offer(
                frame.index, trust=frame.trust, change=row["change"], quality=frame.quality, mined=frame.mined
            )
        here = range(first, first + len(buffer))
        shown, thumbed = self._chosen.candidates(), set(self._thumbed.frames)
        self._full = {t: pictures for t, pictures in self._full.items() if t in shown}
        self._thumbs = {t: pictures for t, pictures in self._thumbs.items() if t in thumbed}
        for t in sorted(shown & set(here)):
            self._full[t] = pictures_of(buffer, t - first, doubt[t - first])
        for t in sorted(thumbed & set(here)):
            self._thumbs[t] = thumbs_of(buffer.frames[t - first], buffer.maps[t - first])
        if len(self._mining) < NOTES:
            notes = {key: value for key, value in buffer.mined.notes.items() if key not in ("boxes", "warnings")}
            self._mining.append({"first": first, "count": len(buffer), "notes": notes})

    def checkpoint(self) -> dict[str, Any]:
        """Return what was noted and kept so far."""
        chosen = {name: vars(part) for name, part in vars(self._chosen).items()}
        mining = json.loads(as_json({"buffers": self._mining}))["buffers"]
        kept = {"columns": vars(self._columns), "chosen": chosen, "thumbed": vars(self._thumbed), "mining": mining}
        return {**kept, "full": self._full, "thumbs": self._thumbs}

    def restore(self, output: VideoOutput, saved: dict[str, Any]) -> None:
        """Go on with what ``checkpoint`` gave."""
        self.begin(output)
        self._columns, self._thumbed = FrameColumns(**saved["columns"]), Spread(**saved["thumbed"])
        chosen = saved["chosen"]
        extremes = {name: Extremes(**values) for name, values in chosen.items() if name != "spread"}
        self._chosen = Chosen(**extremes, spread=Spread(**chosen["spread"]))
        self._full, self._thumbs, self._mining = saved["full"], saved["thumbs"], saved["mining"]

    def finish(self, summary: dict[str, Any]) -> None:
        """Write both files."""
        source, folder = self._output.source, self._output.folder
        about = {
            "video": source.name,
            "path": str(source.path),
            "size": list(self._output.size),
            "fps": round(float(source.fps), 4),
        }
        reasons = self._chosen.reasons()
        data = report_data(self._columns, reasons, self._full, self._thumbs, about, summary, self._mining)
        write_text(folder / "report.json", as_json(data) + "\n")
        write_text(folder / "report.html", report_page(data))


def _numbers(buffer: BoostedBuffer) -> dict[str, NDArray[Any]]:
    """Return the columns of the buffer's frames, float[T] each."""
    scene, decision = buffer.scene, buffer.decision
    found = {"trust": decision.trust}
    for key in ("trust_low", "trust_high"):  # a decision need not give an interval
        interval = getattr(decision, key, None)
        if interval is not None:
            found[key] = interval
    change = np.abs(decision.maps - scene.target).mean(axis=(1, 2))
    return {
        **found,
        "target_trust": decision.target_trust,
        "quality": scene.quality,
        "consistency": scene.consistency,
        "change": change,
        "area": decision.maps.mean(axis=(1, 2)),
    }
