"""What a writer is: one output of a boosted video."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.video import VideoSource


@dataclass(frozen=True)
class VideoOutput:
    """Where a video's outputs go: ``folder`` exists and is the video's own; nothing is written outside it. ``source``
    is the video, ``size`` (H, W) px of its frames. ``times`` says of frames, by their names, when each is shown and for
    how long, in seconds (None: the frame rate tells); it grows as frames are read. ``parts`` exists, too: a folder for
    parts of outputs that are not complete, kept when the run is killed and deleted when the video is done."""

    folder: Path
    source: VideoSource
    size: tuple[int, int]
    times: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    parts: Path = Path()
    resumed: bool = False
    """Whether the video goes on in its middle: what was written of it stays."""


class Writer(ABC):
    """Writes one output of every video. ``add`` is required; the defaults of the others do nothing.

    For each video: ``begin`` when its first buffer is done, ``add`` and ``checkpoint`` for every buffer, then
    ``finish``, or ``abort`` if the video failed. Files appear whole or not at all: write beside them and rename.

    A run that was killed goes on in the middle of a video: then ``restore`` comes in the place of ``begin``. Whatever
    was added since the checkpoint is added again.
    """

    from_maps: ClassVar[bool] = False
    """Whether it looks at nothing but the frames, their names, the final maps and what ``by_frame`` says, so that its
    output can be made later, too, of a finished video's maps."""
    output_files: Sequence[str] = ()
    """What it writes, as paths below the video's folder with ``/``; ``{frame}`` stands for every frame's name. It is
    looked at after ``begin`` and after ``finish``. By it ``--resume`` makes anew what was deleted, where the writer is
    ``from_maps``, and a video that is made anew keeps none of it."""

    def begin(self, output: VideoOutput) -> None:  # noqa: B027 - nothing is what most do
        """Start on a video."""

    @abstractmethod
    def add(self, buffer: BoostedBuffer) -> None:
        """Take the next buffer; its arrays are gone when the next one comes."""

    def finish(self, summary: dict[str, Any]) -> None:  # noqa: B027
        """Complete the output; ``summary`` is what ``run.json`` will say, and may be added to."""

    def abort(self) -> None:  # noqa: B027
        """Close what is open and clear away what is unfinished, but not what lies in ``output.parts``: the video failed
        or the run was interrupted, and may go on later."""

    def checkpoint(self) -> dict[str, Any]:
        """Return where the output stands after the last ``add``: numbers, texts, arrays and tensors in lists, tuples
        and dictionaries. What it counts on in ``output.parts`` must be on the disk (``io.checkpoint.sync_file``).

        A writer that has ``finish`` or ``abort``, but not this, is taken to hold what nobody can save: unfinished
        videos are made anew.
        """
        return {}

    def restore(self, output: VideoOutput, saved: dict[str, Any]) -> None:
        """Go on where ``checkpoint`` was called; default: as ``begin``. Parts may have grown since, or be gone.

        Raises:
            InputError: the parts are not there; the video is made anew.
        """
        self.begin(output)


def can_resume(writer: Writer) -> bool:
    """Return whether a video can go on in its middle: the writer says where it stands, or holds nothing."""
    own = type(writer)
    says = own.checkpoint is not Writer.checkpoint and own.restore is not Writer.restore
    return says or (own.finish is Writer.finish and own.abort is Writer.abort)
