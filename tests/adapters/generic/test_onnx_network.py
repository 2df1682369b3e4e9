from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from small_graphs import RedGraph, onnx
from vsodboost_adapters.generic.onnx_network import GraphError, OnnxNetwork, reason_of

SIZE = (4, 6)


def images(count: int) -> torch.Tensor:
    return torch.rand((count, 3, *SIZE), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("batch", ["N", 1, 2, 3])
@pytest.mark.parametrize("count", [1, 3, 4])
def test_any_number_of_images_goes_through_a_fixed_batch(tmp_path: Path, batch: int | str, count: int) -> None:
    graph = RedGraph([batch, 3, *SIZE], kind="DOUBLE")
    score = graph.op("ReduceMean", graph.map, graph.constant(np.array([1, 2, 3], np.int64)), keepdims=0)
    network = OnnxNetwork(graph.save(tmp_path / "m.onnx", {"y": graph.map, "score": score}))
    assert network.outputs == ["y", "score"] and not network.takes_pixels
    maps, scores = network(images(count))
    torch.testing.assert_close(maps, images(count)[:, :1] / 255)
    torch.testing.assert_close(scores, images(count)[:, 0].mean((1, 2)) / 255)


@pytest.mark.parametrize(
    ("squeezed", "shape"), [([0, 1], (3, *SIZE)), ([1], (3, *SIZE)), ([0], (3, *SIZE)), ([], (3, 1, *SIZE))]
)
def test_a_graph_for_one_image_may_leave_out_its_batch(
    tmp_path: Path, squeezed: list[int], shape: tuple[int, ...]
) -> None:
    graph = RedGraph([1, 3, *SIZE], kind="DOUBLE")
    y = graph.op("Squeeze", graph.map, graph.constant(np.array(squeezed, np.int64))) if squeezed else graph.map
    network = OnnxNetwork(graph.save(tmp_path / "m.onnx", {"y": y}))
    assert network(images(3))[0].shape == shape
    torch.testing.assert_close(network(images(3))[0].reshape(3, 1, *SIZE), images(3)[:, :1] / 255)


def test_whole_number_inputs_get_rounded_pixels(tmp_path: Path) -> None:
    for kind in ("UINT8", "UINT16", "INT32", "INT64"):
        graph = RedGraph(["N", 3, *SIZE], kind=kind)
        network = OnnxNetwork(graph.save(tmp_path / f"{kind}.onnx", {"y": graph.map}))
        assert network.takes_pixels
        found = network(torch.tensor([-3.0, 99.6, 300.0])[:, None, None, None].expand(3, 3, *SIZE))[0]
        torch.testing.assert_close(found[:, 0, 0, 0], torch.tensor([0, 100 / 255, 1]))


def test_outputs_that_are_no_arrays_are_passed_over(tmp_path: Path) -> None:
    graph = RedGraph(["N", 3, *SIZE], kind="DOUBLE")
    path = graph.save(tmp_path / "m.onnx", {"y": graph.map})
    model = onnx.load(str(path))
    model.graph.node.append(onnx.helper.make_node("SequenceConstruct", ["y"], ["listed"]))
    kind = onnx.helper.make_sequence_type_proto(onnx.helper.make_tensor_type_proto(onnx.TensorProto.FLOAT, None))
    model.graph.output.insert(0, onnx.helper.make_value_info("listed", kind))
    onnx.save(model, str(path))
    network = OnnxNetwork(path)
    assert network.outputs == ["y"] and len(network(images(2))) == 1


def test_the_reason_of_a_failure_is_kept_whole_and_without_noise(tmp_path: Path) -> None:
    graph = RedGraph(["N", 3, "h", "w"])
    flat = graph.op("Reshape", graph.map, graph.constant(np.array([7, 11, 13], np.int64)), name="made")
    network = OnnxNetwork(graph.save(tmp_path / "m.onnx", {"y": flat}))
    with pytest.raises(GraphError) as caught:
        network(images(2))
    said = str(caught.value)
    assert said.startswith("Reshape node '") and "{2,1,4,6}" in said and "{7,11,13}" in said
    assert "ONNXRuntimeError" not in said and ".h:" not in said and ".cc:" not in said and "\n" not in said


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[ONNXRuntimeError] : 7 : INVALID_PROTOBUF : Load model from /a/m.onnx failed:Protobuf parsing failed.",
         "Protobuf parsing failed."),
        ("[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Got invalid dimensions", "Got invalid dimensions"),
        ("plain\nwords", "plain words"),
        ("", "RuntimeError"),
    ],
)  # fmt: skip
def test_reasons_in_one_line(text: str, reason: str) -> None:
    assert reason_of(RuntimeError(text)) == reason
