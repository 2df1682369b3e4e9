"""The overlay video: the map laid over the frame, to look at. PyAV is imported when one is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

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
# No B-frames: in MP4 a frame stands until the next one in coding order, which with B-frames is not the next one shown.
ENCODERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("libx264", {"crf": "18", "preset": "veryfast", "bf": "0"}),
    ("libopenh264", {"b": "6000000"}),
    ("mpeg4", {"qscale": "3"}),
)
TICKS = 60000
"""Steps a second, at the most, in which frame times are written; MPEG-4 knows no more than 65535."""


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
    Frames follow each other at ``fps``, unless ``write`` is told their times.

    Raises:
        VsodboostError: the file cannot be written, or PyAV has no encoder for it.
    """

    def __init__(self, path: str | Path, fps: float, size: tuple[int, int]) -> None:
        self.path = Path(path)
        self.size = size
        self._rate = Fraction(fps if fps > 0 else 24).limit_denominator(1001)
        # A multiple of the rate, so that frames at that rate stand exactly where they belong.
        self._base = 1 / (self._rate * max(1, int(TICKS / self._rate)))
        self._stack = ExitStack()
        self._next = 0
        self._waiting: tuple[NDArray[np.uint8], int, float | None] | None = None
        self._durations: dict[int, int] = {}

    def __enter__(self) -> OverlayVideo:
        import av

        temporary = self._stack.enter_context(atomic_path(self.path))
        with self._stack, self._errors():
            self._container = self._stack.enter_context(av.open(str(temporary.absolute()), "w", format="mp4"))
            encoder, options = self._encoder()
            self._stream: Any = self._container.add_stream(encoder, rate=self._rate, options=options)
            height, width = self.size
            self._stream.height, self._stream.width = height + height % 2, width + width % 2
            self._stream.pix_fmt = "yuv420p"
            self._stream.codec_context.time_base = self._base
            self._stack = self._stack.pop_all()
        return self

    def _encoder(self) -> tuple[str, dict[str, str]]:
        import av

        for name, options in ENCODERS:
            try:
                av.Codec(name, "w")
            except ValueError:  # this build of PyAV has none of that name
                continue
            return name, options
        raise VsodboostError(f"cannot write {self.path}: PyAV has neither an H.264 nor an MPEG-4 encoder")

    def write(
        self,
        frame: NDArray[np.uint8],
        saliency: NDArray[np.float32],
        time: float | None = None,
        duration: float | None = None,
    ) -> None:
        """Append ``frame`` ``uint8[H, W, 3]`` RGB with ``saliency`` ``float32[H, W]`` in [0, 1] laid over it.

        ``time`` is when it is shown, in seconds since the first frame (default: one step of ``fps`` after the one
        before); ``duration`` is for how long, which matters for the last frame.
        """
        if frame.shape[:2] != self.size or saliency.shape != self.size:
            raise ValueError(f"frame {frame.shape[:2]} and map {saliency.shape} must both be {self.size}")
        height, width = self.size
        image = np.pad(draw_overlay(frame, saliency), ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        place = self._next if time is None else self._ticks(time)
        if self._waiting is not None:
            place = max(place, self._waiting[1] + 1)  # two frames at one time would be one
            self._encode(place - self._waiting[1])
        self._waiting = (image, place, duration)
        self._next = place + self._step

    @property
    def _step(self) -> int:
        return max(1, self._ticks(float(1 / self._rate)))

    def _ticks(self, seconds: float) -> int:
        return round(seconds / float(self._base))

    def _encode(self, duration: int) -> None:
        """Encode the frame that waited for the length of its time to be known."""
        import av

        assert self._waiting is not None
        image, place, _ = self._waiting
        picture = av.VideoFrame.from_ndarray(image, format="rgb24")
        picture.pts, picture.time_base = place, self._base
        self._durations[place] = duration
        self._mux(picture)

    def _mux(self, picture: Any) -> None:
        """Write what the encoder has ready; it does not hand on how long a frame stands, and the last one counts."""
        with self._errors():
            for packet in self._stream.encode(picture):
                duration = self._durations.pop(packet.pts, None)
                if duration is not None:
                    with suppress(AttributeError):  # a PyAV that cannot set it; then the last frame stands one step
                        packet.duration = duration
                self._container.mux(packet)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        import av

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
                if self._waiting is not None:
                    held = self._waiting[2]
                    self._encode(self._step if held is None else max(1, self._ticks(held)))
                self._mux(None)
            return None


class Overlay(Writer):
    """The writer ``overlay``: ``overlay.mp4``."""

    def begin(self, output: VideoOutput) -> None:
        """Open the video at the source's size and rate."""
        self._stack, self._times = ExitStack(), output.times
        video = OverlayVideo(output.folder / "overlay.mp4", output.source.fps, output.size)
        self._video = self._stack.enter_context(video)

    def add(self, buffer: BoostedBuffer) -> None:
        """Append the buffer's frames with their maps laid over them."""
        for name, image, saliency in zip(buffer.scene.names, buffer.frames, buffer.maps, strict=True):
            self._video.write(image, saliency, *self._times.get(name, (None, None)))

    def finish(self, summary: dict[str, Any]) -> None:
        """Give the video its name."""
        self._stack.close()

    def abort(self) -> None:
        """Throw the video away."""
        drop(self._stack)
