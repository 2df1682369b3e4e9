"""What targets cost: the figures of one small model, and which models are measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmark_scripts import script

costs = script("target_costs")


def test_every_model_that_takes_weights_is_measured() -> None:
    assert set(costs.targets()) >= {"cosnet", "cpd", "cpd-resnet", "dsnet", "lite", "mga", "pcsa", "rcrnet", "ssav"}
    assert "maps" not in costs.targets()


def test_the_figures_of_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSODBOOST_HOME", str(tmp_path))
    source = costs.Registry.load().card("targets", "u2netp").weights
    costs.save_file(costs.noise_weights(source.build), tmp_path / "noise.safetensors")
    costs.weights.add("u2netp", tmp_path / "noise.safetensors")
    figures = costs.measure("u2netp", 1, size=(32, 48))
    assert figures["size"] == [320, 320] and figures["window"] == 1
    assert figures["parameters"] == 1_131_181
    assert 0 < figures["seconds_a_frame"] < 60
    assert figures["resident_mb"] > figures["above_start_mb"] >= 0
    assert costs.line(figures).startswith("| u2netp | 1.1 M | 320x320, batches of")
