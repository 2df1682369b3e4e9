"""The contact sheet of a video: a few frames with everything that was thought of them, and trust over time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vsodboost.ops.flow_image import flow_image
from vsodboost.pipeline.engine import BoostedBuffer
from vsodboost.writers.contact_sheet import Row, contact_sheet
from vsodboost.writers.maps import map_to_uint8
from vsodboost.writers.proposal_boxes import with_boxes

COLUMNS = ("frame", "object motion", "motion saliency", "target", "boosted")
ROWS = 8


class ContactSheet:
    """Collects rows while buffers pass; holds at most twice ``ROWS`` of them at the working size."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._every = 1
        self._seen = 0
        self._trust: list[float] = []
        self._target_trust: list[float] = []
        self._mined: list[bool] = []

    def add(self, buffer: BoostedBuffer) -> None:
        """Note every frame's numbers and now and then its pictures."""
        mined = set(buffer.mined.indices.tolist())
        for t in range(len(buffer.scene)):
            self._trust.append(float(buffer.decision.trust[t]))
            self._target_trust.append(float(buffer.decision.target_trust[t]))
            self._mined.append(t in mined)
            if self._seen % self._every == 0:
                self._rows.append(_row(buffer, t, t in mined))
                if len(self._rows) >= 2 * ROWS:
                    self._rows, self._every = self._rows[::2], self._every * 2
            self._seen += 1

    def draw(self) -> NDArray[np.uint8]:
        """The sheet as ``uint8[h, w, 3]`` RGB."""
        kept = np.linspace(0, len(self._rows) - 1, min(ROWS, len(self._rows))).round().astype(int)
        curve = {
            "trust": np.array(self._trust, np.float32),
            "target's trust": np.array(self._target_trust, np.float32),
            "mined": np.array(self._mined, bool),
        }
        return contact_sheet(COLUMNS, [self._rows[i] for i in kept], curve)


def _row(buffer: BoostedBuffer, t: int, mined: bool) -> Row:
    scene, decision = buffer.scene, buffer.decision
    words = [f"trust {decision.trust[t]:.2f}", f"quality {scene.quality[t]:.2f}"]
    words += ["mined"] if mined else []
    words += [decision.flags[t]] if decision.flags[t] else []
    label = "\n".join([scene.names[t], *words])
    still = bool(scene.still[t])
    pictures = (
        with_boxes(scene.frames[t], [box for box in buffer.mined.notes.get("boxes", ()) if box["frame"] == t]),
        None if still else flow_image(scene.motion[t]),
        map_to_uint8(scene.motion_maps[t]),
        map_to_uint8(scene.target[t]),
        map_to_uint8(decision.maps[t]),
    )
    return label, pictures
