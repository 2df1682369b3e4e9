"""What a writer is: one output of a boosted video."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.video import VideoSource


@dataclass(frozen=True)
class VideoOutput:
    """Where a video's outputs go: ``folder`` exists and is the video's own; nothing is written outside it. ``source``
    is the video, ``size`` (H, W) px of its frames. ``times`` says of frames, by their names, when each is shown and for
    how long, in seconds (None: the frame rate tells); it grows as frames are read."""

    folder: Path
    source: VideoSource
    size: tuple[int, int]
    times: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)


class Writer(ABC):
    """Writes one output of every video. ``add`` is required; the defaults of the others do nothing.

    For each video: ``begin`` when its first buffer is done, ``add`` for every buffer, then ``finish``, or ``abort`` if
    the video failed. Files appear whole or not at all: write beside them and rename.
    """

    def begin(self, output: VideoOutput) -> None:  # noqa: B027 - nothing is what most do
        """Start on a video."""

    @abstractmethod
    def add(self, buffer: BoostedBuffer) -> None:
        """Take the next buffer; its arrays are gone when the next one comes."""

    def finish(self, summary: dict[str, Any]) -> None:  # noqa: B027
        """Complete the output; ``summary`` is what ``run.json`` will say, and may be added to."""

    def abort(self) -> None:  # noqa: B027
        """Clear away what is unfinished: the video failed or the run was interrupted."""
