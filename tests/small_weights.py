"""A small model with a card, and a store of its own for every test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vsodboost.data.cards import WeightsSource
from vsodboost.weights import catalogue

SOURCE = WeightsSource(file="small.pth", published="example.org/small", licence="CC0")


def small_network(width: int = 3) -> nn.Module:
    """Two layers with batch norm: eight tensors, one of them a counter."""
    return nn.Sequential(nn.Conv2d(2, width, 3), nn.BatchNorm2d(width), nn.Conv2d(width, 1, 1, bias=False))


def read_raw(path: Path) -> dict[str, Tensor]:
    """The small model's own format: float32 after four letters."""
    flat, tensors = torch.from_numpy(np.fromfile(path, np.float32, offset=4)), {}
    for name, value in small_network().state_dict().items():
        if value.is_floating_point():
            tensors[name], flat = flat[: value.numel()].reshape(value.shape), flat[value.numel() :]
    return tensors


@pytest.fixture
def state() -> dict[str, Tensor]:
    """Trained-looking weights of the small model."""
    torch.manual_seed(0)
    network = small_network()
    network(torch.rand(2, 2, 5, 5))  # moves the running statistics
    return {name: value.clone() for name, value in network.state_dict().items()}


@pytest.fixture
def store_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store, and a catalogue of three models: small, wide (wider) and raw (with a format of its own)."""
    monkeypatch.setenv("VSODBOOST_HOME", str(tmp_path / "home"))

    def build(width: int) -> Callable[[], nn.Module]:
        return lambda: small_network(width)

    def source(name: str, width: int = 3, reader: Callable[[Path], dict[str, Tensor]] | None = None) -> WeightsSource:
        return WeightsSource(f"{name}.pth", f"example.org/{name}", "CC0", build=build(width), reader=reader)

    known = {"small": source("small"), "wide": source("wide", width=4), "raw": source("raw", reader=read_raw)}
    monkeypatch.setattr(catalogue, "sources", lambda registry=None: known)
    return tmp_path / "home"
