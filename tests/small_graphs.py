"""Tiny ONNX graphs with known answers, in every shape that targets come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

Side = int | str


def mean_graph(
    path: Path,
    shape: Sequence[Side],
    *,
    colours: int = 1,
    keepdims: bool = True,
    gain: float = 1.0,
    offset: float = 0.0,
    kind: str = "FLOAT",
    extra_outputs: Sequence[str] = (),
    inputs: int = 1,
) -> Path:
    """A graph whose output ``saliency`` is ``gain`` · the input's mean over dimension ``colours`` + ``offset``.

    ``extra_outputs`` come before it and hold one number each; further ``inputs`` are added to the first.
    """
    helper, element = onnx.helper, getattr(onnx.TensorProto, kind)
    names = [f"input{i}" for i in range(inputs)]
    given = [helper.make_tensor_value_info(name, element, list(shape)) for name in names]
    constants = {
        "gain": np.array(gain, np.float32),
        "offset": np.array(offset, np.float32),
        "axes": np.array([colours], np.int64),
    }
    nodes = [helper.make_node("Sum", names, ["together"])] if inputs > 1 else []
    nodes += [
        helper.make_node("Cast", ["together" if inputs > 1 else "input0"], ["float"], to=onnx.TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "axes"], ["mean"], keepdims=int(keepdims)),
        helper.make_node("Mul", ["mean", "gain"], ["scaled"]),
        helper.make_node("Add", ["scaled", "offset"], ["saliency"]),
        *(helper.make_node("ReduceMean", ["float"], [name], keepdims=0) for name in extra_outputs),
    ]
    outputs = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in (*extra_outputs, "saliency")
    ]
    tensors = [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "mean", given, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, str(path))
    return path


class RedGraph:
    """A graph in the making that finds what is red: ``map`` is the red channel of the frames, ``[N, 1, h, w]`` in 0..1.

    The input ``x`` is normalised as for ImageNet, or, where its ``kind`` is a whole number, pixels of 0..255.
    """

    MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

    def __init__(self, shape: Sequence[Side], *, channels_last: bool = False, kind: str = "FLOAT") -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._input = onnx.helper.make_tensor_value_info("x", getattr(onnx.TensorProto, kind), list(shape))
        x = self.op("Cast", "x", to=onnx.TensorProto.FLOAT)
        if channels_last:
            x = self.op("Transpose", x, perm=[0, 3, 1, 2])
        if kind == "FLOAT":
            mean, std = (np.array(v, np.float32).reshape(1, 3, 1, 1) for v in (self.MEAN, self.STD))
            x = self.op("Add", self.op("Mul", x, self.constant(std)), self.constant(mean))
        else:
            x = self.op("Div", x, self.constant(np.float32(255)))
        start, end, axis = (self.constant(np.array([v], np.int64)) for v in (0, 1, 1))
        red = self.op("Slice", x, start, end, axis)
        self.map = self.op("Clip", red, self.constant(np.float32(0)), self.constant(np.float32(1)))

    def constant(self, value: Any, name: str = "") -> str:
        """The name of an initialiser."""
        name = name or f"c{len(self._constants)}"
        self._constants.append(onnx.numpy_helper.from_array(np.asarray(value), name))
        return name

    def op(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """The name of a node's one output."""
        name = name or f"{kind}{len(self._nodes)}"
        self._nodes.append(onnx.helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def times(self, gain: float, offset: float = 0.0) -> str:
        """The map on another scale."""
        return self.op(
            "Add", self.op("Mul", self.map, self.constant(np.float32(gain))), self.constant(np.float32(offset))
        )

    def two_classes(self, *, sharpness: float = 0.0) -> str:
        """Background and object, ``[N, 2, h, w]``: probabilities, or logits of that sharpness."""
        both = self.op("Concat", self.op("Sub", self.constant(np.float32(1)), self.map), self.map, axis=1)
        return self.op("Mul", both, self.constant(np.float32(sharpness))) if sharpness else both

    def save(self, path: Path, outputs: Mapping[str, str], kinds: Mapping[str, str] | None = None, **how: Any) -> Path:
        """Write the graph whose ``outputs`` are, by name, these tensors; they are FLOAT but for those in ``kinds``."""
        kinds = kinds or {}
        infos = []
        for name, tensor in outputs.items():
            kind = getattr(onnx.TensorProto, kinds.get(name, "FLOAT"))
            self.op("Cast", tensor, name=name, to=kind)
            infos.append(onnx.helper.make_tensor_value_info(name, kind, None))
        graph = onnx.helper.make_graph(self._nodes, "red", [self._input], infos, self._constants)
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9)
        onnx.save(model, str(path), **how)
        return path
