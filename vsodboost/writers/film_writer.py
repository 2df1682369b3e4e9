"""What all writers of videos share: a film at the source's times, written in parts, with its sound in the end."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.boosted import BoostedBuffer, BoostedFrame
from vsodboost.data.video import pixel_aspect_of
from vsodboost.io.film import Film, Recipe
from vsodboost.io.film_parts import FilmParts
from vsodboost.io.sound import sound_of
from vsodboost.ops.threads import mapped, threads_for
from vsodboost.registry.writer import VideoOutput, Writer

SAYING_ASPECT = ("mp4", "mov")
"""Containers in which PyAV can say that pixels are not square."""


class FilmWriter(Writer):
    """Writes the video ``file`` by ``recipe``; a subclass says what its pictures are."""

    from_maps = True
    file: str
    recipe: Recipe
    in_turn: bool = False
    """Whether each ``picture`` wants to be made after the one before, by one thread."""

    @abstractmethod
    def picture(self, frame: BoostedFrame, image: NDArray[np.uint8], seconds: float) -> NDArray[np.uint8]:
        """Return what is shown of a frame: ``uint8[H, W, 3]`` RGB, or ``[H, W, 4]`` with straight alpha, for its source
        ``image uint8[H, W, 3]``; ``seconds`` after the first frame."""

    def begin(self, output: VideoOutput) -> None:
        """Take the source's size, rate and times."""
        self._output, self._seconds = output, 0.0
        file = Path(self.file)
        self._parts = FilmParts(output.parts, file.stem, file.suffix)

    def add(self, buffer: BoostedBuffer) -> None:
        """Write the buffer's pictures as a part of the film."""
        output, fps = self._output, self._output.source.fps
        times = [output.times.get(name, (None, None)) for name in buffer.scene.names]
        first, _ = times[0]
        offset = self._seconds if first is None else first
        aspect = pixel_aspect_of(output.source)
        threads = 1 if self.in_turn else threads_for(output.size)
        with Film(self._parts.begin(offset), self.recipe, fps, output.size, aspect=aspect) as film:
            shown = zip(buffer.by_frame(), buffer.frames, self._moments(times), strict=True)
            pictures = mapped(lambda frame: self.picture(*frame), shown, threads)
            for (time, duration), picture in zip(times, pictures, strict=True):
                film.append(picture, None if time is None else time - offset, duration)

    def _moments(self, times: Sequence[tuple[float | None, float | None]]) -> Iterator[float]:
        """Yield when each frame is shown: at its own time, or a frame's length after the one before."""
        for time, _ in times:
            self._seconds = self._seconds if time is None else time
            yield self._seconds
            self._seconds += 1 / self._output.source.fps

    def finish(self, summary: dict[str, Any]) -> None:
        """Join the parts with the sound, and say what became of it where that is not obvious."""
        source, path = self._output.source, self._output.folder / self.file
        notes = self._parts.join(path, self.recipe, sound_of(source), source.fps)
        aspect = pixel_aspect_of(source)
        if aspect != 1 and self.recipe.container not in SAYING_ASPECT:
            wide, high = aspect.as_integer_ratio()
            notes.append(f"the source's pixels are not square ({wide}:{high}), which this file cannot say")
        summary["warnings"] += [f"{self.file}: {note}" for note in notes]

    def checkpoint(self) -> dict[str, Any]:
        """Return which parts there are, and where the film stands."""
        return {"seconds": self._seconds, **self._parts.checkpoint()}

    def restore(self, output: VideoOutput, saved: dict[str, Any]) -> None:
        """Go on behind the parts that count. Raises InputError when one is gone."""
        self.begin(output)
        self._parts.restore(saved)
        self._seconds = saved["seconds"]
