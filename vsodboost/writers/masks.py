"""Hard masks out: ``<out>/<video>/masks/<frame name>.png``, 0 and 255; the soft maps stay as they are."""

from __future__ import annotations

import numpy as np

from vsodboost.data.boosted import BoostedBuffer, BoostedFrame
from vsodboost.ops.threads import each, threads_for
from vsodboost.registry.writer import VideoOutput, Writer
from vsodboost.writers.frame_files import FrameFiles
from vsodboost.writers.shape import Shape


class Masks(Writer):
    """The writer ``masks``: every frame's object, yes or no."""

    from_maps = True

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def begin(self, output: VideoOutput) -> None:
        """Start on a video's folder."""
        self._files, self._size = FrameFiles(output, "masks"), output.size

    def add(self, buffer: BoostedBuffer) -> None:
        """Write the buffer's masks."""
        each(self._write, buffer.by_frame(), threads_for(self._size))

    def _write(self, frame: BoostedFrame) -> None:
        self._files.write(frame.name, self._shape.mask(frame.map).astype(np.uint8) * np.uint8(255))
