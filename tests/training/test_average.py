"""Two runs of one network, averaged."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from vsodboost.data.errors import WeightsError
from vsodboost.training.own import lite, mean_of
from vsodboost.training.recipe import TrainingRequest


def test_the_mean_of_two_networks() -> None:
    one = {"weight": torch.tensor([1.0, 3.0]), "steps": torch.tensor(7)}
    two = {"weight": torch.tensor([3.0, 5.0], dtype=torch.half), "steps": torch.tensor(9)}
    mean = mean_of(one, two)
    assert mean["weight"].tolist() == [2, 4]
    assert mean["weight"].dtype == torch.float32
    assert int(mean["steps"]) == 7


def test_a_file_of_another_network_stops_the_run_before_it_begins(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    request = TrainingRequest(
        data=(), folder=tmp_path / "run", options={"average": str(path)}, say=print, build=lambda kind, spec: None
    )
    with pytest.raises(WeightsError, match=r"average=.*other\.safetensors"):
        lite(request)
    assert not (tmp_path / "run").exists()
