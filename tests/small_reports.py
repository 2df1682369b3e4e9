"""Reports of small videos, made without any network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from small_scenes import disc, scene_of

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.decision import Decision
from vsodboost.data.scene import Mined
from vsodboost.io.array_source import ArraySource
from vsodboost.registry.writer import VideoOutput
from vsodboost.writers.report.writer import Report


def buffer_of(first: int, trust: list[float], *, size: int = 32, **scene: Any) -> BoostedBuffer:
    """A buffer whose frames have these trusts: the target shows one disc, the boosted maps another."""
    count = len(trust)
    target, boosted = disc(count, 10, 10, size=size), disc(count, 20, 20, size=size)
    frames = np.full((count, size, size, 3), 90, np.uint8)
    frames[:, 14:26, 14:26] = (220, 60, 40)
    names = tuple(f"{first + t:05d}" for t in range(count))
    values = np.array(trust, np.float32)
    flags = tuple("low_trust" if value < 0.55 else "" for value in trust)
    decision = Decision(boosted, np.ones(count, np.float32), values, values * np.float32(0.8), flags)
    mined = Mined(np.array([1]), boosted[1:2], np.ones(1, np.float32), {"note": "<b>why</b>"})
    parts = {"target": target, "names": names, "first": first, "frames": frames, **scene}
    return BoostedBuffer(frames, scene_of(**parts), mined, decision, boosted, target, (0.5,))


def write_report(folder: Path, trusts: list[list[float]], name: str = "clip", **summary: Any) -> dict[str, Any]:
    """Write the report of a video whose buffers have these trusts; return what report.json holds."""
    folder.mkdir(parents=True, exist_ok=True)
    writer, first = Report(), 0
    writer.begin(VideoOutput(folder, ArraySource(np.zeros((1, 32, 32, 3), np.uint8), name), (32, 32)))
    for trust in trusts:
        writer.add(buffer_of(first, trust))
        first += len(trust)
    settings = {"booster": "mqp", "target": "</script><script>alert(1)</script>"}
    seconds = {"read": 0.1, "tune": 0.3}
    writer.finish(
        {"video": name, "cuts": [3], "settings": settings, "seconds": seconds, "seconds_total": 0.5, **summary}
    )
    found: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return found
