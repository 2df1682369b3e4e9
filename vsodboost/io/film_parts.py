"""A video file made of parts, one a buffer, so that a killed run loses none that is whole.

They are joined as they are, without encoding anew. PyAV is imported when parts are joined.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from vsodboost.data.errors import VideoError
from vsodboost.io.atomic import atomic_path
from vsodboost.io.checkpoint import Stale, sync_file
from vsodboost.io.film import Recipe, film_errors, frame_rate
from vsodboost.io.sound import Sound, SoundTrack


@dataclass
class FilmParts:
    """The parts of one film in ``folder``, named ``<name>-00000.mp4`` and so on; ``offsets`` are the seconds at which
    the first frame of each is shown. ``suffix`` says the container."""

    folder: Path
    name: str
    suffix: str
    offsets: list[float] = field(default_factory=list)

    def path(self, index: int) -> Path:
        """Return where a part lies."""
        return self.folder / f"{self.name}-{index:05d}{self.suffix}"

    def begin(self, offset: float) -> Path:
        """Return where the next part is to be written, whole, whose first frame is shown at ``offset`` seconds."""
        self.offsets.append(offset)
        return self.path(len(self.offsets) - 1)

    def checkpoint(self) -> dict[str, Any]:
        """Return where the parts stand, as plain values."""
        if self.offsets:
            sync_file(self.path(len(self.offsets) - 1))
        sizes = [self.path(index).stat().st_size for index in range(len(self.offsets))]
        return {"offsets": list(self.offsets), "sizes": sizes}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on where ``checkpoint`` was called. Raises Stale when a part is gone."""
        for index, size in enumerate(saved["sizes"]):
            path = self.path(index)
            if not path.is_file() or path.stat().st_size != size:
                raise Stale(f"{path} is not as its checkpoint says")
        self.offsets = list(saved["offsets"])

    def join(self, path: Path, recipe: Recipe, track: SoundTrack | None = None, fps: float = 0.0) -> list[str]:
        """Write all parts one after the other to ``path``, as they are encoded, with the sound of ``track``; return
        what the user should know of that. ``fps`` is the frames' usual rate (0: unknown).

        Raises:
            VsodboostError: the disk is full, failing or read-only.
            VideoError: this file cannot be written, or the parts are not of one kind.
        """
        import av

        with (
            atomic_path(path) as temporary,
            film_errors(path),
            av.open(str(temporary.absolute()), "w", format=recipe.container) as written,
        ):
            joint = _Joint(written, path, recipe, fps)
            joint.add(self, track)
        return joint.notes


class _Joint:
    """One joining: packets are written in the order of their times."""

    def __init__(self, written: Any, path: Path, recipe: Recipe, fps: float) -> None:
        self.written, self.path, self.recipe = written, path, recipe
        self.rate = frame_rate(fps)
        self.stream: Any = None
        self.last = -1
        self.notes: list[str] = []

    def add(self, parts: FilmParts, track: SoundTrack | None) -> None:
        import av

        sound: Sound | None = None
        end = 0.0
        with ExitStack() as stack:
            for index, offset in enumerate(parts.offsets):
                with av.open(str(parts.path(index).absolute())) as part:
                    film = part.streams.video[0]
                    if self.stream is None:
                        self._begin(film)
                        if track is not None:
                            sound = Sound(track, self.written, self.recipe.container)
                            stack.callback(sound.close)
                    elif film.codec_context.extradata != self.extradata:
                        raise VideoError(f"cannot write {self.path}: its parts were encoded in different ways")
                    shift = round(Fraction(offset + (0.0 if track is None else track.lead)) / self.base)
                    for packet in part.demux(film):
                        if packet.size:
                            place = float(self._place(packet, shift) * self.base)
                            end = place + float((packet.duration or 0) * self.base)
                            if sound is not None:
                                sound.up_to(place)
                            self.written.mux(packet)
            if sound is not None:
                sound.finish(end)
                self.notes = sound.notes

    def _begin(self, film: Any) -> None:
        older = not hasattr(self.written, "add_stream_from_template")  # PyAV < 14
        add = self.written.add_stream
        self.stream = add(template=film) if older else self.written.add_stream_from_template(film)
        self.base, self.extradata = film.time_base, film.codec_context.extradata
        with suppress(AttributeError):
            self.stream.time_base = self.base
        if film.sample_aspect_ratio not in (None, 0, 1):  # ProRes itself does not say it
            self.stream.codec_context.sample_aspect_ratio = film.sample_aspect_ratio
        with suppress(AttributeError):  # Matroska says how long a frame stands only where a usual length is known
            self.stream.codec_context.framerate = self.rate
        if self.stream.codec_context.pix_fmt != self.recipe.pixels:  # the decoder of VP9 knows nothing of its alpha
            self.stream.codec_context.pix_fmt = self.recipe.pixels

    def _place(self, packet: Any, shift: int) -> int:
        """Move a packet to its place in the film, which it returns, in ticks; two frames at one time would be one."""
        place: int = max(packet.pts + shift, self.last + 1)
        packet.pts = packet.dts = self.last = place
        packet.stream = self.stream
        return place
