"""Weights of ours are written in half precision, as far as that can hold them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from vsodboost.data.errors import WeightsError
from vsodboost.weights.shipped import save_for_shipping


def test_what_half_precision_cannot_hold_stays_as_it_is(tmp_path: Path) -> None:
    state = {"weight": torch.tensor([0.5, -3.0]), "running_var": torch.tensor([70000.0, 1.0]), "count": torch.tensor(3)}
    save_for_shipping(state, tmp_path / "w.safetensors")
    found = load_file(tmp_path / "w.safetensors")
    assert all(torch.equal(found[name].to(value.dtype), value) for name, value in state.items())
    assert (found["weight"].dtype, found["running_var"].dtype) == (torch.float16, torch.float32)


def test_a_training_that_diverged_writes_nothing(tmp_path: Path) -> None:
    state = {"weight": torch.ones(2), "running_var": torch.tensor([float("nan")])}
    with pytest.raises(WeightsError, match=r"w\.safetensors is not written: the training diverged \('running_var'\)"):
        save_for_shipping(state, tmp_path / "w.safetensors")
    assert not list(tmp_path.iterdir())
