"""What a cutout is laid on: a colour, a picture, another video, or the blurred frame itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.video import Frame
from vsodboost.io.image_file import is_image, read_rgb
from vsodboost.io.video_file import VideoFile, is_video
from vsodboost.ops.boxes import enclosing

Picture = NDArray[np.uint8]
BLUR = 0.03
"""Width of the blur, as a share of the frame's short side."""

EARLY = 1e-4
"""Seconds by which a frame may come too early: sums of times are not exact."""


class Backdrop(Protocol):
    """What is beneath the object. ``in_turn``: it is another from frame to frame, and to be asked in their order."""

    in_turn: bool

    def beneath(self, frame: Picture, alpha: Picture, seconds: float) -> Picture:
        """Return ``uint8[H, W, 3]`` for a ``frame`` of that size with the object's ``alpha uint8[H, W]``, shown
        ``seconds`` after the first."""
        ...


def backdrop(given: str) -> Backdrop:
    """Return what ``--background`` names: a colour (``green``, ``#00b140``), a picture, a video, or ``blur``.

    Raises:
        UsageError: it is none of these.
    """
    if given.lower() == "blur":
        return Blurred()
    path = Path(given).expanduser()
    if path.exists():
        if is_video(path):
            return Playing(path)
        if path.is_file() and is_image(path):
            return Still(path)
        raise UsageError(f"background {given} is neither a picture nor a video")
    from PIL import ImageColor

    try:
        colour = ImageColor.getrgb(given)
    except ValueError as error:
        raise UsageError(
            f"background {given!r} is no file that is there, no colour (green, #00b140, white), and not blur"
        ) from error
    return Plain((colour[0], colour[1], colour[2]))


class Plain:
    """One colour."""

    in_turn = False

    def __init__(self, colour: tuple[int, int, int]) -> None:
        self._colour = colour

    def beneath(self, frame: Picture, alpha: Picture, seconds: float) -> Picture:
        """Return the colour everywhere."""
        return np.broadcast_to(np.array(self._colour, np.uint8), frame.shape)


class Blurred:
    """The frame itself, out of focus, and without the object: its colours do not bleed into what is around it."""

    in_turn = False

    def beneath(self, frame: Picture, alpha: Picture, seconds: float) -> Picture:
        """Return the blurred background."""
        width = BLUR * min(frame.shape[:2])
        share = np.maximum(1 - alpha.astype(np.float32) / 255, 1e-3)[..., None]
        total = cv2.GaussianBlur(frame.astype(np.float32) * share, (0, 0), width)
        weight = cv2.GaussianBlur(share, (0, 0), width)[..., None]
        return np.asarray(np.clip(np.rint(total / weight), 0, 255), np.uint8)


class Still:
    """A picture, enlarged or shrunk to cover the frame."""

    in_turn = False

    def __init__(self, path: Path) -> None:
        self._picture = read_rgb(path)
        self._fitted: Picture | None = None

    def beneath(self, frame: Picture, alpha: Picture, seconds: float) -> Picture:
        """Return the picture at the frame's size."""
        size = (int(frame.shape[0]), int(frame.shape[1]))
        if self._fitted is None or self._fitted.shape[:2] != size:
            self._fitted = covering(self._picture, size)
        return self._fitted


class Playing:
    """A video, at its own speed, from the beginning again when it ends."""

    in_turn = True

    def __init__(self, path: Path) -> None:
        self._source = VideoFile(path)
        if self._source.length is None:
            raise UsageError(f"background {path} cannot be read as a video")
        self._rewind(0.0)

    def _rewind(self, start: float) -> None:
        self._start = start
        self._frames: Iterator[Frame] = self._source.frames()
        self._now = next(self._frames)
        self._after = next(self._frames, None)

    def beneath(self, frame: Picture, alpha: Picture, seconds: float) -> Picture:
        """Return the video's frame of that moment at the frame's size."""
        if seconds < self._start:  # the next of our videos began
            self._rewind(0.0)
        while True:
            if self._after is None:
                ends = self._start + (self._now.time or 0.0) + (self._now.duration or 1 / self._source.fps)
                if seconds < ends - EARLY:
                    break
                self._rewind(ends)
            elif self._start + (self._after.time or 0.0) <= seconds + EARLY:
                self._now, self._after = self._after, self._following()
            else:
                break
        return covering(self._now.image, (int(frame.shape[0]), int(frame.shape[1])))

    def _following(self) -> Frame | None:
        try:
            return next(self._frames, None)
        except InputError:  # damaged from here on: what is there is shown, and again from the beginning
            return None


def covering(picture: Picture, size: tuple[int, int]) -> Picture:
    """Return ``uint8[H, W, 3]`` of ``size``: the picture scaled until it covers it, what hangs over cut off."""
    height, width = size
    scale = max(height / picture.shape[0], width / picture.shape[1])
    wide, high = max(width, round(picture.shape[1] * scale)), max(height, round(picture.shape[0] * scale))
    scaled = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    top, left = (high - height) // 2, (wide - width) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width])


def compose(cut: Picture, beneath: Picture) -> Picture:
    """Lay ``cut uint8[H, W, 4]``, straight alpha, over ``beneath uint8[H, W, 3]``; ``uint8[H, W, 3]``."""
    laid, box = np.array(beneath), enclosing(cut[..., 3])
    if box is None:
        return laid
    share = cv2.cvtColor(np.ascontiguousarray(cut[box][..., 3]), cv2.COLOR_GRAY2RGB).astype(np.uint16)
    mixed = cut[box][..., :3] * share + laid[box] * (255 - share) + np.uint16(128)
    laid[box] = (mixed + (mixed >> 8)) >> 8  # a 255th, rounded: whole numbers take a third of the time
    return laid
