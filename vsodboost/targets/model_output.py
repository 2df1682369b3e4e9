"""What a network returns, as named tensors, and which of them is a map a frame."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

SURE = ("saliency", "sal", "final", "fused")
"""Words in the name of an output that is the final map, whatever its size."""
FINAL = (
    *SURE, "out", "output", "outputs", "pred", "prediction", "predictions", "mask", "masks", "map", "seg",
    "segmentation", "alpha", "pha", "foreground", "prob", "probs", "probabilities", "logits",
)  # fmt: skip
"""Words in the name of an output that is the final map if it is as large as others, the surest first."""
SIDE = frozenset((
    "aux", "auxiliary", "side", "sides", "edge", "edges", "contour", "contours", "boundary", "boundaries", "attention",
    "attentions", "att", "coarse", "feature", "features", "feat", "feats", "skeleton", "depth", "body", "loss", "flow",
    "motion", "uncertainty", "fixation", "background", "bg", "hidden", "intermediate",
))  # fmt: skip
"""Words in the name of an output that is not."""
ASPECT = 1.5
"""A map's aspect ratio is the frame's within this factor: boxes and tokens are no maps."""


def named_tensors(output: Any, name: str = "", depth: int = 4) -> dict[str, Tensor]:
    """Every tensor in an output, by name: keys, field names and places, joined by dots; "" is an output that is one.

    Understands tensors, NumPy arrays, mappings, named tuples, data classes, plain objects, lists and tuples.
    """
    import torch

    if isinstance(output, np.ndarray) and output.dtype.kind in "fbiu":
        output = torch.from_numpy(output)
    if isinstance(output, torch.Tensor):
        return {name: output}
    found: dict[str, Tensor] = {}
    for key, value in _parts(output) if depth else ():
        found |= named_tensors(value, f"{name}.{key}" if name else key, depth - 1)
    return found


def _parts(output: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(output, Mapping):
        return ((str(key), value) for key, value in output.items())
    if isinstance(output, tuple) and hasattr(output, "_fields"):
        return zip(output._fields, output, strict=True)
    if isinstance(output, (list, tuple)):
        return ((str(index), value) for index, value in enumerate(output))
    if is_dataclass(output) and not isinstance(output, type):
        return ((field.name, getattr(output, field.name)) for field in fields(output))
    attributes: dict[str, Any] = getattr(output, "__dict__", {})
    return ((key, value) for key, value in attributes.items() if not key.startswith("_"))


def final_map(output: Any, count: int, size: tuple[int, int]) -> Any:
    """The tensor of an output that is most likely the final map of ``count`` frames of ``size`` (h, w).

    A tensor is itself. Where none looks like a map it is the first, and where there is no tensor the output itself.
    """
    import torch

    if isinstance(output, torch.Tensor):
        return output
    named = named_tensors(output)
    maps = {name: m for name, x in named.items() if (m := as_maps(x, count, size)) is not None}
    if maps:
        return named[final_of({name: (int(m.shape[-2]), int(m.shape[-1])) for name, m in maps.items()})]
    return next(iter(named.values()), output)


def final_of(sizes: Mapping[str, tuple[int, int]]) -> str:
    """The name, among those of outputs that are maps of the given ``sizes`` (h, w), of the one that is final.

    A name that says so surely wins (``saliency``), one that says otherwise loses (``aux``, ``edge``, ``side4``); then
    the larger map wins, then the name that says so (``out``, ``pred``), then the first. Exporters call the first of
    several outputs ``output``, whatever it is: hence size comes before such names.
    """

    def rank(name: str) -> tuple[bool, bool, int, int]:
        words = _words(name)
        surest = min((FINAL.index(word) for word in words if word in FINAL), default=len(FINAL))
        side = any(word in SIDE for word in words)
        return not side, surest < len(SURE), sizes[name][0] * sizes[name][1], -surest

    return max(sizes, key=rank)  # the first of equals


def _words(name: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.findall(r"[a-z]+", apart.lower())


# --- tensors as maps ----------------------------------------------------------------------------------------------


def as_maps(output: Tensor, count: int, size: tuple[int, int]) -> Tensor | None:
    """An output as maps ``[count, 1, h, w]``, wherever it has dimensions of 1; None when it is not a map a frame.

    ``size`` (h, w) is that of the frames; a map has about their aspect ratio.
    """
    sides = [side for side in output.shape if side != 1]
    if count > 1 and (len(sides) != 3 or sides[0] != count):
        return None
    if len(sides) != (2 if count == 1 else 3) or not _like(sides[-2], sides[-1], size):
        return None
    return output.reshape(count, 1, sides[-2], sides[-1])


def as_classes(output: Tensor, count: int, size: tuple[int, int]) -> Tensor | None:
    """An output with a channel a class as ``[count, C, h, w]``, C >= 2; None when it is none.

    The classes may be the first or last dimension of a frame's output, or come before the frames of a clip.
    """
    sides = [side for side in output.shape if side != 1]
    if len(sides) != (3 if count == 1 else 4):
        return None
    frames = output.reshape(sides)[None] if count == 1 else output.reshape(sides)
    if frames.shape[0] != count:
        if frames.shape[1] != count:
            return None
        frames = frames.transpose(0, 1)
    first = _like(frames.shape[2], frames.shape[3], size)
    last = _like(frames.shape[1], frames.shape[2], size)
    if first and last:
        first = frames.shape[1] <= frames.shape[3]
    return frames if first else frames.permute(0, 3, 1, 2) if last else None


def _like(height: int, width: int, size: tuple[int, int]) -> bool:
    ratio = (height * size[1]) / (width * size[0])
    return min(height, width) > 1 and 1 / ASPECT <= ratio <= ASPECT
