"""``benchmarks/speed.py``: what is multiplied by what."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from benchmark_scripts import script

speed = script("speed")


def test_the_recipe_is_multiplied_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cv2.imwrite(str(tmp_path / "0.png"), np.zeros((48, 64, 3), np.uint8))
    monkeypatch.setattr(speed, "ours", lambda plan, source, folder: (10.0, 20, 7, (48, 64)))
    monkeypatch.setattr(speed, "recipe", lambda size, times: {"step": 2.0, "pass": 0.5, "pair": 0.25})
    report = speed.measured(str(tmp_path), "lite", 20, 1, ["quick"])
    assert report["recipe"]["steps"] == 40  # ten epochs of four batches of two
    assert report["recipe"]["seconds"] == 40 * 2 + 20 * 0.5 + 19 * 0.25
    assert report["profiles"]["quick"]["times_cheaper"] == pytest.approx(9.475)


def test_parts_of_the_recipe_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "SIDE", 64)
    parts = speed.recipe((60, 90), 1)
    assert set(parts) == {"step", "pass", "pair"} and all(spent > 0 for spent in parts.values())
    assert parts["step"] > parts["pass"]
