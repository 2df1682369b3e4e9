"""``onnx:FILE``: any saliency model that was exported to ONNX, run by onnxruntime.

What the graph itself says (size, clip length, order of the dimensions) is read from it; the rest is options. A graph
written by ``vsodboost weights export`` carries its whole card.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import InputError, UsageError, WeightsError
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.weights.graph_card import card_from_metadata

from .card_options import (
    FEEDING,
    READING,
    WINDOWING,
    CardOptions,
    fed_as_usual,
    fed_by,
    reader_for,
    windowed_by,
)

if TYPE_CHECKING:
    from torch import Tensor

    from vsodboost.targets.network_target import NetworkTarget
    from vsodboost.targets.output_reader import Activation

    from .onnx_network import OnnxNetwork

ON_CPU = (
    "it runs on the CPU: this onnxruntime cannot use CUDA (it takes vsodboost[gpu] alone, without onnxruntime's CPU "
    "package beside it)"
)
"""onnxruntime falls back to the CPU without a word; only the session knows where it runs."""
FREE_SIDE = 352
"""Side in px of the frames for a graph that takes any: what most saliency models were trained at."""

CARD = TargetCard(
    summary="an ONNX graph: images [N,3,h,w] or [N,h,w,3], clips [1,T,3,h,w]; one map a frame comes out",
    argument="FILE",
    licence="yours",
    options={
        **FEEDING,
        "size": f"HxW in px, or source, for a graph that takes any size (default {FREE_SIDE}x{FREE_SIDE})",
        **WINDOWING,
        "layout": "nchw, nhwc, ntchw, ncthw or nthwc (default: read from the graph)",
        **READING,
    },
)

LAYOUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "nchw": lambda frames: frames,
    "nhwc": lambda frames: frames.permute(0, 2, 3, 1),
    "ntchw": lambda frames: frames[None],
    "ncthw": lambda frames: frames.transpose(0, 1)[None],
    "nthwc": lambda frames: frames.permute(0, 2, 3, 1)[None],
}
"""Frames ``[T, 3, h, w]`` in the order a graph wants them; the letters are its dimensions."""


@dataclass(frozen=True)
class Input:
    """A graph's image input: its ``layout`` and its dimensions, None where they are free."""

    layout: str
    shape: tuple[int | None, ...]

    def __getitem__(self, letter: str) -> int | None:
        """The dimension with that letter (n, t, c, h, w); None where it is free."""
        return self.shape[self.layout.index(letter)]

    @property
    def is_clip(self) -> bool:
        """Whether the graph sees several frames at once."""
        return "t" in self.layout


def build(request: Request) -> NetworkTarget:
    """The target for one run; it brings its own card, read from the graph and the options.

    Raises:
        UsageError: the file is missing or no ONNX graph, its input is of another rank, an option contradicts it, its
            output is no map, or onnxruntime is missing.
    """
    from vsodboost.targets.network_call import NetworkCall, tried
    from vsodboost.targets.network_target import NetworkTarget

    from .onnx_network import OnnxNetwork

    path, owner = Path(request.argument).expanduser(), f"onnx:{request.argument}"
    options = CardOptions(request.options, owner)
    if not path.is_file():
        raise UsageError(f"{owner}: {'that is a folder' if path.is_dir() else 'no such file'}; give an .onnx file")
    try:
        network = OnnxNetwork(path, request.device)
    except WeightsError as error:  # the file was named on the command line: wrong use
        raise UsageError(str(error)) from error
    known = _known_card(network, owner)
    given = graph_input(network.shapes, options, flow=known is not None and known.needs_flow)
    card = _card(given, options, known or (_of_pixels(options) if network.takes_pixels else None))
    usual: Activation = "auto"
    if known is not None:
        usual = "sigmoid" if known.output == "logits" else "none"
    call = NetworkCall(
        reader_for(options, usual=usual),
        LAYOUTS[given.layout],
        names=network.outputs,
        flip=options.choice("channels", ("rgb", "bgr")) == "bgr",
        multiple=options.whole("multiple", 1),
    )
    target = NetworkTarget(network, card, request, forward=call)
    free = given["h"] is None and given["w"] is None
    hint = "; give the size it was made for with option size=HxW" if free and "size" not in options else ""
    usual_feeding = known is None and not network.takes_pixels and fed_as_usual(options)
    may_pad = free and "multiple" not in options
    tried(target, call, owner, may_pad=may_pad, hint=hint, fed_as_usual=usual_feeding)
    target.notes += where_it_runs(network, request.device)
    return target


