"""Tiny ONNX graphs with known answers, in every shape that targets come in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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
