from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from small_weights import small_network
from torch import Tensor

from vsodboost import weights
from vsodboost.data.errors import UsageError, VsodboostError, WeightsError
from vsodboost.weights import catalogue, store


@pytest.fixture
def checkpoint(tmp_path: Path, state: dict[str, Tensor]) -> Path:
    path = tmp_path / "authors.pth"
    torch.save({"model": {f"module.{name}": value for name, value in state.items()}}, path)
    return path


def test_add_then_load(store_home: Path, checkpoint: Path, state: dict[str, Tensor]) -> None:
    entry = weights.add("small", checkpoint)
    assert weights.where("small") == store_home / "weights" / "small" / "model.safetensors"
    assert all(torch.equal(load_file(weights.where("small"))[name], value) for name, value in state.items())
    assert entry.sha256 == store.sha256(weights.where("small"))
    assert (entry.source_file, entry.source_sha256) == ("authors.pth", store.sha256(checkpoint))
    assert (entry.licence, entry.published) == ("CC0", "example.org/small")
    network = small_network()
    weights.load_into(network, "small")
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
    assert weights.verify("small") == entry
    assert json.loads((store_home / "weights/small/provenance.json").read_text())["added"].endswith("+00:00")
    assert [(e.name, e.added) for e in weights.entries()] == [("small", entry), ("wide", None), ("raw", None)]


def test_a_model_without_weights_says_where_they_are_and_how_to_add_them(store_home: Path) -> None:
    for act in (
        lambda: weights.load_into(small_network(), "small", catalogue.source("small")),
        lambda: weights.verify("small"),
        lambda: weights.where("small"),
    ):
        with pytest.raises(WeightsError, match=r"example\.org/small.*run: vsodboost weights add small small\.pth$"):
            act()


def test_unknown_names(store_home: Path, checkpoint: Path) -> None:
    with pytest.raises(UsageError, match="no model named 'smal' takes weights; those that do: small, wide, raw"):
        weights.add("smal", checkpoint)
    for name in ("../small", "", "a/b", ".."):
        with pytest.raises(UsageError, match="cannot be the name"):
            store.folder(name)


def test_the_file_of_another_model_is_refused_and_the_other_named(store_home: Path, checkpoint: Path) -> None:
    with pytest.raises(
        WeightsError,
        match=r"authors\.pth is not for 'wide': 7 of another shape .*; it fits 'small': vsodboost weights add small",
    ):
        weights.add("wide", checkpoint)
    assert store.installed("wide") is None
    torch.save({"0.weight": torch.zeros(1)}, checkpoint)
    with pytest.raises(
        WeightsError, match=r"authors\.pth is not for 'wide': 6 missing \(0\.bias, 1\.weight, 1\.bias, …\)"
    ):
        weights.add("wide", checkpoint)


def test_a_failed_add_keeps_the_older_weights(store_home: Path, checkpoint: Path, tmp_path: Path) -> None:
    entry = weights.add("small", checkpoint)
    bad = tmp_path / "bad.pth"
    bad.write_bytes(checkpoint.read_bytes()[:500])
    with pytest.raises(WeightsError):
        weights.add("small", bad)
    assert weights.verify("small") == entry


def test_a_killed_add_leaves_no_entry(store_home: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights.add("small", checkpoint)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        weights.add("small", checkpoint)
    monkeypatch.undo()
    monkeypatch.setenv("VSODBOOST_HOME", str(store_home))
    assert store.installed("small") is None
    assert [p.name for p in (store_home / "weights/small").iterdir()] == ["model.safetensors"]  # the older one


def test_a_format_of_the_model_s_own(store_home: Path, tmp_path: Path, state: dict[str, Tensor]) -> None:
    path = tmp_path / "weights.raw"
    floats = [value.flatten() for value in state.values() if value.is_floating_point()]
    path.write_bytes(b"RAW0" + torch.cat(floats).numpy().tobytes())
    weights.add("raw", path)
    network = small_network()
    weights.load_into(network, "raw")
    assert torch.equal(network.state_dict()["1.running_mean"], state["1.running_mean"])
    with pytest.raises(WeightsError, match="neither a torch checkpoint nor safetensors"):
        weights.add("small", path)


def test_a_changed_file_is_noticed(store_home: Path, checkpoint: Path) -> None:
    weights.add("small", checkpoint)
    path = weights.where("small")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    for act in (lambda: weights.verify("small"), lambda: weights.load_into(small_network(), "small")):
        with pytest.raises(WeightsError, match=r"model\.safetensors: changed since it was added; add 'small' again"):
            act()
    path.unlink()
    with pytest.raises(WeightsError, match=r"model\.safetensors: gone"):
        weights.where("small")


def test_a_broken_provenance_is_named(store_home: Path, checkpoint: Path) -> None:
    weights.add("small", checkpoint)
    path = store_home / "weights/small/provenance.json"
    for content in ("{", "[]", '{"name": "small"}'):
        path.write_text(content)
        with pytest.raises(
            WeightsError, match=r"provenance\.json: cannot be read .* run: vsodboost weights remove small"
        ):
            weights.verify("small")
    weights.remove("small")
    assert not (store_home / "weights/small").exists()


def test_remove(store_home: Path, checkpoint: Path) -> None:
    weights.add("small", checkpoint)
    (store_home / "weights/small/mine.txt").write_text("kept")
    weights.remove("small")
    assert [p.name for p in (store_home / "weights/small").iterdir()] == ["mine.txt"]
    with pytest.raises(WeightsError, match="small: has no weights to remove"):
        weights.remove("small")


def test_entries_of_plugins_that_are_gone_are_listed(store_home: Path, checkpoint: Path) -> None:
    weights.add("small", checkpoint)
    (store_home / "weights/small").rename(store_home / "weights/old")
    assert [(e.name, e.source is None, e.added is None) for e in weights.entries()][-1] == ("old", True, False)


def test_a_store_that_cannot_be_written_is_named(store_home: Path, checkpoint: Path) -> None:
    store_home.write_text("a file where the folder should be")
    with pytest.raises(VsodboostError, match=r"cannot write .*model\.safetensors"):
        weights.add("small", checkpoint)


def test_the_cache_folder_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VSODBOOST_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    if os.name == "posix":
        assert store.root().parts[-2:] == ("vsodboost", "weights")
