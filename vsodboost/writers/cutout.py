"""The object cut out, a picture a frame; or, with a background, laid on it, as pictures and as a video."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.boosted import BoostedFrame
from vsodboost.io.film import H264
from vsodboost.registry.interfaces import Request
from vsodboost.registry.writer import VideoOutput, Writer
from vsodboost.writers.alpha import AlphaPictures
from vsodboost.writers.backdrop import Backdrop, backdrop, compose
from vsodboost.writers.film_writer import FilmWriter
from vsodboost.writers.frame_files import FrameFiles
from vsodboost.writers.shape import Shape


def build(request: Request) -> Writer:
    """Return the writer ``cutout``, with or without ``background=``. Raises UsageError for a wrong option."""
    shape, given = Shape.of(request), request.options.get("background")
    return Cutouts(shape) if given is None else Composed(shape, backdrop(given))


class Cutouts(AlphaPictures):
    """Writes ``cutout/<frame>.png``: RGBA, straight alpha."""

    name = "cutout"


class Composed(FilmWriter):
    """Writes ``cutout/<frame>.png``, RGB on the background, and ``cutout.mp4`` with the source's times and sound."""

    file, recipe = "cutout.mp4", H264
    output_files = ("cutout/{frame}.png", "cutout.mp4")

    def __init__(self, shape: Shape, beneath: Backdrop) -> None:
        self._shape, self._beneath = shape, beneath
        self.in_turn = shape.in_turn or beneath.in_turn

    def begin(self, output: VideoOutput) -> None:
        """Open the video and start on the folder."""
        super().begin(output)
        self._files = FrameFiles(output, "cutout")

    def picture(self, frame: BoostedFrame, image: NDArray[np.uint8], seconds: float) -> NDArray[np.uint8]:
        """Write and return the frame's object on the background."""
        cut = self._shape.cut_out(image, frame.map)
        picture = compose(cut, self._beneath.beneath(image, cut[..., 3], seconds))
        self._files.write(frame.name, picture)
        return picture
