"""From an authors' file through the store to maps, at small frame sizes: CPD, U2-Net, PCSA and COSNet."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from formula_networks import settled
from torch import Tensor
from vsodboost_adapters.generic.onnx_network import OnnxNetwork

from vsodboost import weights
from vsodboost.data.errors import WeightsError
from vsodboost.data.types import Clip
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Request
from vsodboost.targets.export import export_target
from vsodboost.targets.network_target import NetworkTarget, run_target
from vsodboost.weights.graph_card import card_from_metadata

State = dict[str, Tensor]

# How each model's authors save their weights.
WRAPPERS: dict[str, Callable[[State], Any]] = {
    "cpd": lambda state: state,
    "cpd-resnet": lambda state: state,
    "u2netp": lambda state: state,
    "u2net": OrderedDict,
    "pcsa": lambda state: {"net": state, "optimizer": {"state": {}}, "sche": {"last_epoch": 15}},
    "cosnet": lambda state: {"model": {f"module.{name}": value for name, value in state.items()}},
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VSODBOOST_HOME", str(tmp_path))
    return tmp_path


def clip(count: int, height: int = 60, width: int = 90) -> Clip:
    """A bright square that moves over noise."""
    frames = np.random.default_rng(0).integers(0, 120, (count, height, width, 3), dtype=np.uint8)
    for t in range(count):
        frames[t, 20:40, 10 + 5 * t : 30 + 5 * t] = (250, 200, 30)
    return Clip(frames, tuple(f"{t:05d}" for t in range(count)), "square")


def small_target(registry: Registry, name: str, folder: Path, size: tuple[int, int]) -> tuple[NetworkTarget, State]:
    """The target ``name`` with random weights that came the user's way, at a small frame size; and those weights."""
    source = registry.card("targets", name).weights
    state = settled(source.build(), gain=1.0).state_dict()
    file = folder / source.file
    torch.save(WRAPPERS[name](state), file)
    weights.add(name, file)
    file.unlink()
    target, card = registry.build("targets", name, Request(seed=3))
    assert isinstance(target, NetworkTarget)
    target.card = replace(card, input_size=size)
    return target, state


def counts(target: NetworkTarget) -> tuple[int, ...]:
    """Frames to try: for a window also fewer, and no multiple of it."""
    return (2,) if target.card.window == 1 else (1, target.card.window + 2)


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_file_in_the_authors_wrapper_gives_a_working_target(registry: Registry, name: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=f"vsodboost weights (add|download) {name}"):
        registry.build("targets", name)
    target, state = small_target(registry, name, tmp_path, (64, 96))
    loaded = target.network.state_dict()
    assert list(loaded) == list(state)
    assert all(torch.equal(loaded[key], value) for key, value in state.items())
    for count in counts(target):
        maps = run_target(target, target.card, clip(count), name)
        assert maps.shape == (count, 60, 90)
        assert maps.dtype == np.float32
        assert 0 <= maps.min() <= maps.max() <= 1
        assert np.isfinite(maps).all()
        assert maps.std() > 0


@pytest.mark.parametrize("name", ["cpd", "u2netp", "pcsa"])
def test_the_exported_graph_gives_the_same_maps(registry: Registry, name: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    target, _ = small_target(registry, name, tmp_path, (64, 96))
    file = tmp_path / "model.onnx"
    assert export_target(target, name, file, (64, 96)) <= 1e-4
    network = OnnxNetwork(file)
    card = card_from_metadata(network.metadata)
    assert card is not None
    assert (card.input_size, card.window, card.output) == ((64, 96), target.card.window, target.card.output)
    graph = NetworkTarget(network, card, Request())
    for count in counts(target):
        expected = run_target(target, target.card, clip(count), name)
        np.testing.assert_allclose(run_target(graph, card, clip(count), "onnx"), expected, atol=1e-4)


def test_a_downloaded_graph_of_u2net_is_run_in_place_of_the_network(registry: Registry, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    target, _ = small_target(registry, "u2netp", tmp_path, (64, 96))
    expected = run_target(target, target.card, clip(3), "u2netp")
    # Like the published graph: the bare network, seven outputs, one image at a time.
    released = tmp_path / "u2netp.onnx"
    with pytest.warns(Warning):  # torch's older exporter is deprecated
        torch.onnx.export(target.network, (torch.zeros(1, 3, 64, 96),), str(released), dynamo=False)
    from vsodboost.weights import catalogue, store

    store.put_file("u2netp", released, store.GRAPH, catalogue.source("u2netp"))
    other, card = registry.build("targets", "u2netp")
    other.card = replace(card, input_size=(64, 96))
    assert isinstance(other.network, OnnxNetwork)
    np.testing.assert_allclose(run_target(other, other.card, clip(3), "u2netp"), expected, atol=1e-4)
