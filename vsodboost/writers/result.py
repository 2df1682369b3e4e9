"""A whole video's result, as the Python API returns it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.boosted import BoostedBuffer, BoostedFrame
from vsodboost.data.rows import Rows
from vsodboost.data.types import Maps, PerFrame
from vsodboost.writers.maps import write_map
from vsodboost.writers.table import FramesTable, frame_row

NOT_A_ROW = {"whole": True}


@dataclass(frozen=True, repr=False)
class FrameResults(Rows):
    """What is known of T frames: ``maps`` float32[T, H, W] in [0, 1], the target's own in ``target_maps``, and a value
    a frame of everything else (see ``BoostedFrame``)."""

    names: tuple[str, ...]
    maps: Maps
    target_maps: Maps
    trust: PerFrame
    target_trust: PerFrame
    mined: NDArray[np.bool_]
    quality: PerFrame
    consistency: PerFrame
    flags: tuple[str, ...]

    @classmethod
    def of(cls, buffer: BoostedBuffer) -> FrameResults:
        """Return what is to be kept of a buffer; nothing else of it stays in memory."""
        scene, decision = buffer.scene, buffer.decision
        return cls(
            names=scene.names,
            maps=buffer.maps,
            target_maps=buffer.target,
            trust=decision.trust,
            target_trust=decision.target_trust,
            mined=np.isin(np.arange(len(buffer)), buffer.mined.indices),
            quality=scene.quality,
            consistency=scene.consistency,
            flags=decision.flags,
        )

    def __len__(self) -> int:
        return len(self.names)

    def frames(self) -> Iterator[BoostedFrame]:
        """Yield the frames one by one."""
        for t, name in enumerate(self.names):
            yield BoostedFrame(
                name=name,
                index=t,
                map=self.maps[t],
                trust=float(self.trust[t]),
                target_trust=float(self.target_trust[t]),
                mined=bool(self.mined[t]),
                quality=float(self.quality[t]),
                consistency=float(self.consistency[t]),
                flag=self.flags[t],
            )


@dataclass(frozen=True, repr=False)
class Result(FrameResults):
    """A whole video's result. Beside what ``FrameResults`` says of each frame: ``mining`` holds each buffer's notes,
    ``seconds`` the time by stage, ``cuts`` the frames that begin a new shot."""

    mining: tuple[dict[str, Any], ...] = field(default=(), metadata=NOT_A_ROW)
    seconds: dict[str, float] = field(default_factory=dict, metadata=NOT_A_ROW)
    cuts: tuple[int, ...] = field(default=(), metadata=NOT_A_ROW)

    def save(self, folder: str | Path) -> Path:
        """Write what ``vsodboost wrap`` writes of a video, but ``run.json``: ``<folder>/<frame>.png``, 8-bit grey, and
        ``frames.csv``. Returns the folder.

        Raises:
            InputError: a frame's name cannot be a file name.
            VsodboostError: a file cannot be written.
        """
        where = Path(folder).expanduser()
        with FramesTable(where / "frames.csv") as table:
            for frame in self.frames():
                write_map(where, frame.name, frame.map)
                table.add(frame_row(frame))
        return where

    def __repr__(self) -> str:
        height, width = self.maps.shape[1:]
        return (
            f"Result({len(self)} frames of {width}x{height}, {int(self.mined.sum())} mined, "
            f"trust {self.target_trust.mean():.2f} -> {self.trust.mean():.2f})"
        )
