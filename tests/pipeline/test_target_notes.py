"""What a target notes of how it is run stands in run.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_plans import small_plan

from vsodboost import Booster, Mined, Scene
from vsodboost.data.types import Frames
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.run import run
from vsodboost.pipeline.writing import OutputOptions
from vsodboost.registry.discovery import Registry


class Idle(Booster):
    """Mines nothing."""

    def mine(self, scene: Scene) -> Mined:
        """Nothing."""
        return Mined.nothing(scene)


def warnings_of(folder: Path, function: Callable[[Frames], Any]) -> list[str]:
    """What run.json warns of where ``function`` makes the maps."""
    frames = np.random.default_rng(0).integers(0, 256, (3, 64, 96, 3)).astype(np.uint8)
    plan = replace(small_plan(Idle(), function), registry=Registry.load())
    run(plan, [ArraySource(frames, name="clip")], OutputOptions(folder))
    found: list[str] = json.loads((folder / "clip" / "run.json").read_text())["warnings"]
    return found


def test_how_values_are_read_is_in_run_json(tmp_path: Path) -> None:
    assert any("0..255" in line for line in warnings_of(tmp_path, lambda frames: frames[..., 0]))


def test_maps_in_the_unit_range_are_not_spoken_of(tmp_path: Path) -> None:
    assert warnings_of(tmp_path, lambda frames: frames[..., 0] / np.float32(255)) == []


@pytest.mark.parametrize("bright", [False, True])
def test_maps_of_the_ground_are_spoken_of(tmp_path: Path, bright: bool) -> None:
    def maps(frames: Frames) -> Any:
        made = np.full(frames.shape[:3], 1 - bright, np.float32)
        made[:, 20:40, 30:60] = bright
        return made

    said = [line for line in warnings_of(tmp_path, maps) if "bright along the border" in line]
    assert (len(said) == 1 and "in 3 of 3 frames" in said[0]) != bright
