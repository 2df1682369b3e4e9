"""``onnx:FILE``: any saliency model that was exported to ONNX, run by onnxruntime.

What the graph itself says (size, clip length, order of the dimensions) is read from it; the rest is options. A graph
written by ``vsodboost weights export`` carries its whole card.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.weights.graph_card import card_from_metadata

from .card_options import FEEDING, WINDOWING, CardOptions, fed_by, windowed_by
from .output_probe import tried

if TYPE_CHECKING:
    from torch import Tensor, nn

    from vsodboost.targets.network_target import NetworkTarget

    from .onnx_network import OnnxNetwork

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
        "output": "number or name of the output that is the map (default: the first that can be)",
        "activation": "auto (default), sigmoid for logits, or none for probabilities",
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
    _say_where(network, request.device, owner)
    known = card_from_metadata(network.metadata)
    given = graph_input(network.shapes, options, flow=known is not None and known.needs_flow)
    card = _card(given, options, known)
    target = NetworkTarget(network, card, request, forward=Graph(network, given.layout, options))
    usual = "auto" if known is None else {"logits": "sigmoid", "probabilities": "none"}[known.output]
    activation = options.choice("activation", ("auto", "sigmoid", "none")) if "activation" in options else usual
    return tried(target, owner, activation=activation)


def _say_where(network: OnnxNetwork, device: str, owner: str) -> None:
    """onnxruntime falls back to the CPU without a word; only the session knows where it runs."""
    if device.startswith("cuda") and "CUDAExecutionProvider" not in network.providers:
        logging.getLogger("vsodboost").warning(
            "vsodboost: %s runs on the CPU: this onnxruntime cannot use CUDA (it takes vsodboost[gpu] alone, without "
            "onnxruntime's CPU package beside it)",
            owner,
        )


def graph_input(shapes: Sequence[Sequence[Any]], options: CardOptions, *, flow: bool = False) -> Input:
    """How the graph wants frames, from its inputs' ``shapes``, in which free dimensions are names or None.

    ``flow`` allows a second input. Raises UsageError when the inputs are no frames.
    """
    owner, wanted = options.owner, "images [N,3,h,w] or [N,h,w,3], or clips [1,T,3,h,w]"
    if len(shapes) != 1 + flow:
        raise UsageError(f"{owner} has {len(shapes)} inputs; a target has one, of {wanted}")
    shape = tuple(side if isinstance(side, int) and side > 0 else None for side in shapes[0])
    shown = "[" + ",".join(str(side or "?") for side in shape) + "]"
    fitting = [layout for layout in LAYOUTS if len(layout) == len(shape)]
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
    is_clip = given.is_clip or card.window > 1 or (options.count("window") or 1) > 1
    clip = (given["t"] if given.is_clip else given["n"]) if is_clip else None
    if given.is_clip and clip is None and card.window == 1 and "window" not in options:
        raise UsageError(f"{options.owner} takes clips of any length; say how long with option window")
    card = windowed_by(options, replace(card, input_size=size), clip=clip)
    return replace(card, batch=given["n"]) if given["n"] and card.window == 1 else card


class Graph:
    """The call of a graph: frames into its layout, and its map out of its outputs.

    Which output is the map is settled by the first call: the one asked for, else the first that gives a map a frame.
    """

    def __init__(self, network: OnnxNetwork, layout: str, options: CardOptions) -> None:
        """Raises UsageError when the graph has no such output as is asked for."""
        self._arrange, self._owner, self._names = LAYOUTS[layout], options.owner, network.outputs
        self._flip = options.choice("channels", ("rgb", "bgr")) == "bgr"
        asked, names = options.text("output", ""), network.outputs
        if asked and asked not in names and not (asked.isdecimal() and int(asked) < len(names)):
            known = ", ".join(f"{name} ({index})" for index, name in enumerate(names))
            raise UsageError(f"{self._owner} has no output '{asked}'; it has {known}")
        index = names.index(asked) if asked in names else int(asked or 0)
        self._candidates = [index] if asked else list(range(len(names)))

    def __call__(self, network: nn.Module, frames: Tensor, flow: Tensor | None) -> Tensor:
        """Maps ``[T, 1, h, w]`` of normalised ``frames`` ``[T, 3, h, w]`` and, where wanted, their flow images.

        Raises:
            UsageError: no output is a map a frame.
        """
        images = [frames] if flow is None else [frames, flow]
        if self._flip:
            images = [image.flip(1) for image in images]
        outputs: tuple[Tensor, ...] = network(*(self._arrange(image) for image in images))
        for index in self._candidates:
            maps = as_maps(outputs[index], len(frames))
            if maps is not None:
                self._candidates = [index]
                return maps
        shapes = ", ".join(f"{self._names[i]} {list(outputs[i].shape)}" for i in self._candidates)
        wanted = "a target gives one map a frame, as [N,1,h,w]"
        raise UsageError(f"{self._owner} gives {shapes} for {len(frames)} frames; {wanted}")


def as_maps(output: Tensor, count: int) -> Tensor | None:
    """An output as maps ``[count, 1, h, w]``, wherever it has dimensions of 1; None when it is not a map a frame."""
    if not output.is_floating_point():
        return None
    if output.ndim >= 4 and output.shape[-1] == 1:  # channels last
        output = output[..., 0]
    if output.ndim < 3 or min(output.shape[-2:]) < 2:
        return None
    maps = output.reshape(-1, 1, *output.shape[-2:])
    return maps if len(maps) == count else None


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """``onnx:FILE``."""
    register("onnx", build, CARD)
