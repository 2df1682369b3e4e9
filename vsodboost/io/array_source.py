"""Frames in memory as a video, for the Python API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.video import FOLDER_FPS, Frame


class ArraySource:
    """Frames from ``uint8[T, H, W, 3]``, a list of ``uint8[H, W, 3]`` or a generator of those, RGB.

    A generator can be read once only; ``frames()`` called again raises, since boosters that survey the whole video
    before they mine need two passes.
    """

    def __init__(self, frames: Iterable[NDArray[np.uint8]], name: str = "video", fps: float = FOLDER_FPS) -> None:
        if not (hasattr(frames, "__iter__") or hasattr(frames, "__getitem__")):
            raise UsageError(f"{name}: {_kind(frames)} is no video; give a path, uint8[T, H, W, 3] or a list of frames")
        if isinstance(frames, np.ndarray) and frames.ndim != 4:
            raise UsageError(f"{name}: frames are {_kind(frames)}; wanted uint8[T, H, W, 3] RGB")
        self.name = name
        self.path = Path(name)
        self.fps = fps
        self.length = len(frames) if isinstance(frames, Sized) else None
        self._frames = frames
        self._once = isinstance(frames, Iterator)
        self._spent = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the frames; none for a generator."""
        return tuple(f"{index:05d}" for index in range(self.length or 0))

    @property
    def size(self) -> tuple[int, int] | None:
        """(H, W) of the first frame in px; None for a generator, which looking would spend."""
        if self._once:
            return None
        height, width = next(self.frames()).image.shape[:2]
        return height, width

    def frames(self) -> Iterator[Frame]:
        """The frames, named ``00000``, ``00001`` ...

        Raises:
            InputError: no frames, or one that is not ``uint8[H, W, 3]`` of the first one's size.
            UsageError: a generator is to be read a second time.
        """
        if self._once and self._spent:
            raise UsageError(f"{self.name}: a generator can be read only once; pass a list, an array or a path")
        self._spent = True
        return self._read()

    def _read(self) -> Iterator[Frame]:
        first: tuple[int, ...] | None = None
        for index, image in enumerate(self._frames):
            name = f"{index:05d}"
            valid = isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3 and image.size > 0
            if not valid or image.shape[2] != 3:
                raise InputError(
                    f"{self.name}: frame {name} is {_kind(image)}; wanted uint8[H, W, 3] RGB{_mend(image)}"
                )
            first = first or image.shape
            if image.shape != first:
                raise InputError(
                    f"{self.name}: frame {name} is {image.shape[1]}x{image.shape[0]}, but the first is "
                    f"{first[1]}x{first[0]}; all frames of a video must have one size"
                )
            yield Frame(name, np.ascontiguousarray(image))
        if first is None:
            raise InputError(f"{self.name} holds no frames")


def _mend(image: Any) -> str:  # noqa: PLR0911 - a case a return
    """What makes a frame of what was given, where that is plain."""
    if isinstance(image, (str, Path)):
        return "; files are read from their folder, or a glob of them"
    if not isinstance(image, np.ndarray):
        return "" if image is None else ": an array, such as numpy.asarray(frame)"
    if np.issubdtype(image.dtype, np.floating):
        return ": of values in 0..1, (frame * 255).round().astype(numpy.uint8)"
    if image.dtype == np.uint16:
        return ": of 16 bits, (frame >> 8).astype(numpy.uint8)"
    if image.ndim == 3 and image.shape[2] == 4:
        return ": without alpha, frame[..., :3]"
    if image.ndim == 3 and image.shape[0] == 3:
        return ": with channels last, frame.transpose(1, 2, 0)"
    if image.ndim == 2 or image.shape[2:] == (1,):
        return ": of a grey one, numpy.repeat(frame.reshape(*frame.shape[:2], 1), 3, axis=2)"
    return ""


def _kind(value: Any) -> str:
    return f"{value.dtype}{list(value.shape)}" if isinstance(value, np.ndarray) else type(value).__name__
