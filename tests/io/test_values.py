"""Plain values in a file: they come back as they were, and nothing else gets in or out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from vsodboost.data.errors import InputError
from vsodboost.io.values import _header, read_values, values_bytes


def back(folder: Path, value: Any) -> Any:
    path = folder / "state.safetensors"
    path.write_bytes(values_bytes(value))
    return read_values(path)


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    value = {
        "n": [None, True, 3, -0.1, float("inf"), "text ü\n", b"\0\xff", ()],
        7: ({"deep": [1, (2,)]}, np.float32(0.5), np.int64(9)),
    }
    found = back(tmp_path, value)
    assert found == {**value, 7: ({"deep": [1, (2,)]}, 0.5, 9)}
    assert [type(item) for item in found["n"]] == [type(item) for item in value["n"]]


@pytest.mark.parametrize("kind", ["?", "u1", "u4", "i8", "f2", "f4", "f8", ">f4"])
def test_arrays_keep_kind_and_shape(tmp_path: Path, kind: str) -> None:
    for array in (np.arange(24).reshape(2, 3, 4)[:, ::2], np.zeros((0, 4)), np.array(1)):
        wanted = array.astype(kind)
        found = back(tmp_path, [wanted])[0]
        assert found.dtype == wanted.dtype and found.shape == wanted.shape
        np.testing.assert_array_equal(found, wanted)


def test_tensors_keep_the_order_of_their_memory(tmp_path: Path) -> None:
    plain = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    last = plain.to(memory_format=torch.channels_last)
    parameter = torch.nn.Parameter(torch.randn(3).bfloat16())
    found = back(tmp_path, (plain, last, parameter, plain[:, 1]))
    for one, other in zip(found, (plain, last, parameter, plain[:, 1]), strict=True):
        assert torch.equal(one, other) and one.dtype == other.dtype and not one.requires_grad
    assert found[1].stride() == last.stride()


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"a": [object()]}, r"the value\['a'\]\[0\] is a object"),
        ({1.5: 0}, "a key of type float"),
        ({True: 0}, "a key of type bool"),
        (np.array([object()]), "an array of object"),
        ({1, 2}, "is a set"),
    ],
)
def test_what_is_no_plain_value_is_refused(value: Any, where: str) -> None:
    with pytest.raises(TypeError, match=where):
        values_bytes(value)


def test_one_bit_that_changed_is_found_out(tmp_path: Path) -> None:
    whole = values_bytes({"a": np.arange(20.0), "b": torch.arange(3).bfloat16(), "c": "text"})
    path = tmp_path / "state.safetensors"
    for place in range(8, len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(InputError, match="cannot be read"):
            read_values(path)


def test_damaged_and_strange_files_are_refused(tmp_path: Path) -> None:
    whole = values_bytes({"a": np.arange(100.0)})
    path = tmp_path / "state.safetensors"
    for data in (b"", whole[:20], whole[:-1], b"\xff" * 64, whole.replace(b'"array', b'"arrax')):
        path.write_bytes(data)
        with pytest.raises(InputError, match="cannot be read"):
            read_values(path)
    with pytest.raises(InputError, match="is not there"):
        read_values(tmp_path / "none")
    strange: list[Any] = [{"array": "0", "dtype": "O", "shape": [1]}, {"dict": [[[], 1]]}, {"tensor": "9"}, {"x": 1}]
    for tree in [*map(json.dumps, strange), "{", "[" * 100_000]:
        tensors = {"0": torch.zeros(8, dtype=torch.uint8)}
        save_file(tensors, path, _header(tree, tensors))
        with pytest.raises(InputError, match="cannot be read"):
            read_values(path)
