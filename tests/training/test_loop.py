"""The training loop: a resumed run ends where an uninterrupted one does; damage is named."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from vsodboost.data.errors import WeightsError
from vsodboost.training.loop import Batch, Loop, Schedule


def batch(step: int) -> Batch:
    generator = torch.Generator().manual_seed(step)
    x = torch.randn(8, 4, generator=generator)
    return {"x": x, "y": x.sum(1, keepdim=True)}


def loss(network: nn.Module, values: Batch) -> Tensor:
    error: Tensor = ((network(values["x"]) - values["y"]) ** 2).mean()
    return error


def loop(folder: Path, steps: int, said: list[str] | None = None) -> Loop:
    torch.manual_seed(0)
    network = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.1)
    say = (said if said is not None else []).append
    return Loop(network, optimizer, Schedule(60, warmup=5), batch, loss, folder, say, every=10)


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(tmp_path: Path) -> None:
    whole = loop(tmp_path / "whole", 60).run()
    cut = loop(tmp_path / "cut", 60)

    class Killed(Exception):
        pass

    def kill(step: int, network: nn.Module) -> None:
        if step == 37:
            raise Killed

    cut.at = kill
    with pytest.raises(Killed):
        cut.run()
    resumed = loop(tmp_path / "cut", 60)
    assert resumed.resume()
    assert resumed.step == 30
    again = resumed.run()
    assert all(torch.equal(whole[k], again[k]) for k in whole)


def test_batches_of_workers_are_the_same(tmp_path: Path) -> None:
    alone, helped = loop(tmp_path / "alone", 60), loop(tmp_path / "helped", 60)
    helped.workers = 2
    whole, again = alone.run(), helped.run()
    assert all(torch.equal(whole[k], again[k]) for k in whole)


def test_it_learns_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    made = loop(tmp_path, 60, said)
    before = float(loss(made.network, batch(99)).detach())
    made.run()
    assert float(loss(made.network, batch(99)).detach()) < 0.05 * before
    assert any("step 50/60" in line for line in said)


def test_nothing_to_resume(tmp_path: Path) -> None:
    assert not loop(tmp_path, 60).resume()


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"no checkpoint")
    with pytest.raises(WeightsError, match=r"checkpoint\.pt.*delete it"):
        loop(tmp_path, 60).resume()


def test_the_rate_rises_then_falls_to_nothing() -> None:
    schedule = Schedule(100, warmup=10)
    assert schedule.factor(0) == pytest.approx(0.1)
    assert schedule.factor(10) == pytest.approx(1)
    assert schedule.factor(55) == pytest.approx(0.5)
    assert schedule.factor(99) < 0.01
