from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_graphs import RedGraph, onnx
from vsodboost_adapters.generic.onnx_file import data_outside, external_files, missing_data, no_graph
from vsodboost_adapters.generic.onnx_network import OnnxNetwork

from vsodboost.data.errors import WeightsError

SHAPE = ["N", 3, 24, 40]
BESIDE = {"save_as_external_data": True, "all_tensors_to_one_file": True, "size_threshold": 64}


@pytest.mark.parametrize("name", ["weights_of_model.data", "m.onnx.data", "sub/größe.bin"])
def test_a_missing_file_of_weights_is_named(tmp_path: Path, name: str) -> None:
    graph = RedGraph(SHAPE)
    y = graph.op("Conv", graph.map, graph.constant(np.ones((1, 1, 5, 5), np.float32), "w"), pads=[2, 2, 2, 2])
    (tmp_path / "sub").mkdir()
    path = graph.save(tmp_path / "m.onnx", {"y": y}, location=name, **BESIDE)
    assert set(external_files(path.read_bytes())) == {name}
    assert missing_data(path) is None
    OnnxNetwork(path)
    (tmp_path / name).unlink()
    with pytest.raises(WeightsError) as caught:
        OnnxNetwork(path)
    assert str(caught.value) == f"{path}: its weights are in {name}, which must lie beside it and does not; " + (
        "fetch or copy it there"
    )


@pytest.mark.parametrize("name", ["../secret.bin", "sub/../../secret.bin", "{above}/secret.bin"])
def test_weights_outside_of_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    name = name.format(above=tmp_path)
    graph = RedGraph(SHAPE)
    y = graph.op("Conv", graph.map, graph.constant(np.ones((1, 1, 5, 5), np.float32), "w"), pads=[2, 2, 2, 2])
    (tmp_path / "here").mkdir()
    path = graph.save(tmp_path / "here" / "m.onnx", {"y": y}, location="beside.bin", **BESIDE)
    assert data_outside(path) is None
    (tmp_path / "here" / "beside.bin").rename(tmp_path / "secret.bin")
    model = onnx.load(path, load_external_data=False)
    (place,) = (pair for tensor in model.graph.initializer for pair in tensor.external_data if pair.key == "location")
    place.value = name
    path.write_bytes(model.SerializeToString())
    with pytest.raises(WeightsError, match=r"m.onnx: refused, it names .*(secret|characters).*, outside of its folder"):
        OnnxNetwork(path)


def test_weights_in_constants_and_in_branches_count_too() -> None:
    helper = onnx.helper
    tensor = onnx.TensorProto(name="t", data_type=1, dims=[1], data_location=onnx.TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="inner.bin")
    tensor.external_data.add(key="offset", value="4")
    constant = helper.make_node("Constant", [], ["c"], value=tensor)
    branch = helper.make_graph([constant], "branch", [], [])
    node = helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)
    model = helper.make_model(helper.make_graph([node], "g", [], []))
    assert list(external_files(model.SerializeToString())) == ["inner.bin", "inner.bin"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "a zip archive, as torch writes; export the network with torch.onnx.export"),
        (b"\x80\x02rest", "a pickle, as torch writes"),
        (b"\x89HDF\r\n", "an HDF5 file, as Keras writes"),
        (b"\x1c\x00\x00\x00TFL3", "a TensorFlow Lite model"),
        (b"<!DOCTYPE html><html>", "a web page, not a graph"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer, not the graph"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"something else", "onnxruntime cannot load it ("),
    ],
)
def test_files_that_are_no_graph_are_called_what_they_are(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    assert (no_graph(path) or "onnxruntime cannot load it (").startswith(said)
    with pytest.raises(WeightsError, match=r"m\.onnx: ") as caught:
        OnnxNetwork(path)
    assert said in str(caught.value)
