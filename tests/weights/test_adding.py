"""What people feed to ``weights add``: whatever it takes, ``weights verify`` and loading agree with."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from small_weights import SOURCE, small_network
from torch import Tensor, nn

from vsodboost import weights
from vsodboost.data.errors import PluginError, WeightsError
from vsodboost.weights import catalogue

State = dict[str, Tensor]


def prefixed(state: State, prefix: str) -> State:
    return {prefix + name: value for name, value in state.items()}


def changed(state: State) -> State:
    return {name: value + 1 for name, value in state.items()}


WRAPS: dict[str, Callable[[State], Any]] = {
    "flat": lambda state: state,
    "compiled": lambda state: prefixed(state, "_orig_mod."),
    "compiled inside": lambda state: {name.replace("0.", "0._orig_mod.", 1): value for name, value in state.items()},
    "model_state_dict": lambda state: {"model_state_dict": state, "optimizer_state_dict": {}, "epoch": 3, "loss": 0.5},
    "lightning": lambda state: {
        "state_dict": {**prefixed(state, "model."), "loss.weight": torch.ones(1)},
        "pytorch-lightning_version": "2.4.0",
        "hyper_parameters": {"lr": 0.001},
    },
    "lightning net": lambda state: {"state_dict": prefixed(state, "net._orig_mod.")},
    "params and average": lambda state: {"params": changed(state), "params_ema": state},
    "ema": lambda state: {"model": changed(state), "ema": {"module": state}},
    "model_ema": lambda state: {"model": changed(state), "model_ema": state, "args": None},
    "averaged model": lambda state: {**prefixed(state, "module."), "n_averaged": torch.tensor(5)},
    "weights": lambda state: {"weights": state},
    "unknown key": lambda state: {"saliency": {"network": state}},
    "with others": lambda state: {"generator": state, "discriminator": {"0.weight": torch.ones(9)}},
    "parts": lambda state: {
        str(i): {k.partition(".")[2]: v for k, v in state.items() if k.startswith(f"{i}.")} for i in range(3)
    },
}


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
def test_what_is_added_is_verified_and_loaded(store_home: Path, tmp_path: Path, state: State, wrap: Any) -> None:
    path = tmp_path / "any.ckpt"
    torch.save(wrap(state), path)
    entry = weights.add("small", path)
    assert weights.verify("small") == entry
    network = small_network()
    weights.load_into(network, "small")
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("wrap", "said"),
    [
        ("params and average", "'params_ema' in it is taken, not 'params', which would fit, too"),
        ("averaged model", "what lies beside the network is left out: 1 tensor (n_averaged)"),
        ("lightning", "what lies beside the network is left out: 1 tensor (loss.weight)"),
    ],
)
def test_what_was_chosen_is_said(
    store_home: Path, tmp_path: Path, state: State, wrap: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "any.ckpt"
    torch.save(WRAPS[wrap](state), path)
    with caplog.at_level(logging.WARNING, "vsodboost"):
        weights.add("small", path)
    assert [record.getMessage() for record in caplog.records] == [f"vsodboost: {path}: {said}"]


def test_two_networks_that_fit_are_refused(store_home: Path, tmp_path: Path, state: State) -> None:
    path = tmp_path / "two.pth"
    torch.save({"student": state, "teacher": changed(state)}, path)
    with pytest.raises(WeightsError, match=r"two\.pth: holds several networks that fit \('student', 'teacher'\)"):
        weights.add("small", path)
    torch.save({"first": state, "second": state}, path)
    weights.add("small", path)


def use(monkeypatch: pytest.MonkeyPatch, **sources: Any) -> None:
    monkeypatch.setattr(catalogue, "sources", lambda registry=None: sources)


def test_extra_tensors_pass_only_where_the_authors_loader_passes_over_them(
    store_home: Path, tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "extra.pth"
    torch.save({**state, "classifier.weight": torch.ones(2)}, path)
    strict = replace(SOURCE, build=small_network)
    use(monkeypatch, small=strict)
    with pytest.raises(WeightsError, match=r"is not for 'small': 1 unknown \(classifier\.weight\)"):
        weights.add("small", path)
    use(monkeypatch, small=replace(strict, ignores_extra=True))
    with caplog.at_level(logging.WARNING, "vsodboost"):
        weights.add("small", path)
    assert "left out, as its authors' loader does: 1 tensor (classifier.weight)" in caplog.text
    assert weights.verify("small").name == "small"


class Larger(nn.Module):
    """The small network and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone, self.head = small_network(), nn.Linear(2, 2)


def test_a_file_of_a_larger_model_is_not_cut_down_to_a_part(
    store_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(SOURCE, build=small_network, ignores_extra=True)
    use(monkeypatch, small=small, larger=replace(SOURCE, build=Larger))
    path = tmp_path / "larger.pth"
    torch.save(Larger().state_dict(), path)
    with pytest.raises(WeightsError, match=r"not for 'small': .*; it fits 'larger': vsodboost weights add larger"):
        weights.add("small", path)
    weights.add("larger", path)


class Tied(nn.Module):
    """Two layers with one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(3, 3), nn.Linear(3, 3)
        self.second.weight = self.first.weight


def test_a_network_that_shares_a_tensor(store_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, tied=replace(SOURCE, build=Tied))
    torch.manual_seed(1)
    network = Tied()
    torch.save(network.state_dict(), tmp_path / "both.pth")
    save_file({k: v for k, v in network.state_dict().items() if k != "second.weight"}, tmp_path / "once.safetensors")
    for file in ("both.pth", "once.safetensors"):
        weights.add("tied", tmp_path / file)
        weights.verify("tied")
        loaded = Tied()
        weights.load_into(loaded, "tied")
        assert torch.equal(loaded.second.weight, network.first.weight)
        assert torch.equal(loaded.second.bias, network.second.bias)


def test_a_network_whose_own_names_look_like_a_wrapper_s(
    store_home: Path, tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = small_network()

    use(monkeypatch, wrapped=replace(SOURCE, build=Wrapped))
    for prefix in ("", "module.", "module.module."):
        torch.save(prefixed(state, prefix), tmp_path / "w.pth")
        weights.add("wrapped", tmp_path / "w.pth")
        weights.verify("wrapped")
        network = Wrapped()
        weights.load_into(network, "wrapped")
        assert torch.equal(network.module[0].weight, state["0.weight"])


def test_the_authors_files_of_the_built_in_models_may_hold_more() -> None:
    sources = catalogue.sources()
    assert [name for name in ("dsnet", "rcrnet", "rcrnet-image", "cpd", "mga") if sources[name].ignores_extra] == [
        "dsnet", "rcrnet", "rcrnet-image"
    ]  # fmt: skip


def test_a_network_that_its_plugin_cannot_build_is_named(
    store_home: Path, tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build() -> nn.Module:
        raise ModuleNotFoundError("No module named 'theirs'")

    path = tmp_path / "any.pth"
    torch.save(state, path)
    use(monkeypatch, theirs=replace(SOURCE, build=build))
    with pytest.raises(PluginError, match="the network of 'theirs' could not be built: No module named 'theirs'"):
        weights.add("theirs", path)
