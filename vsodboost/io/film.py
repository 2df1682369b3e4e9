"""A video file that is written frame by frame, at the frames' own times, with the sound of the source beside it. PyAV
is imported when one is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import VsodboostError
from vsodboost.io.atomic import atomic_path, write_errors
from vsodboost.io.sound import Sound, SoundTrack
from vsodboost.io.video_streams import reason

TICKS = 60000
"""Steps a second, at the most, in which frame times are written; MPEG-4 knows no more than 65535."""
BT709 = 1
"""FFmpeg's number of the colours that HD video has: matrix, primaries and transfer."""
LIMITED = 1
"""FFmpeg's number of the range 16 to 235."""


@dataclass(frozen=True)
class Recipe:
    """How a film is written: the ``container``, ``encoders`` with their options, the first that is there, the
    ``pixels`` it stores, and whether sides must be ``even`` (odd ones are then padded by a row or column)."""

    container: str
    encoders: tuple[tuple[str, dict[str, str]], ...]
    pixels: str
    even: bool = False


# No B-frames: in MP4 a frame stands until the next one in coding order, which with B-frames is not the next one shown.
H264 = Recipe(
    "mp4",
    (
        ("libx264", {"crf": "18", "preset": "veryfast", "bf": "0"}),
        ("libopenh264", {"b": "6000000"}),
        ("mpeg4", {"qscale": "3"}),
    ),
    "yuv420p",
    even=True,
)
PRORES_4444 = Recipe("mov", (("prores_ks", {"profile": "4444", "alpha_bits": "16", "vendor": "apl0"}),), "yuva444p10le")
VP9_ALPHA = Recipe(
    "webm",
    (("libvpx-vp9", {"crf": "18", "b": "0", "auto-alt-ref": "0", "row-mt": "1", "cpu-used": "4"}),),
    "yuva420p",
)


def frame_rate(fps: float) -> Fraction:
    """Return a rate that containers can hold; 24 where ``fps`` is not known (0)."""
    return Fraction(fps if fps > 0 else 24).limit_denominator(1001)


@contextmanager
def film_errors(path: Path) -> Iterator[None]:
    """As ``write_errors``, for what FFmpeg says, too.

    Raises:
        VsodboostError: nothing more can be written anywhere.
        VideoError: this film cannot be written.
    """
    import av

    with write_errors(path):
        try:
            yield
        except av.FFmpegError as error:
            raise OSError(error.errno, reason(error)) from error


class Film:
    """Writes a video frame by frame; it gets its name when the block ends without an error.

    ``size`` is (H, W) in px, ``aspect`` the width of a pixel over its height. Frames follow each other at ``fps``,
    unless ``append`` is told their times. ``sound`` is what is to be heard beside them; ``notes`` say what became of it
    where that is not obvious.

    Raises:
        VsodboostError: the disk is full, failing or read-only, or PyAV has no encoder for it.
        VideoError: this file cannot be written.
    """

    def __init__(
        self,
        path: str | Path,
        recipe: Recipe,
        fps: float,
        size: tuple[int, int],
        sound: SoundTrack | None = None,
        aspect: Fraction = Fraction(1),
    ) -> None:
        self.path = Path(path)
        self.size, self._aspect = size, aspect
        self._recipe, self._track = recipe, sound
        self._rate = frame_rate(fps)
        # A multiple of the rate, so that frames at that rate stand exactly where they belong.
        self._base = 1 / (self._rate * max(1, int(TICKS / self._rate)))
        self._stack = ExitStack()
        self._sound: Sound | None = None
        self._lead = 0.0 if sound is None else sound.lead
        self._next = self._ticks(self._lead)
        self._waiting: tuple[NDArray[np.uint8], int, float | None] | None = None
        self._durations: dict[int, int] = {}

    @property
    def notes(self) -> list[str]:
        """What the user should know of the sound."""
        return [] if self._sound is None else self._sound.notes

    def __enter__(self) -> Film:
        import av

        temporary = self._stack.enter_context(atomic_path(self.path))
        with film_errors(self.path), self._stack:
            kind = self._recipe.container
            self._container = self._stack.enter_context(av.open(str(temporary.absolute()), "w", format=kind))
            self._stream = self._new_stream()
            if self._track is not None:
                self._sound = Sound(self._track, self._container, kind)
                self._stack.callback(self._sound.close)
            self._stack = self._stack.pop_all()
        return self

    def _new_stream(self) -> Any:
        encoder, options = self._encoder()
        stream: Any = self._container.add_stream(encoder, rate=self._rate, options=options)
        even = self._recipe.even
        stream.height, stream.width = (side + side % 2 * even for side in self.size)
        stream.pix_fmt = self._recipe.pixels
        context = stream.codec_context
        context.time_base = self._base
        if self._aspect != 1:
            context.sample_aspect_ratio = self._aspect
        for name in ("colorspace", "color_primaries", "color_trc"):
            with suppress(AttributeError):  # a PyAV that cannot tell; players then guess, mostly right
                setattr(context, name, BT709)
        with suppress(AttributeError):
            context.color_range = LIMITED
        return stream

    def _encoder(self) -> tuple[str, dict[str, str]]:
        import av

        for name, options in self._recipe.encoders:
            try:
                av.Codec(name, "w")
            except ValueError:  # this build of PyAV has none of that name
                continue
            return name, options
        wanted = " nor ".join(name for name, _ in self._recipe.encoders)
        raise VsodboostError(f"cannot write {self.path}: this PyAV has no encoder {wanted}; pip install -U av")

    def append(self, image: NDArray[np.uint8], time: float | None = None, duration: float | None = None) -> None:
        """Append an ``image uint8[H, W, 3]`` RGB, or ``uint8[H, W, 4]`` with straight alpha.

        ``time`` is when it is shown, in seconds since the first frame (default: one step of ``fps`` after the one
        before); ``duration`` is for how long, which matters for the last frame.
        """
        if image.shape[:2] != self.size:
            raise ValueError(f"a frame is {image.shape[:2]}, but the film {self.size}")
        if self._recipe.even and any(side % 2 for side in self.size):
            image = np.pad(image, ((0, self.size[0] % 2), (0, self.size[1] % 2), (0, 0)), mode="edge")
        place = self._next if time is None else self._ticks(time + self._lead)
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
        picture = av.VideoFrame.from_ndarray(image, format="rgba" if image.shape[2] == 4 else "rgb24")
        picture = picture.reformat(format=self._recipe.pixels, dst_colorspace="ITU709")
        picture.pts, picture.time_base = place, self._base
        self._durations[place] = duration
        if self._sound is not None:
            self._sound.up_to(place * float(self._base))
        self._mux(picture)

    def _mux(self, picture: Any) -> None:
        """Write what the encoder has ready; it does not hand on how long a frame stands, and the last one counts."""
        with film_errors(self.path):
            for packet in self._stream.encode(picture):
                duration = self._durations.pop(packet.pts, None)
                if duration is not None:
                    with suppress(AttributeError):  # a PyAV that cannot set it; then the last frame stands one step
                        packet.duration = duration
                self._container.mux(packet)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        with film_errors(self.path):
            if kind is not None:
                return self._stack.__exit__(kind, error, trace)
            with self._stack:
                self._conclude()
            return None

    def _conclude(self) -> None:
        """Encode the last frame and write the rest of the sound."""
        end = 0
        if self._waiting is not None:
            _, place, held = self._waiting
            stands = self._step if held is None else max(1, self._ticks(held))
            self._encode(stands)
            end = place + stands
        if self._sound is not None:
            self._sound.finish(end * float(self._base))
        self._mux(None)
