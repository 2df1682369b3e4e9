"""Maps out: ``<out>/<video>/<frame name>.png``, 8-bit grey."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.io.atomic import write_png
from vsodboost.io.output_paths import safe_name, video_folder


def map_to_uint8(saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Saliency in [0, 1] as ``uint8`` of the same shape: round(255 · map), clipped.

    Raises:
        ValueError: NaN or infinite values.
    """
    if not np.isfinite(saliency).all():
        raise ValueError("a saliency map to be written holds NaN or infinity")
    levels: NDArray[np.uint8] = np.rint(np.clip(saliency, 0.0, 1.0) * 255.0).astype(np.uint8)
    return levels


class MapWriter:
    """Writes the maps of one video, each atomically; nothing ever lands outside ``out``."""

    def __init__(self, out: str | Path, video: str) -> None:
        self.folder = video_folder(out, video)

    def write(self, name: str, saliency: NDArray[np.float32], size: tuple[int, int] | None = None) -> Path:
        """Write ``float32[h, w]`` in [0, 1] as the map of frame ``name`` and return its path.

        ``size`` is the (H, W) of the source frame; a map of another size is resized bilinearly.

        Raises:
            InputError: ``name`` cannot be a file name.
            ValueError: NaN or infinite values.
            VsodboostError: the file cannot be written.
        """
        if size is not None and saliency.shape != size:
            saliency = cv2.resize(saliency, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
        path = self.folder / f"{safe_name(name)}.png"
        write_png(path, map_to_uint8(saliency))
        return path
