from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from vsodboost.data.errors import WeightsError
from vsodboost.weights.reading import read_checkpoint

Wrap = Callable[[dict[str, Tensor]], Any]


def prefixed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return OrderedDict((f"module.{name}", value) for name, value in state.items())


WRAPS: dict[str, Wrap] = {
    "flat": lambda state: state,
    "module": prefixed,
    "state_dict": lambda state: {"epoch": 3, "state_dict": state, "best": 0.5},
    "model": lambda state: {"model": prefixed(state)},
    "net": lambda state: {"net": state, "optimizer": {"state": {}, "param_groups": [{"lr": 1e-4}]}, "sche": {"a": 1}},
    "numpy": lambda state: {"state_dict": state, "best_EPE": np.float64(3.5), "losses": np.ones(4), "n": np.int64(3)},
    "nested": lambda state: {"model": {"state_dict": prefixed(state)}},
    "parameters": lambda state: OrderedDict(
        (name, torch.nn.Parameter(v, v.is_floating_point())) for name, v in state.items()
    ),
}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
def test_every_wrapper_gives_the_same_tensors(
    tmp_path: Path, state: dict[str, Tensor], wrap: Wrap, zipped: bool
) -> None:
    path = tmp_path / "any.name"
    torch.save(wrap(state), path, _use_new_zipfile_serialization=zipped)
    read = read_checkpoint(path)
    assert list(read) == list(state)
    assert all(torch.equal(read[name], value) for name, value in state.items())
    assert not any(value.requires_grad for value in read.values())


def test_safetensors(tmp_path: Path, state: dict[str, Tensor]) -> None:
    path = tmp_path / "weights.bin"
    save_file(prefixed(state), path)
    read = read_checkpoint(path)
    assert set(read) == set(state)
    assert all(torch.equal(read[name], value) for name, value in state.items())


class Evil:
    """Would make a file if it were unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_code_in_a_pickle_is_refused_and_not_run(tmp_path: Path, state: dict[str, Tensor], zipped: bool) -> None:
    trace, path = tmp_path / "trace", tmp_path / "evil.pth"
    content = {**state, "payload": Evil(f"touch {trace}")}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightsError, match=r"evil\.pth: refused, .*\(\w+\.system\)") as caught:
        read_checkpoint(path)
    assert "\n" not in str(caught.value)
    assert not trace.exists()
    os.system(f"touch {trace}")  # the command itself works
    assert trace.exists()


def test_a_bare_pickle_is_refused(tmp_path: Path) -> None:
    trace, path = tmp_path / "trace", tmp_path / "evil.pkl"
    path.write_bytes(pickle.dumps(Evil(f"touch {trace}")))
    with pytest.raises(WeightsError, match=r"evil\.pkl: "):
        read_checkpoint(path)
    assert not trace.exists()


def test_a_whole_pickled_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.pth"
    torch.save(torch.nn.Conv2d(1, 1, 1), path)
    with pytest.raises(WeightsError, match=r"refused, it holds Python objects besides tensors \(torch\.nn\.modules"):
        read_checkpoint(path)


def test_a_file_cut_anywhere_is_named(tmp_path: Path, state: dict[str, Tensor]) -> None:
    for zipped in (True, False):
        buffer = io.BytesIO()
        torch.save(state, buffer, _use_new_zipfile_serialization=zipped)
        whole, path = buffer.getvalue(), tmp_path / "cut.pth"
        for length in range(0, len(whole), len(whole) // 25):
            path.write_bytes(whole[:length])
            with pytest.raises(WeightsError, match=r"cut\.pth: .+") as caught:
                read_checkpoint(path)
            assert "\n" not in str(caught.value)


def test_a_cut_safetensors_file_is_named(tmp_path: Path, state: dict[str, Tensor]) -> None:
    path = tmp_path / "cut.safetensors"
    save_file(state, path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(WeightsError, match=r"cut\.safetensors: damaged safetensors file"):
        read_checkpoint(path)


@pytest.mark.parametrize("member", ["../evil", "/etc/evil", "a/../../evil", "..\\evil", "C:\\evil"])
def test_an_archive_that_points_outside_is_refused(tmp_path: Path, state: dict[str, Tensor], member: str) -> None:
    path = tmp_path / "slip.pth"
    torch.save(state, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(member, b"x")
    with pytest.raises(WeightsError, match=r"slip\.pth: refused, its member .* points outside"):
        read_checkpoint(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["slip.pth"]


def test_archives_that_torch_did_not_write(tmp_path: Path, state: dict[str, Tensor]) -> None:
    torch.save(state, tmp_path / "inner.pth")
    for method, message in ((zipfile.ZIP_STORED, "an archive of inner.pth"), (zipfile.ZIP_DEFLATED, "compressed")):
        path = tmp_path / "drive.zip"
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.write(tmp_path / "inner.pth", "inner.pth")
            archive.writestr("zeros", bytes(10_000))
        with pytest.raises(WeightsError, match=rf"drive\.zip: {message}.*unpack it"):
            read_checkpoint(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>Google Drive can't scan this file", "a web page"),
        (b"\n <HTML>", "a web page"),
        (b"just some text", "neither a torch checkpoint nor safetensors"),
        (b"\x80\x02garbage", "damaged"),
        (b"PK\x03\x04garbage", "damaged or cut off"),
        ((30).to_bytes(8, "little") + b'{"a":', "damaged safetensors"),
    ],
)
def test_other_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "thing"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=rf"thing: {message}"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "holds a list"),
        ({}, "holds an empty dict"),
        ({"state_dict": {}}, "holds an empty dict"),
        ({"epoch": 4, "weights": {"a": torch.zeros(1)}}, "'epoch' is a int"),
        ({1: torch.zeros(1)}, "'1' is a Tensor"),
        ({"a": np.ones(3)}, "'a' is a NumPy object"),
        (torch.zeros(3), "holds a Tensor"),
    ],
)
def test_checkpoints_without_named_tensors(tmp_path: Path, content: Any, message: str) -> None:
    path = tmp_path / "odd.pth"
    torch.save(content, path)
    with pytest.raises(WeightsError, match=rf"odd\.pth: {message}"):
        read_checkpoint(path)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.pth", tmp_path):
        with pytest.raises(WeightsError, match=f"{path.name}: cannot be read"):
            read_checkpoint(path)
