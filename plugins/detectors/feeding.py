"""How an exported detector is fed and read, and the options that say so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from vsodboost.registry.options import Options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


Fit = Literal["letterbox", "corner", "stretch"]
FITS: tuple[Fit, ...] = ("letterbox", "corner", "stretch")
Head = Literal["yolo-rows", "yolo-columns", "yolov4", "boxes", "anchors", "end2end"]
HEADS: tuple[Head, ...] = ("yolo-rows", "yolo-columns", "yolov4", "boxes", "anchors", "end2end")
FREE_SIDE = 640
"""Side in px of the picture for a graph that takes any."""
GREY = 114 / 255
"""What YOLO letterboxes are filled with."""


@dataclass(frozen=True)
class Normalisation:
    """Pixel values 0 to 255 are divided by ``white``, then ``mean`` is taken off and ``std`` divided by (channel order
    of the network; ``bgr`` says which).
    """

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    white: float = 255.0
    bgr: bool = False

    def __call__(self, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        """``float32[h, w, 3]`` of an RGB frame ``uint8[h, w, 3]``."""
        import numpy as np

        ordered = frame[..., ::-1] if self.bgr else frame
        return np.asarray((ordered / self.white - np.array(self.mean)) / np.array(self.std), np.float32)

    @property
    def grey(self) -> NDArray[np.float32]:
        """The grey of letterboxes, ``float32[3]``."""
        import numpy as np

        return np.asarray((GREY * 255 / self.white - np.array(self.mean)) / np.array(self.std), np.float32)


@dataclass(frozen=True)
class Feeding:
    """How the graph is fed and read; None: as its head suggests."""

    size: tuple[int, int] | None = None
    fit: Fit | None = None
    normalise: Normalisation = field(default_factory=Normalisation)
    head: Head | None = None
    order: str = "auto"
    unit: str = "auto"
    sigmoid: bool = False


def feeding_of(options: Options, default: Feeding = Feeding()) -> Feeding:
    """How the user wants the graph to be fed and read."""
    fit = options.choice("fit", ("auto", *FITS), default.fit or "auto")
    head = options.choice("head", ("auto", *HEADS), default.head or "auto")
    activation = options.choice("activation", ("none", "sigmoid"), "sigmoid" if default.sigmoid else "none")
    return replace(
        default,
        size=options.size("size", square=True) or default.size,
        fit=next((known for known in FITS if known == fit), None),
        head=next((known for known in HEADS if known == head), None),
        normalise=Normalisation(
            mean=options.three("mean", default.normalise.mean),
            std=options.three("std", default.normalise.std),
            white=float(options.choice("white", ("255", "1"), f"{default.normalise.white:g}")),
            bgr=options.choice("channels", ("rgb", "bgr"), "bgr" if default.normalise.bgr else "rgb") == "bgr",
        ),
        order=options.choice("boxes", ("auto", "xyxy", "yxyx", "xywh"), default.order),
        unit=options.choice("unit", ("auto", "px", "share"), default.unit),
        sigmoid=activation == "sigmoid",
    )
