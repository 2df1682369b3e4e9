"""Any frame of a video at once, although videos are read from first to last: frames are kept on disk as they pass."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError
from vsodboost.data.video import VideoSource
from vsodboost.io.atomic import write_bytes
from vsodboost.writers.report.pictures import fitted

LARGEST = 1280
"""px of the long side of a frame that is kept."""
BEYOND = 48
"""Frames that are read on beyond the one that is asked for: the next ones are likely to follow."""
QUALITY = 90


class FrameStore:
    """Frames of one video as JPEG in ``folder``; the first way to a frame takes as long as decoding up to it."""

    def __init__(self, source: VideoSource, folder: Path) -> None:
        self.source, self.folder = source, folder
        self._lock = threading.Lock()

    def jpeg(self, index: int) -> bytes:
        """Return a frame as JPEG. Raises InputError when the video has no such frame, or cannot be read."""
        path = self._path(index)
        if not path.exists():
            with self._lock:  # another request may be on its way to the same frame
                if not path.exists():
                    self._read_to(index)
        return path.read_bytes()

    def image(self, index: int) -> NDArray[np.uint8]:
        """Return a frame as ``uint8[h, w, 3]`` RGB, at the size that is kept. Raises as ``jpeg`` does."""
        found = cv2.imdecode(np.frombuffer(self.jpeg(index), np.uint8), cv2.IMREAD_COLOR)
        if found is None:
            raise InputError(f"{self._path(index)} is damaged; delete it")
        return np.ascontiguousarray(found[:, :, ::-1])

    def _read_to(self, index: int) -> None:
        seen = -1
        for seen, frame in enumerate(self.source.frames()):
            if seen > index + BEYOND:
                return
            path = self._path(seen)
            if path.exists():
                continue
            small = np.ascontiguousarray(fitted(frame.image, LARGEST)[:, :, ::-1])
            write_bytes(path, cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes())
        if index > seen:
            raise InputError(f"{self.source.path} has no frame {index}; it has {seen + 1}")

    def _path(self, index: int) -> Path:
        return self.folder / f"{index:06d}.jpg"
