"""The overlay video: the map laid over the frame, to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.errors import VsodboostError
from vsodboost.io.atomic import atomic_path, drop
from vsodboost.registry.writer import VideoOutput, Writer

RED = np.array([235.0, 40.0, 40.0], np.float32)
CONTOUR = (255, 235, 90)
STRENGTH = 0.55
ENCODERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("libx264", {"crf": "18", "preset": "veryfast"}),
    ("libopenh264", {"b": "6000000"}),
    ("mpeg4", {"qscale": "3"}),
)


def draw_overlay(frame: NDArray[np.uint8], saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
    """``frame`` ``uint8[H, W, 3]`` tinted red where ``saliency`` ``float32[H, W]`` in [0, 1] is high, 0.5 contoured."""
    alpha = np.clip(saliency, 0.0, 1.0)[:, :, None] * np.float32(STRENGTH)
    tinted = (frame * (1 - alpha) + RED * alpha + 0.5).astype(np.uint8)
    contours, _ = cv2.findContours((saliency >= 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    thickness = max(1, round(min(frame.shape[:2]) / 240))
    cv2.drawContours(tinted, contours, -1, CONTOUR, thickness, cv2.LINE_AA)
    return tinted


class OverlayVideo:
    """Writes an overlay video frame by frame; it gets its name when the block ends without an error.

    ``path`` ends in .mp4; ``size`` is (H, W) in px; odd sides are padded by one row or column (yuv420p has none).

    Raises:
        VsodboostError: the file cannot be written, or PyAV has no encoder for it.
    """

    def __init__(self, path: str | Path, fps: float, size: tuple[int, int]) -> None:
        self.path = Path(path)
        self.size = size
        self._rate = Fraction(fps if fps > 0 else 24).limit_denominator(1001)
        self._stack = ExitStack()

    def __enter__(self) -> OverlayVideo:
        temporary = self._stack.enter_context(atomic_path(self.path))
        with self._stack, self._errors():
            self._container = self._stack.enter_context(av.open(str(temporary.absolute()), "w", format="mp4"))
            encoder, options = self._encoder()
            self._stream: Any = self._container.add_stream(encoder, rate=self._rate, options=options)
            height, width = self.size
            self._stream.height, self._stream.width = height + height % 2, width + width % 2
            self._stream.pix_fmt = "yuv420p"
            self._stack = self._stack.pop_all()
        return self

    def _encoder(self) -> tuple[str, dict[str, str]]:
        for name, options in ENCODERS:
            try:
                av.Codec(name, "w")
            except ValueError:  # this build of PyAV has none of that name
                continue
            return name, options
        raise VsodboostError(f"cannot write {self.path}: PyAV has neither an H.264 nor an MPEG-4 encoder")

    def write(self, frame: NDArray[np.uint8], saliency: NDArray[np.float32]) -> None:
        """Append ``frame`` ``uint8[H, W, 3]`` RGB with ``saliency`` ``float32[H, W]`` in [0, 1] laid over it."""
        if frame.shape[:2] != self.size or saliency.shape != self.size:
            raise ValueError(f"frame {frame.shape[:2]} and map {saliency.shape} must both be {self.size}")
        height, width = self.size
        image = np.pad(draw_overlay(frame, saliency), ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        with self._errors():
            self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            raise VsodboostError(f"cannot write {self.path}: {error.strerror or error}") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        with self._errors():
            if kind is not None:
                return self._stack.__exit__(kind, error, trace)
            with self._stack:
                self._container.mux(self._stream.encode(None))
            return None


class Overlay(Writer):
    """The writer ``overlay``: ``overlay.mp4``."""

    def begin(self, output: VideoOutput) -> None:
        """Open the video at the source's size and rate."""
        self._stack = ExitStack()
        video = OverlayVideo(output.folder / "overlay.mp4", output.source.fps, output.size)
        self._video = self._stack.enter_context(video)

    def add(self, buffer: BoostedBuffer) -> None:
        """Append the buffer's frames with their maps laid over them."""
        for image, saliency in zip(buffer.frames, buffer.maps, strict=True):
            self._video.write(image, saliency)

    def finish(self, summary: dict[str, Any]) -> None:
        """Give the video its name."""
        self._stack.close()

    def abort(self) -> None:
        """Throw the video away."""
        drop(self._stack)