def where_it_runs(network: OnnxNetwork, device: str) -> list[str]:
    """What is to be noted of where a graph runs that was asked to run on ``device``."""
    return [ON_CPU] if device.startswith("cuda") and "CUDAExecutionProvider" not in network.providers else []


def _known_card(network: OnnxNetwork, owner: str) -> TargetCard | None:
    try:
        return card_from_metadata(network.metadata)
    except InputError as error:
        raise UsageError(f"{owner}: {error}") from error


def _of_pixels(options: CardOptions) -> TargetCard:
    """The card of a graph that takes whole numbers, and so pixels as they are."""
    for name in ("mean", "std"):
        if name in options:
            raise UsageError(
                f"{options.owner} takes whole numbers, so it gets pixels of 0..255; leave out option {name}"
            )
    return replace(CARD, mean=(0.0, 0.0, 0.0), std=(1 / 255, 1 / 255, 1 / 255))


def graph_input(shapes: Sequence[Sequence[Any]], options: CardOptions, *, flow: bool = False) -> Input:
    """How the graph wants frames, from its inputs' ``shapes``, in which free dimensions are names or None.

    ``flow`` allows a second input. Raises UsageError when the inputs are no frames.
    """
    owner, wanted = options.owner, "images [N,3,h,w] or [N,h,w,3], or clips [1,T,3,h,w]"
    if len(shapes) != 1 + flow:
        raise UsageError(f"{owner} has {len(shapes)} inputs; a target has one, of {wanted}")
    shape = tuple(side if isinstance(side, int) and side > 0 else None for side in shapes[0])
    if not shape and "layout" in options:  # the graph does not say, but the user does
        shape = (None,) * len(options.choice("layout", tuple(LAYOUTS)))
    shown = "[" + ",".join(str(side or "?") for side in shape) + "]"
    fitting = [layout for layout in LAYOUTS if len(layout) == len(shape)]
    if not shape:
        raise UsageError(f"{owner} does not say what shape its input has; say it with option layout, as layout=nchw")
    if not fitting:
        raise UsageError(f"{owner} has an input of rank {len(shape)}, {shown}; a target takes {wanted}")
    if "layout" in options:
        layout = options.choice("layout", tuple(LAYOUTS))
        if layout not in fitting or Input(layout, shape)["c"] not in (3, None):
            raise UsageError(f"{owner}: the graph's input {shown} cannot be {layout}; try {' or '.join(fitting)}")
        return Input(layout, shape)
    order = sorted(fitting, key=lambda layout: Input(layout, shape)["c"] != 3)
    if Input(order[0], shape)["c"] not in (3, None):
        raise UsageError(f"{owner} has an input of shape {shown}, without the 3 colours; a target takes {wanted}")
    return Input(order[0], shape)


def _card(given: Input, options: CardOptions, known: TargetCard | None) -> TargetCard:
    """The card for this graph: what it says of itself, then the options, then its fixed dimensions."""
    card = fed_by(options, known or CARD)
    size = card.input_size
    height, width = given["h"], given["w"]
    if "size" not in options:
        size = (height or FREE_SIDE, width or FREE_SIDE) if size is None else size
    if (height or width) and (size is None or (height or size[0], width or size[1]) != size):
        what = f"{height or 'any height'} x {width or 'any width'}"
        raise UsageError(f"{options.owner} takes frames of {what} px; leave out option size")
    is_clip = given.is_clip or card.window > 1 or (options.whole("window", 1)) > 1
    clip = (given["t"] if given.is_clip else given["n"]) if is_clip else None
    if given.is_clip and clip is None and card.window == 1 and "window" not in options:
        raise UsageError(f"{options.owner} takes clips of any length; say how long with option window")
    card = windowed_by(options, replace(card, input_size=size), clip=clip)
    return replace(card, batch=given["n"]) if given["n"] and card.window == 1 else card


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """``onnx:FILE``."""
    register("onnx", build, CARD)
