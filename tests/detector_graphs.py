"""ONNX files of detectors, made by hand: constant tables, and one that really looks at its picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

FLOAT, UINT8 = TensorProto.FLOAT, TensorProto.UINT8
KINDS = {"f": TensorProto.FLOAT, "i": TensorProto.INT64}


def save(
    path: Path, nodes: list, values: Mapping[str, np.ndarray], shape: Sequence, outputs: list, kind: int = FLOAT
) -> Path:
    """Write a graph with input ``picture`` of ``shape`` and the given constants."""
    graph = helper.make_graph(
        nodes, "detector", [helper.make_tensor_value_info("picture", kind, list(shape))], outputs,
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in values.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def constant(
    path: Path,
    outputs: Mapping[str, ArrayLike],
    shape: Sequence = (1, 3, 64, 64),
    kind: int = FLOAT,
    free: bool = False,
) -> Path:
    """A graph that returns these arrays, whatever the picture; ``free`` leaves their dimensions open."""
    nodes, values, infos = [], {"zero": np.float32(0)}, []
    nodes.append(helper.make_node("Cast", ["picture"], ["numbers"], to=FLOAT))
    nodes.append(helper.make_node("ReduceMax", ["numbers"], ["largest"], keepdims=0))
    nodes.append(helper.make_node("Mul", ["largest", "zero"], ["nothing"]))
    for name, given in outputs.items():
        array = np.asarray(given)
        array = array.astype(np.float32 if array.dtype.kind == "f" else np.int64)
        values[f"{name}_values"] = array
        element = KINDS[array.dtype.kind]
        nodes.append(helper.make_node("Cast", ["nothing"], [f"{name}_nothing"], to=element))
        nodes.append(helper.make_node("Add", [f"{name}_values", f"{name}_nothing"], [name]))
        infos.append(helper.make_tensor_value_info(name, element, [None] * array.ndim if free else list(array.shape)))
    return save(path, nodes, values, shape, infos, kind)


def cells(path: Path, side: int = 64, cell: int = 8) -> Path:
    """A YOLO-like graph ``[1, N, 6]``: one box a cell of the picture, its score the mean of the cell's red channel."""
    count = side // cell
    y, x = np.mgrid[:count, :count].reshape(2, -1).astype(np.float32)
    boxes = np.stack((x * cell + cell / 2, y * cell + cell / 2, 0 * x + cell, 0 * x + cell), axis=1)[None]
    nodes = [
        helper.make_node("AveragePool", ["picture"], ["means"], kernel_shape=[cell, cell], strides=[cell, cell]),
        helper.make_node("Slice", ["means", "first", "second", "channels"], ["red"]),
        helper.make_node("Reshape", ["red", "column"], ["scores"]),
        helper.make_node("Concat", ["boxes", "scores", "ones"], ["output0"], axis=2),
    ]
    values = {
        "boxes": boxes, "ones": np.ones((1, count**2, 1), np.float32), "column": np.array([1, -1, 1], np.int64),
        "first": np.array([0], np.int64), "second": np.array([1], np.int64), "channels": np.array([1], np.int64),
    }  # fmt: skip
    outputs = [helper.make_tensor_value_info("output0", FLOAT, [1, count**2, 6])]
    return save(path, nodes, values, (1, 3, side, side), outputs)
