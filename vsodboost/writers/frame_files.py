"""A picture a frame in a folder below the video's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.io.atomic import remove_leftovers, write_bytes, write_errors, write_png
from vsodboost.io.output_paths import safe_name
from vsodboost.ops.threads import each, threads_for
from vsodboost.registry.writer import VideoOutput


class FrameFiles:
    """Pictures ``<video's folder>/<name>/<frame>.png``; those of an earlier run are cleared away when it is made,
    unless this one goes on with the video."""

    def __init__(self, output: VideoOutput, name: str, suffix: str = ".png") -> None:
        self.folder = output.folder / name
        self._suffix, self._threads = suffix, threads_for(output.size)
        if self.folder.is_dir():
            remove_leftovers(self.folder)
            for file in () if output.resumed else self.folder.glob(f"*{suffix}"):
                with write_errors(file):
                    file.unlink()

    def write(self, frame: str, image: NDArray[np.uint8]) -> None:
        """Write a picture ``uint8[H, W]``, ``[H, W, 3]`` or ``[H, W, 4]``, whole or not at all.

        Raises:
            InputError: the frame's name cannot be a file's.
            VsodboostError: the file cannot be written.
        """
        write_png(self.path(frame), image)

    def write_each(
        self,
        names: Iterable[str],
        picture: Callable[..., NDArray[np.uint8]],
        *given: Iterable[Any],
        in_turn: bool = False,
    ) -> None:
        """Write what ``picture`` makes of the values ``given`` for each of ``names``, several at a time unless
        ``in_turn``. Raises as ``write``."""
        frames = zip(names, *given, strict=True)
        each(lambda frame: self.write(frame[0], picture(*frame[1:])), frames, 1 if in_turn else self._threads)

    def write_bytes(self, frame: str, data: bytes) -> None:
        """Write a file of another kind. Raises as ``write``."""
        write_bytes(self.path(frame), data)

    def path(self, frame: str) -> Path:
        """Return where a frame's file lies."""
        return self.folder / f"{safe_name(frame)}{self._suffix}"
