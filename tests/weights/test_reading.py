from __future__ import annotations

import argparse
import datetime
import io
import os
import pickle
import sys
import types
import warnings
import zipfile
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from vsodboost.data.errors import WeightsError
from vsodboost.weights.reading import candidates, read_checkpoint

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
    "compiled": lambda state: {f"_orig_mod.{name}": value for name, value in state.items()},
    "compiled in parallel": lambda state: {f"module._orig_mod.{name}": value for name, value in state.items()},
    "parallel in compiled": lambda state: {f"_orig_mod.module.{name}": value for name, value in state.items()},
    "model_state_dict": lambda state: {
        "model_state_dict": state,
        "optimizer_state_dict": {"state": {0: {"m": state["0.weight"]}}},
    },
    "params": lambda state: {"params": state, "iter": 3},
    "weights": lambda state: {"epoch": 4, "weights": state},
    "ema": lambda state: {"ema": {"decay": 0.99, "shadow": state}, "step": torch.tensor(3)},
    "unknown key": lambda state: {"saliency_branch": state, "args": argparse.Namespace(lr=0.1)},
    "average preferred": lambda state: {"params": {k: v + 1 for k, v in state.items()}, "params_ema": state},
    "partial average": lambda state: {"model": state, "ema": {"0.weight": state["0.weight"] + 1}},
    "a loss at the top": lambda state: {"loss": torch.tensor(0.5), "model": state},
    "settings": lambda state: {"state_dict": state, **settings()},
    "nested": lambda state: {"model": {"state_dict": prefixed(state)}},
    "parameters": lambda state: OrderedDict(
        (name, torch.nn.Parameter(v, v.is_floating_point())) for name, v in state.items()
    ),
}


def settings() -> dict[str, Any]:
    """What training scripts save beside the tensors."""
    counts: Any = defaultdict(list)
    counts["lr"].append(0.1)
    return {
        "hyper_parameters": argparse.Namespace(root=PurePosixPath("data"), when=datetime.date(2024, 1, 2)),
        "callbacks": {"best": np.float32(0.9)},
        "counts": counts,
        "best": (np.array([1.0]), {"a": {1, 2}}),
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
        (b"\x80\x02garbage", "refused, a pickle that torch.save did not write"),
        (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.garbage", "damaged"),
        (b"\x89HDF\r\n", "an HDF5 file, as Keras writes"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer, not the weights"),
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
        ({"state_dict": {}}, "'state_dict' is an empty dict"),
        ({"epoch": 4, "weights": [torch.zeros(1)]}, "'epoch' is an int"),
        ({1: torch.zeros(1)}, "'1' is a Tensor, not a tensor with a name"),
        ({"a": argparse.Namespace(b=1)}, "'a' is a Namespace object"),
        ({"student": {"a": torch.zeros(1)}, "teacher": {"a": torch.ones(1)}}, "holds several networks"),
        ({"a": np.ones(3)}, "'a' is a NumPy object"),
        (torch.zeros(3), "holds a Tensor"),
    ],
)
def test_checkpoints_without_named_tensors(tmp_path: Path, content: Any, message: str) -> None:
    path = tmp_path / "odd.pth"
    torch.save(content, path)
    with pytest.raises(WeightsError, match=rf"odd\.pth: {message}"):
        read_checkpoint(path)


def test_reasons_are_torch_s_own_and_not_its_advice_to_run_the_file(tmp_path: Path, state: dict[str, Tensor]) -> None:
    path = tmp_path / "broken.pth"
    torch.save(state, tmp_path / "whole.pth")
    with zipfile.ZipFile(tmp_path / "whole.pth") as whole, zipfile.ZipFile(path, "w") as broken:
        for name in whole.namelist():
            content = whole.read(name)
            broken.writestr(
                name, content.replace(b"torch._utils", b"torch._utilz") if name.endswith("pkl") else content
            )
    with pytest.raises(WeightsError, match=r"refused, it holds Python objects .*\(torch\._utilz\._rebuild_tensor_v2\)"):
        read_checkpoint(path)
    with zipfile.ZipFile(tmp_path / "whole.pth") as whole, zipfile.ZipFile(path, "w") as broken:
        for name in whole.namelist():
            broken.writestr(name, whole.read(name)[: -5 if name.endswith("pkl") else None])
    with pytest.raises(WeightsError, match=r"damaged, cut off or no checkpoint \(.+\); fetch it again") as caught:
        read_checkpoint(path)
    assert "weights_only" not in str(caught.value) and "Weights only load failed" not in str(caught.value)


def test_programs_are_refused_as_what_they_are(tmp_path: Path) -> None:
    script, exported = tmp_path / "code.pt", tmp_path / "exported.pt2"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch deprecates what people still have
        torch.jit.script(torch.nn.Conv2d(1, 1, 1)).save(str(script))
        torch.export.save(torch.export.export(torch.nn.Conv2d(1, 1, 1), (torch.zeros(1, 1, 3, 3),)), exported)
    with pytest.raises(
        WeightsError, match=r"code\.pt: refused, a TorchScript program, .*torch\.jit\.load .*state_dict"
    ):
        read_checkpoint(script)
    with pytest.raises(WeightsError, match=r"exported\.pt2: refused, a torch\.export program, .*torch\.export\.load"):
        read_checkpoint(exported)
    plain = tmp_path / "code.pth"  # the archive's folder has this name
    torch.save({"a": torch.zeros(1)}, plain)
    assert list(read_checkpoint(plain)) == ["a"]


def test_other_pickle_protocols_are_named(tmp_path: Path, state: dict[str, Tensor]) -> None:
    path = tmp_path / "four.pth"
    torch.save(state, path, pickle_protocol=4)
    with pytest.raises(WeightsError, match="saved with pickle protocol 4"):
        read_checkpoint(path)


def test_classes_of_settings_are_neither_imported_nor_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("easydict")
    source = """
class EasyDict(dict):
    made = []
    def __init__(self, *a):
        EasyDict.made.append(a)
        super().__init__(*a)
"""
    exec(source, module.__dict__)
    monkeypatch.setitem(sys.modules, "easydict", module)
    path = tmp_path / "easy.pth"
    torch.save({"state_dict": {"a": torch.ones(2)}, "config": module.EasyDict({"lr": 1})}, path)
    module.EasyDict.made.clear()
    monkeypatch.delitem(sys.modules, "easydict")
    assert torch.equal(read_checkpoint(path)["a"], torch.ones(2))
    assert module.EasyDict.made == [] and "easydict" not in sys.modules


def test_several_things_in_a_file_are_candidates_the_likeliest_first(tmp_path: Path, state: dict[str, Tensor]) -> None:
    path = tmp_path / "many.pth"
    parts = {"encoder": {"w": torch.zeros(2)}, "decoder": {"w": torch.ones(2)}}
    torch.save(parts, path)
    assert [each.where for each in candidates(path)] == ["encoder", "decoder", "*"]
    assert sorted(candidates(path)[-1].tensors) == ["decoder.w", "encoder.w"]
    torch.save({"other": state, "net": state, "model": state, "ema_model": state, "optimizer": {"state": state}}, path)
    assert [each.where for each in candidates(path)] == ["ema_model", "model", "net", "other", "*"]


def test_missing_files_and_folders(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.pth", tmp_path):
        with pytest.raises(WeightsError, match=f"{path.name}: cannot be read"):
            read_checkpoint(path)
