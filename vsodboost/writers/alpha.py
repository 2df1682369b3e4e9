"""The object with transparency around it, for editors and the web: ProRes 4444, VP9 with alpha, or a PNG sequence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.boosted import BoostedBuffer, BoostedFrame
from vsodboost.data.errors import UsageError
from vsodboost.io.film import PRORES_4444, VP9_ALPHA
from vsodboost.registry.interfaces import Request
from vsodboost.registry.writer import VideoOutput, Writer
from vsodboost.writers.film_writer import FilmWriter
from vsodboost.writers.frame_files import FrameFiles
from vsodboost.writers.shape import Shape

FILMS = {"mov": PRORES_4444, "webm": VP9_ALPHA}
ALSO = {"": "mov", "prores": "mov", "vp9": "webm"}


def build(request: Request) -> Writer:
    """Return the writer for ``alpha:mov`` (the default), ``alpha:webm`` or ``alpha:png``.

    Raises:
        UsageError: another format, or a wrong option.
    """
    kind = ALSO.get(request.argument.lower(), request.argument.lower())
    shape = Shape.of(request)
    if kind == "png":
        return AlphaPictures(shape)
    if kind not in FILMS:
        raise UsageError(f"alpha:{request.argument}: there are alpha:mov (ProRes 4444), alpha:webm (VP9) and alpha:png")
    return AlphaFilm(kind, shape)


class AlphaFilm(FilmWriter):
    """Writes ``alpha.mov`` or ``alpha.webm``: straight alpha, the source's times and sound."""

    def __init__(self, kind: str, shape: Shape) -> None:
        self.file, self.recipe = f"alpha.{kind}", FILMS[kind]
        self.output_files = (self.file,)
        self._shape, self.in_turn = shape, shape.in_turn

    def picture(self, frame: BoostedFrame, image: NDArray[np.uint8], seconds: float) -> NDArray[np.uint8]:
        """Return the frame's object, RGBA."""
        return self._shape.cut_out(image, frame.map)


class AlphaPictures(Writer):
    """Writes ``alpha/<frame>.png``: RGBA, straight alpha; an image sequence for editors that take no ProRes."""

    from_maps = True
    name = "alpha"

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self.output_files = (f"{self.name}/{{frame}}.png",)

    def begin(self, output: VideoOutput) -> None:
        """Start on a video's folder."""
        self._files = FrameFiles(output, self.name)

    def add(self, buffer: BoostedBuffer) -> None:
        """Write the buffer's frames, cut out."""
        shape, names = self._shape, buffer.scene.names
        self._files.write_each(names, shape.cut_out, buffer.frames, buffer.maps, in_turn=shape.in_turn)
