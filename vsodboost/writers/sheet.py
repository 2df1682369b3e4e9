"""The contact sheet of a video: a few frames with everything that was thought of them, and trust over time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.boosted import BoostedBuffer, BoostedFrame
from vsodboost.io.atomic import write_png
from vsodboost.ops.flow_image import flow_image
from vsodboost.registry.writer import VideoOutput, Writer
from vsodboost.writers.contact_sheet import Row, contact_sheet
from vsodboost.writers.maps import map_to_uint8
from vsodboost.writers.proposal_boxes import with_boxes

COLUMNS = ("frame", "object motion", "motion saliency", "target", "boosted")
ROWS = 8
_NOTED = ("_rows", "_every", "_seen", "_trust", "_target_trust", "_mined")


class ContactSheet(Writer):
    """The writer ``sheet``: ``contact_sheet.png``. Holds at most twice ``ROWS`` rows at the working size."""

    output_files = ("contact_sheet.png",)

    def begin(self, output: VideoOutput) -> None:
        """Start on a video."""
        self._path = output.folder / "contact_sheet.png"
        self._rows: list[Row] = []
        self._every = 1
        self._seen = 0
        self._trust: list[float] = []
        self._target_trust: list[float] = []
        self._mined: list[bool] = []

    def add(self, buffer: BoostedBuffer) -> None:
        """Note every frame's numbers and now and then its pictures."""
        for t, frame in enumerate(buffer.by_frame()):
            self._trust.append(frame.trust)
            self._target_trust.append(frame.target_trust)
            self._mined.append(frame.mined)
            if self._seen % self._every == 0:
                self._rows.append(_row(buffer, t, frame))
                if len(self._rows) >= 2 * ROWS:
                    self._rows, self._every = self._rows[::2], self._every * 2
            self._seen += 1

    def checkpoint(self) -> dict[str, Any]:
        """Return what was noted so far."""
        return {name: getattr(self, name) for name in _NOTED}

    def restore(self, output: VideoOutput, saved: dict[str, Any]) -> None:
        """Go on with what ``checkpoint`` gave."""
        self.begin(output)
        for name in _NOTED:
            setattr(self, name, saved[name])

    def finish(self, summary: dict[str, Any]) -> None:
        """Draw and write the sheet."""
        write_png(self._path, self.draw())

    def draw(self) -> NDArray[np.uint8]:
        """Return the sheet as ``uint8[h, w, 3]`` RGB."""
        kept = np.linspace(0, len(self._rows) - 1, min(ROWS, len(self._rows))).round().astype(int)
        curve = {
            "trust": np.array(self._trust, np.float32),
            "target's trust": np.array(self._target_trust, np.float32),
            "mined": np.array(self._mined, bool),
        }
        return contact_sheet(COLUMNS, [self._rows[i] for i in kept], curve)


def _row(buffer: BoostedBuffer, t: int, frame: BoostedFrame) -> Row:
    scene = buffer.scene
    words = [f"trust {frame.trust:.2f}", f"quality {frame.quality:.2f}"]
    words += ["mined"] if frame.mined else []
    words += [frame.flag] if frame.flag else []
    pictures = (
        with_boxes(scene.frames[t], [box for box in buffer.mined.notes.get("boxes", ()) if box["frame"] == t]),
        None if scene.static[t] else flow_image(scene.motion[t]),
        map_to_uint8(scene.motion_maps[t]),
        map_to_uint8(scene.target[t]),
        map_to_uint8(buffer.decision.maps[t]),
    )
    return "\n".join([frame.name, *words]), pictures
