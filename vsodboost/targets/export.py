"""Write a target model as an ONNX file that carries its card, and check the file against the model.

The graph is what lies between the card's preparation of frames and its treatment of maps: input ``frames``
``[N, 3, h, w]``, normalised (and ``flow_images`` likewise, for models fed with flow), output ``saliency``
``[N, 1, h, w]``, logits or probabilities by the card. N is free, except for models that see clips: there it is the
window. The card travels in the file's metadata, so that ``onnx:FILE`` runs it as the model itself is run.
"""

from __future__ import annotations

import inspect
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import PluginError, UsageError
from vsodboost.io.atomic import atomic_path
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Request
from vsodboost.weights.graph_card import card_to_metadata

if TYPE_CHECKING:
    from torch import Tensor

    from vsodboost.targets.network_target import NetworkTarget

TOLERANCE = 1e-4
"""Largest difference allowed between a map of the graph and of the model, both in [0, 1]."""

_OPSET = 17


def export_onnx(name: str, file: str | Path, registry: Registry, *, size: tuple[int, int] | None = None) -> float:
    """Write the target ``name`` of ``registry``, with its weights, to ``file``; returns the largest difference to the
    model.

    ``size`` is (H, W) in px of the frames the graph takes; the card's size, where it has one, cannot be changed.

    Raises:
        UsageError: no such target, onnx or onnxruntime is missing, or the size is missing or contradicts the card.
        WeightsError: the model has no weights yet.
        PluginError: the model cannot be written as a graph, or the graph gives other maps.
    """
    from vsodboost.targets.network_target import NetworkTarget

    _need_onnx()
    target, card = registry.build("targets", name, Request())
    if not isinstance(target, NetworkTarget) or not any(True for _ in target.network.parameters()):
        raise UsageError(f"'{name}' is not a torch network, so there is nothing to export")
    frame_size = card.input_size or size
    if frame_size is None:
        raise UsageError(f"'{name}' takes frames of any size; say which with --size HxW")
    if card.input_size is not None and size not in (None, tuple(card.input_size)):
        raise UsageError(
            f"'{name}' takes frames of {card.input_size[0]}x{card.input_size[1]} px only; leave out --size"
        )
    return export_target(target, name, Path(file), frame_size)


def export_target(target: NetworkTarget, name: str, file: Path, size: tuple[int, int]) -> float:
    """Write a target built from a network, called ``name`` in its card and messages; as ``export_onnx`` otherwise."""
    import torch

    card = replace(target.card, input_size=size)
    traced, checked = (1, 2) if card.window == 1 else (card.window, card.window)
    with atomic_path(file) as temporary, torch.inference_mode():
        try:
            _write(target, _noise(card, traced, size, seed=0), temporary)
        except Exception as error:  # whatever tracing of a stranger's network raises
            reason = " ".join(str(error).split())[:500] or type(error).__name__
            raise PluginError(f"'{name}' cannot be written as a graph: {reason}") from error
        _describe(temporary, card, name)
        difference = _difference(target, temporary, _noise(card, checked, size, seed=1), name)
        if not difference <= TOLERANCE:
            raise PluginError(
                f"'{name}' cannot be exported: the graph's maps differ by {difference:.2g} from the model's"
            )
    return difference


def _need_onnx() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise UsageError(f"export needs {error.name}: pip install 'vsodboost[export,cpu]'") from None


def _noise(card: TargetCard, count: int, size: tuple[int, int], seed: int) -> list[Tensor]:
    """Normalised random frames (and flow images), a third of them smooth so that maps are not all alike."""
    import torch
    from torch.nn import functional as F

    generator = torch.Generator().manual_seed(seed)
    mean, std = (torch.tensor(values)[:, None, None] for values in (card.mean, card.std))
    made = []
    for _ in range(2 if card.needs_flow else 1):
        coarse = torch.rand((count, 3, 6, 8), generator=generator)
        smooth = F.interpolate(coarse, size=size, mode="bilinear", align_corners=False)
        made.append((0.7 * smooth + 0.3 * torch.rand((count, 3, *size), generator=generator) - mean) / std)
    return made


def _write(target: NetworkTarget, arguments: list[Tensor], path: Path) -> None:
    import torch

    class Graph(torch.nn.Module):
        """The target's step from frames to map, as a module that can be traced."""

        def __init__(self) -> None:
            super().__init__()
            self.network = target.network

        def forward(self, *inputs: Tensor) -> Tensor:
            """As ``NetworkTarget.saliency``."""
            return target.saliency(*inputs)

    names = ["frames", "flow_images"][: len(arguments)]
    free = {name: {0: "N"} for name in [*names, "saliency"]} if target.card.window == 1 else {}
    # torch's newer exporter needs onnxscript; the older one does all that these networks need.
    older = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecation of the older exporter, and sizes that are meant to be constant
        torch.onnx.export(
            Graph().eval(), tuple(arguments), str(path), input_names=names, output_names=["saliency"],
            dynamic_axes=free, opset_version=_OPSET, **older,  # type: ignore[arg-type]
        )  # fmt: skip


def _describe(path: Path, card: TargetCard, name: str) -> None:
    import onnx

    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, card_to_metadata(card, name))
    onnx.save(model, str(path))


def _difference(target: NetworkTarget, path: Path, arguments: list[Tensor], name: str) -> float:
    """Largest difference of the graph's maps from the target's, in [0, 1]."""
    import onnxruntime
    import torch

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # its errors come as exceptions
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feed = {given.name: x.numpy() for given, x in zip(session.get_inputs(), arguments, strict=True)}
    try:
        found = torch.from_numpy(session.run(None, feed)[0])
    except Exception as error:  # onnxruntime's exceptions share no base class
        reason = " ".join(str(error).split())[:500]
        raise PluginError(
            f"'{name}' cannot be exported: the graph fails on {len(arguments[0])} frames ({reason})"
        ) from error
    wanted = target.saliency(*arguments)
    if target.card.output == "logits":
        found, wanted = found.sigmoid(), wanted.sigmoid()
    if found.shape != wanted.shape:
        return float("inf")
    return float(np.abs(found.numpy() - wanted.numpy()).max())
