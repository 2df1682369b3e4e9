"""Maps out: ``<out>/<video>/<frame name>.png``, 8-bit grey."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.io.atomic import write_png
from vsodboost.io.output_paths import safe_name
from vsodboost.ops.threads import each, threads_for
from vsodboost.registry.writer import VideoOutput, Writer


def map_to_uint8(saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Saliency in [0, 1] as ``uint8`` of the same shape: round(255 · map), clipped.

    Raises:
        ValueError: NaN or infinite values.
    """
    if not np.isfinite(saliency).all():
        raise ValueError("a saliency map to be written holds NaN or infinity")
    levels: NDArray[np.uint8] = np.rint(np.clip(saliency, 0.0, 1.0) * 255.0).astype(np.uint8)
    return levels


def write_map(folder: Path, name: str, saliency: NDArray[np.float32]) -> Path:
    """Write ``float32[H, W]`` in [0, 1] as ``folder/<name>.png``, whole or not at all, and return its path.

    Raises:
        InputError: ``name`` cannot be a file name.
        ValueError: NaN or infinite values.
        VsodboostError: the file cannot be written.
    """
    path = folder / f"{safe_name(name)}.png"
    write_png(path, map_to_uint8(saliency))
    return path


class Maps(Writer):
    """The writer ``maps``: every frame's map."""

    def begin(self, output: VideoOutput) -> None:
        """Start on a video's folder."""
        self._folder = output.folder

    def add(self, buffer: BoostedBuffer) -> None:
        """Write the buffer's maps, each whole or not at all. Raises InputError for a name that no file can have."""
        size = (int(buffer.maps.shape[1]), int(buffer.maps.shape[2]))
        each(lambda frame: write_map(self._folder, frame.name, frame.map), buffer.by_frame(), threads_for(size))
