"""How unsure each pixel is, as grey pictures: ``<out>/<video>/doubt/<frame name>.png``, 255 where nothing is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.ops.resize import resize_maps
from vsodboost.registry.writer import VideoOutput, Writer
from vsodboost.writers.frame_files import FrameFiles
from vsodboost.writers.maps import map_to_uint8


def doubt_of(buffer: BoostedBuffer) -> NDArray[np.float32]:
    """Return each pixel's doubt, ``float32[T, h, w]`` in [0, 1] at the working size: what the decision says of it.

    A decision of somebody else's need not say anything. Then two things make a pixel doubtful, and the larger counts: a
    value between yes and no, 4m(1 - m), and maps that disagree: how far the final one is, on average, from the target's
    and from what was predicted without the target.
    """
    if buffer.decision.doubt is not None:
        return buffer.decision.doubt
    final, scene = buffer.decision.maps, buffer.scene
    between = 4 * final * (1 - final)
    apart = (np.abs(final - scene.target) + np.abs(final - scene.target_free)) / 2
    return np.asarray(np.maximum(between, np.clip(apart, 0, 1)), np.float32)


class Doubt(Writer):
    """The writer ``doubt``: a grey picture a frame."""

    output_files = ("doubt/{frame}.png",)

    def begin(self, output: VideoOutput) -> None:
        """Start on a video's folder."""
        self._files = FrameFiles(output, "doubt")
        self._size = output.size

    def add(self, buffer: BoostedBuffer) -> None:
        """Write the buffer's pictures."""
        self._files.write_each(buffer.scene.names, self._picture, doubt_of(buffer))

    def _picture(self, doubt: NDArray[np.float32]) -> NDArray[np.uint8]:
        return map_to_uint8(resize_maps(doubt[None], self._size)[0])
