"""``ptlflow:NAME`` against a stand-in for the package, which is not installed here, and without it."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from moving_pattern import pattern
from torch import Tensor, nn
from vsodboost_plugins.flow import ptlflow_model

from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Request


class Model(nn.Module):
    """Answers as ptlflow's models do: ``images`` [B, 2, 3, H, W] BGR in [0, 1] to ``flows`` [B, 1, 2, H, W]."""

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        images = inputs["images"]
        assert images.ndim == 5 and images.shape[1:3] == (2, 3) and 0 <= images.min() <= images.max() <= 1
        blue_before, red_after = images[:, 0, 0], images[:, 1, 2]
        return {"flows": torch.stack((blue_before, red_after), dim=1)[:, None]}


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    calls: list[tuple[str, Any]] = []

    def get_model(name: str, ckpt_path: str | None = None) -> Model:
        calls.append((name, ckpt_path))
        if name != "gma":
            raise ValueError(f"Unknown model name: {name}.\nIt must be one of [...]")
        return Model()

    module = ModuleType("ptlflow")
    module.get_model = get_model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ptlflow", module)
    return calls


def test_frames_go_in_and_flow_comes_out_by_ptlflows_convention(package: list[tuple[str, Any]]) -> None:
    estimator = ptlflow_model.build(Request(argument="gma", options={"weights": "things"}))
    assert package == [("gma", "things")]
    first, second = pattern(128, 136, 0)[None], pattern(128, 136, 1)[None]
    flow = estimator.estimate(first, second)
    assert np.allclose(flow[0, ..., 0], first[0, ..., 2] / 255, atol=1e-6)
    assert np.allclose(flow[0, ..., 1], second[0, ..., 0] / 255, atol=1e-6)


def test_what_is_missing_is_said(package: list[tuple[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name a model"):
        ptlflow_model.build(Request())
    with pytest.raises(WeightsError, match="no weights chosen"):
        ptlflow_model.build(Request(argument="gma"))
    with pytest.raises(WeightsError, match=r"absent\.ckpt: no such file"):
        ptlflow_model.build(Request(argument="gma", options={"weights": str(tmp_path / "absent.ckpt")}))
    with pytest.raises(WeightsError, match="ptlflow cannot build it with weights=things: Unknown model name: gmaa"):
        ptlflow_model.build(Request(argument="gmaa", options={"weights": "things"}))


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ptlflow", None)
    said = r"pip install 'vsodboost\[ptlflow\]' in an environment of its own \(it changes the versions of torch"
    with pytest.raises(UsageError, match=said):
        ptlflow_model.build(Request(argument="raft_small", options={"weights": "things"}))
    assert "it upgrades torch" in Registry.load(only=[]).card("flows", "ptlflow").summary
