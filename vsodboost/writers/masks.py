"""Hard masks out: ``<out>/<video>/masks/<frame name>.png``, 0 and 255; the soft maps stay as they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.registry.writer import VideoOutput, Writer
from vsodboost.writers.frame_files import FrameFiles
from vsodboost.writers.shape import Shape


class Masks(Writer):
    """The writer ``masks``: every frame's object, yes or no."""

    from_maps = True
    output_files = ("masks/{frame}.png",)

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def begin(self, output: VideoOutput) -> None:
        """Start on a video's folder."""
        self._files = FrameFiles(output, "masks")

    def add(self, buffer: BoostedBuffer) -> None:
        """Write the buffer's masks."""
        self._files.write_each(buffer.scene.names, self._picture, buffer.maps)

    def _picture(self, saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
        return self._shape.mask(saliency).astype(np.uint8) * np.uint8(255)
