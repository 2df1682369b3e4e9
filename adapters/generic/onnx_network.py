"""An ONNX graph that behaves like a network: for weights that are published as ONNX only."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.data.texts import brief

from .onnx_file import data_outside, missing_data, no_graph

_TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8, "tensor(uint16)": np.uint16, "tensor(int32)": np.int32, "tensor(int64)": np.int64,
}  # fmt: skip
"""What an input may take; whole numbers are pixels of 0..255."""


class OnnxNetwork(nn.Module):
    """Runs a graph whose inputs are images ``[N, 3, h, w]`` with onnxruntime; no parameters, so it cannot be tuned.

    A graph made for a fixed N gets that many images at a time, the last one repeated where they run out.

    Raises:
        UsageError: onnxruntime is missing, or an input takes something else than pixels.
        WeightsError: the file is no graph, or cannot be loaded; a missing file of its weights is named.
    """

    def __init__(self, path: Path, device: str = "cpu") -> None:
        super().__init__()
        try:
            import onnxruntime
        except ImportError:
            raise UsageError(f"{path} needs onnxruntime: pip install 'vsodboost[cpu]' or 'vsodboost[gpu]'") from None
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # its errors come as exceptions
        wanted = ["CUDAExecutionProvider"] if device.startswith("cuda") else []
        there = [provider for provider in wanted if provider in onnxruntime.get_available_providers()]
        outside = data_outside(path)
        if outside is not None:
            raise WeightsError(f"{path}: refused, it names {brief(outside)}, outside of its folder, as its weights")
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=[*there, "CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions share no base class
            why = no_graph(path) or missing_data(path)
            if why is None:
                why = f"onnxruntime cannot load it ({reason_of(error)}); fetch or export it again"
            raise WeightsError(f"{path}: {why}") from None
        self._path, self._inputs = path, self._session.get_inputs()
        for given in self._inputs:
            if given.type not in _TYPES:
                known = ", ".join(name[7:-1] for name in _TYPES)
                raise UsageError(f"{path}: input '{given.name}' takes {given.type}; export it with one of {known}")
        self.providers: list[str] = self._session.get_providers()
        """Where it runs, whatever was asked for."""
        self.shapes: list[list[int | str | None]] = [i.shape for i in self._inputs]
        """Of each input; free dimensions are names or None."""
        self.takes_pixels: bool = all(np.issubdtype(_TYPES[i.type], np.integer) for i in self._inputs)
        """Whether its inputs are whole numbers, 0..255, so that it normalises by itself."""
        self.outputs: list[str] = [o.name for o in self._session.get_outputs() if o.type.startswith("tensor(")]
        """Names of the outputs that are arrays."""
        self.metadata: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
        """What the file says of itself; a graph that vsodboost exported has its card here."""

    def forward(self, *images: Tensor) -> tuple[Tensor, ...]:
        """``[N, 3, h, w]`` for each input to all outputs, each ``[N, ...]``, on the device of the first input.

        Raises:
            GraphError: onnxruntime fails; the text is its reason.
        """
        if len(images) != len(self._inputs):
            raise ValueError(f"the graph has {len(self._inputs)} inputs, but {len(images)} were given")
        count, fixed = len(images[0]), self._inputs[0].shape[0] if self._inputs[0].shape else None
        step = fixed if isinstance(fixed, int) and fixed > 0 else count
        arrays = [_array(x, _TYPES[i.type]) for x, i in zip(images, self._inputs, strict=True)]
        runs = []
        for start in range(0, count, step):
            places = np.minimum(np.arange(start, start + step), count - 1)
            runs.append(self._run({i.name: a[places] for i, a in zip(self._inputs, arrays, strict=True)}))
        outputs = (_concatenated(parts, step, count) for parts in zip(*runs, strict=True))
        return tuple(torch.from_numpy(np.ascontiguousarray(output)).to(images[0].device) for output in outputs)

    def _run(self, feed: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
        try:
            found = self._session.run(self.outputs, feed)
        except Exception as error:  # onnxruntime's exceptions share no base class
            raise GraphError(reason_of(error)) from error
        return [_signed(np.asarray(output)) for output in found]


class GraphError(RuntimeError):
    """onnxruntime failed on an input; the text is its reason in one line."""


def _concatenated(parts: tuple[NDArray[Any], ...], step: int, count: int) -> NDArray[Any]:
    """Outputs of runs of ``step`` images each as one output of ``count``; a graph for one image may leave out its N."""
    if all(part.ndim and part.shape[0] == step for part in parts):
        return np.concatenate(parts)[:count]
    return parts[0] if len(parts) == 1 else np.stack(parts)


def _signed(array: NDArray[Any]) -> NDArray[Any]:
    """The same numbers in a type that torch can compare: of the unsigned ones that is uint8 alone."""
    return array.astype(np.int64) if array.dtype.kind == "u" and array.dtype.itemsize > 1 else array


def _array(images: Tensor, kind: type[np.generic]) -> NDArray[Any]:
    array = images.detach().cpu().numpy()
    if np.issubdtype(kind, np.integer):
        array = np.clip(np.rint(array), 0, 255)
    return array.astype(kind, copy=False)


def reason_of(error: BaseException) -> str:
    """onnxruntime's reason in one line, without its numbering, the path (named already) and places in its sources."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", text)
    if found := re.fullmatch(r".*while running (\w+) node\. Name:'(.*?)' Status Message: (.*)", text):
        text = f"{found[1]} node '{found[2]}': {found[3]}"
    text = re.sub(r"(?<!\S)\S*onnxruntime\S*:\d+ [^()]*(?:\([^()]*\))? ?", "", text)
    return re.sub(r"^Load model from \S+ failed:\s*", "", text).strip() or text
