"""Card fields as a user types them: ``--target-option mean=0.5,0.5,0.5`` and the like, read with clear refusals."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import UsageError
from vsodboost.registry.options import Numbers, Options

if TYPE_CHECKING:
    from vsodboost.targets.output_reader import Activation, OutputReader
    from vsodboost.targets.value_range import Scale

FEEDING = {
    "size": "HxW in px the frames are resized to, or source",
    "resize": "bilinear (default) or pil, which is antialiased",
    "scale": "what pixels are divided by before mean and std: 255 (default) or 1",
    "mean": "taken off each channel, as 0.5 or 0.485,0.456,0.406 (default: ImageNet's; with scale=1: 0)",
    "std": "each channel is divided by, as mean (default: ImageNet's; with scale=1: 1)",
    "channels": "rgb (default) or bgr: the order of the network's channels, mean and std",
    "batch": "frames a call at most (default 8)",
    "multiple": "sides are padded to multiples of so many px (default: what a trial call finds)",
    "minmax": "on stretches each map to the full range (default off)",
}
"""Options that say how a network is fed and read; ``fed_by`` understands them."""

WINDOWING = {
    "window": "frames a clip, for a model that sees several at once",
    "stride": "frames from one clip to the next (default: window)",
    "overlap": "where clips overlap: mean (default) or last",
}
"""Options that say how a video is cut into clips; ``windowed_by`` understands them."""

READING = {
    "output": "name or number of the output that is the map (default: the one whose name or size says so)",
    "class": "number of the class that is the object, for a channel a class and for maps of class numbers",
    "activation": "auto (default), sigmoid for logits, softmax for logits of classes, or none for values in 0..1",
    "range": "LOW..HIGH, what the values run over, as 0..100 (default: 0..1, 0..255 and -1..1 are recognised)",
}
"""Options that say how a network's output is read; ``reader_for`` understands them."""


class CardOptions(Options):
    """The options a target was given; ``owner`` (``onnx:FILE``) begins every refusal, all of which are UsageErrors."""

    def __init__(self, values: Mapping[str, str], owner: str) -> None:
        super().__init__(values, f"{owner}: option")
        self.owner = owner

    def scale(self, name: str) -> Scale | None:
        """LOW..HIGH; None when it is not given."""
        given = self.text(name, None)
        if given is None:
            return None
        number = r"([+-]?[0-9]+(?:\.[0-9]+)?)"
        found = re.fullmatch(rf"{number}\.\.{number}", given)
        if found is None or float(found[1]) == float(found[2]):
            raise self.refusal(name, "LOW..HIGH, as 0..255 or -1..1")
        from vsodboost.targets.value_range import Scale  # here, for NumPy comes with it

        return Scale(float(found[1]), float(found[2]))

    def frame_size(self, name: str) -> tuple[int, int] | None:
        """HxW in px as (H, W); None when it is not given or ``source``."""
        return None if self.text(name, "source") == "source" else self.size(name)


def fed_as_usual(options: CardOptions) -> bool:
    """Whether nothing was said of how pixels are normalised."""
    return not any(name in options for name in ("mean", "std", "scale"))


def reader_for(
    options: CardOptions, *, usual: Activation = "auto", words: Mapping[str, Activation] | None = None
) -> OutputReader:
    """The reader that the options of ``READING`` describe; ``usual`` is the activation where none is given."""
    from vsodboost.targets.output_reader import ACTIVATIONS, OutputReader  # here, for NumPy comes with it

    activation: Any = options.choice("activation", ACTIVATIONS) if "activation" in options else usual
    scale = options.scale("range")
    if scale is not None and "activation" in options and activation not in ("auto", "none"):
        raise UsageError(f"{options.owner}: options range and activation={activation} exclude each other")
    return OutputReader(
        options.owner,
        output=options.text("output", ""),
        label=options.whole("class", None, least=0),
        activation=activation,
        scale=scale,
        words=words,
    )


def fed_by(options: CardOptions, card: TargetCard) -> TargetCard:
    """``card`` with the options of ``FEEDING``; mean and std end up in RGB order and for frames in [0, 1]."""
    changes: dict[str, Any] = {}
    if any(name in options for name in ("mean", "std", "scale")):
        changes["mean"], changes["std"] = _normalisation(options, card)
    if "size" in options:
        changes["input_size"] = options.frame_size("size")
    for name, read in _OTHERS.items():
        if name in options:
            changes[name] = read(options, name)
    return replace(card, **changes)


def _normalisation(options: CardOptions, card: TargetCard) -> tuple[Numbers, Numbers]:
    raw = options.choice("scale", ("255", "1")) == "1"
    mean = options.three("mean", (0.0, 0.0, 0.0) if raw else card.mean)
    std = options.three("std", (1.0, 1.0, 1.0) if raw else card.std, positive=True)
    if raw:  # (255 v - mean) / std = (v - mean / 255) / (std / 255)
        mean, std = (mean[0] / 255, mean[1] / 255, mean[2] / 255), (std[0] / 255, std[1] / 255, std[2] / 255)
    if options.choice("channels", ("rgb", "bgr")) == "bgr":
        mean = mean[::-1] if "mean" in options else mean
        std = std[::-1] if "std" in options else std
    return mean, std


_OTHERS: dict[str, Callable[[CardOptions, str], Any]] = {
    "resize": lambda options, name: options.choice(name, ("bilinear", "pil")),
    "batch": lambda options, name: options.whole(name, None),
    "minmax": lambda options, name: options.switch(name),
}


def windowed_by(options: CardOptions, card: TargetCard, *, clip: int | None = None) -> TargetCard:
    """``card`` with the options of ``WINDOWING``; ``clip`` is the clip length of a model that takes no other."""
    window = options.whole("window", None) or clip or card.window
    if clip is not None and window != clip:
        raise UsageError(f"{options.owner} takes clips of {clip} frames; leave out option window")
    stride = options.whole("stride", None) or card.stride
    if stride is not None and stride > window:
        raise UsageError(f"{options.owner}: with a stride of {stride} clips of {window} frames leave frames out")
    overlap: Any = options.choice("overlap", ("mean", "last")) if "overlap" in options else card.overlap
    return replace(card, window=window, stride=stride, overlap=overlap)
