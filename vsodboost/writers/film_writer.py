"""What all writers of videos share: a film at the source's times, with its sound."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.boosted import BoostedBuffer, BoostedFrame
from vsodboost.io.atomic import drop
from vsodboost.io.film import Film, Recipe
from vsodboost.io.sound import sound_of
from vsodboost.registry.writer import VideoOutput, Writer


class FilmWriter(Writer):
    """Writes the video ``file`` by ``recipe``; a subclass says what its pictures are."""

    file: str
    recipe: Recipe

    @abstractmethod
    def picture(self, frame: BoostedFrame, image: NDArray[np.uint8], seconds: float) -> NDArray[np.uint8]:
        """Return what is shown of a frame: ``uint8[H, W, 3]`` RGB, or ``[H, W, 4]`` with straight alpha, for its source
        ``image uint8[H, W, 3]``; ``seconds`` after the first frame."""

    def begin(self, output: VideoOutput) -> None:
        """Open the film at the source's size and rate."""
        self._stack, self._times = ExitStack(), output.times
        self._step, self._seconds = 1 / output.source.fps, 0.0
        path = output.folder / self.file
        film = Film(path, self.recipe, output.source.fps, output.size, sound_of(output.source))
        self._film = self._stack.enter_context(film)

    def add(self, buffer: BoostedBuffer) -> None:
        """Append the buffer's pictures."""
        for frame, image in zip(buffer.by_frame(), buffer.frames, strict=True):
            time, duration = self._times.get(frame.name, (None, None))
            self._seconds = self._seconds if time is None else time
            self._film.append(self.picture(frame, image, self._seconds), time, duration)
            self._seconds += self._step

    def finish(self, summary: dict[str, Any]) -> None:
        """Give the film its name, and say what became of the sound where that is not obvious."""
        self._stack.close()
        summary["warnings"] += [f"{self.file}: {note}" for note in self._film.notes]

    def abort(self) -> None:
        """Throw the film away."""
        drop(self._stack)
