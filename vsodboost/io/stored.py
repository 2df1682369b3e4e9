"""Results that vsodboost wrote, read again: maps and ``frames.csv``, alone or with the video they are of."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.decision import Decision
from vsodboost.data.errors import InputError
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.types import Clip, PerFrame
from vsodboost.data.video import VideoSource
from vsodboost.io.buffers import buffers

MEND = "boost the video again with --overwrite"


def own_map(folder: Path, frame: str) -> NDArray[np.uint8]:
    """Return the map of a frame as vsodboost wrote it, ``uint8[H, W]``. Raises InputError when it cannot be read."""
    path = folder / f"{frame}.png"
    try:
        found = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    except (OSError, cv2.error) as error:
        raise InputError(f"{path} cannot be read ({error}); {MEND}") from error
    if found is None:
        raise InputError(f"{path} is no image; {MEND}")
    return np.asarray(found, np.uint8)


def own_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a ``frames.csv``. Raises InputError when it cannot be read or is none of ours."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{path} cannot be read ({error}); {MEND}") from error
    if any(not {"frame", "mined", "flag"} <= set(row) or None in row.values() for row in rows):
        raise InputError(f"{path} is not the frames.csv of vsodboost; {MEND}")
    return rows


def stored_buffers(source: VideoSource, folder: Path) -> Iterator[BoostedBuffer]:
    """Yield the video with its results in ``folder`` as a boost would, buffer by buffer: frames, final maps (of 256
    levels), and what ``frames.csv`` says. What was not kept has no size: other maps, flow, the decision's own.

    Raises:
        InputError: a frame has no row or no map, or one of another size; or the video cannot be read.
    """
    rows = {row["frame"]: row for row in own_rows(folder / "frames.csv")}
    for clip in buffers(source):
        missing = [name for name in clip.names if name not in rows]
        if missing:
            raise InputError(f"{folder / 'frames.csv'} has no row for frame {missing[0]} of {source.path}; {MEND}")
        maps = [own_map(folder, name) for name in clip.names]
        odd = [name for name, own in zip(clip.names, maps, strict=True) if own.shape != clip.frames.shape[1:3]]
        if odd:
            raise InputError(f"{folder / odd[0]}.png is not as large as its frame; {MEND}")
        yield _buffer(clip, np.stack(maps), [rows[name] for name in clip.names])


def _buffer(clip: Clip, maps: NDArray[np.uint8], rows: Sequence[Mapping[str, str]]) -> BoostedBuffer:
    count = len(clip.names)
    lost = np.zeros((count, 0, 0), np.float32)

    def column(name: str) -> PerFrame:
        return np.array([_number(row.get(name)) for row in rows], np.float32)

    scene = Scene(
        video=clip.video,
        names=clip.names,
        first=clip.first,
        frames=clip.frames,
        shots=((0, count),),
        target=lost,
        motion=np.zeros((count, 0, 0, 2), np.float32),
        motion_maps=lost,
        fused=lost,
        quality=column("quality"),
        consistency=column("consistency"),
        static=np.array([row["flag"] == "static" for row in rows]),
        full=clip.frames,
    )
    mined = np.flatnonzero([row["mined"] == "1" for row in rows])
    ends: dict[str, Any] = {
        name: column(name) for name in ("trust_low", "trust_high") if all(row.get(name) for row in rows)
    }
    flags = tuple(row["flag"] for row in rows)
    trust, target_trust = column("trust"), column("target_trust")
    target_trust[[not has_target_trust(row) for row in rows]] = np.nan
    return BoostedBuffer(
        frames=clip.frames,
        scene=scene,
        mined=Mined(mined, lost[: len(mined)], np.ones(len(mined), np.float32)),
        decision=Decision(lost, np.ones(count, np.float32), trust, target_trust, flags, **ends),
        maps=np.asarray(maps / np.float32(255)),
        target=lost,
        losses=(),
    )


def has_target_trust(row: Mapping[str, str]) -> bool:
    """Return whether a row tells the trust of the target's map; where there is no map, the cell is empty (once: 0)."""
    return bool(row.get("target_trust")) and not (row["flag"] == "no_target" and _number(row["target_trust"]) == 0)


def _number(text: str | None) -> float:
    """A number of a table; 0 where there is none."""
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
