"""A stranger's package brings a plugin of each kind, of at most 60 lines each; installed, all work in one run."""

from __future__ import annotations

import csv
import importlib
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from moving_pattern import pattern

from vsodboost.cli import main

SOURCE = Path(__file__).parent / "stranger"
LONGEST = 60
KINDS = {
    "targets": ("redness", "stranger-target", "target", "Redness.predict"),
    "flows": ("lucas-kanade", "stranger-flow", "flow", "LucasKanade.estimate"),
    "detectors": ("regions", "stranger-detector", "detector", "Regions.detect"),
    "boosters": ("in-the-box", "stranger-booster", "booster", "InTheBox.mine"),
    "spatial_models": ("two-layers", "stranger-student", "student", "build"),
    "motion_models": ("speed", "stranger-motion", "motion", "Speed.predict"),
    "fusion_networks": ("border-contrast", "stranger-fusion", "fusion", "BorderContrast.predict"),
    "decisions": ("half-and-half", "stranger-decision", "decision", "HalfAndHalf.decide"),
    "layouts": ("mattes", "stranger-layout", "layout", "build"),
    "writers": ("objects", "stranger-writer", "writer", "Objects.add"),
}
"""Of each kind: the name it registers, the entry point, the module, and the method by which it works."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder into which pip installed the package; it is on the path while this module's tests run."""
    folder = tmp_path_factory.mktemp("stranger")
    shutil.copytree(SOURCE, folder / "source")  # building leaves files beside the source
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    target = ["--no-build-isolation", "--no-index", "--target", str(folder / "site"), str(folder / "source")]
    done = subprocess.run([*pip, *target], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder / "site"))
        patch.delenv("VSODBOOST_LOAD_PLUGINS", raising=False)
        importlib.invalidate_caches()
        yield folder / "site"
    for name in [name for name in sys.modules if name.partition(".")[0] == "vsod_stranger"]:
        del sys.modules[name]


def vsodboost(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What a command that succeeds prints as JSON."""
    with pytest.raises(SystemExit) as left:
        main([*words, "--json"])
    said = capsys.readouterr()
    assert left.value.code in (0, None), said.err
    answer: dict[str, Any] = json.loads(said.out)
    return answer


@pytest.fixture
def data_set(tmp_path: Path) -> Path:
    """A data set in the stranger's layout: one sequence, ``disc``, of six frames of 64x96 px in which a red disc of
    radius 12 moves 6 px a frame over a still ground."""
    folder = tmp_path / "set" / "disc"
    folder.mkdir(parents=True)
    ground = pattern(64, 96) // 3
    for t in range(6):
        frame = ground.copy()
        cv2.circle(frame, (24 + 6 * t, 32), 12, (20, 20, 240), -1)  # OpenCV writes blue first
        matte = cv2.circle(np.zeros((64, 96), np.uint8), (24 + 6 * t, 32), 12, 255, -1)
        assert cv2.imwrite(str(folder / f"rgb_{t:04d}.png"), frame)
        assert cv2.imwrite(str(folder / f"matte_{t:04d}.png"), matte)
    return folder.parent


@pytest.mark.parametrize("kind", KINDS)
def test_a_plugin_takes_at_most_sixty_lines(kind: str) -> None:
    module = SOURCE / "src" / "vsod_stranger" / f"{KINDS[kind][2]}.py"
    assert len(module.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_all_kinds_are_listed(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = vsodboost(capsys, "plugins")
    assert listed["broken"] == []
    for kind, (name, entry_point, *_) in KINDS.items():
        assert listed[kind][name]["plugin"] == entry_point


def test_all_kinds_work_in_one_run(
    installed: Path, data_set: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    called: Counter[str] = Counter()

    def counting(kind: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            called[kind] += 1
            return method(*arguments, **named)

        return call

    for kind, (_, _, module, method) in KINDS.items():
        *owner, name = method.split(".")
        found = importlib.import_module(f"vsod_stranger.{module}")
        found = getattr(found, owner[0]) if owner else found
        monkeypatch.setattr(found, name, counting(kind, getattr(found, name)))
    options = ["--target", "redness", "--target-option", "gain=1.2", "--flow", "lucas-kanade", "--detector", "regions"]
    options += ["--spatial-model", "two-layers"]
    options += ["--booster", "in-the-box", "--motion", "speed", "--fusion-network", "border-contrast"]
    options += ["--decision", "half-and-half", "--write", "objects", "--steps", "2", "--device", "cpu", "--quiet"]
    out = data_set.parent / "out"
    [summary] = vsodboost(capsys, "wrap", str(data_set), *options, "-o", str(out))["done"]
    assert set(called) == set(KINDS)
    assert (summary["video"], summary["frames"], summary["objects"]) == ("disc", 6, 6)
    assert 3 <= summary["mined"] <= 6
    with (out / "disc" / "objects.csv").open() as file:
        rows = list(csv.DictReader(file))
    for t, row in enumerate(rows):
        found = np.array([float(row[side]) for side in ("x0", "y0", "x1", "y1")])
        assert np.abs(found - (12 + 6 * t, 20, 37 + 6 * t, 45)).max() <= 4, row
    with (out / "disc" / "frames.csv").open() as file:
        assert all(float(row["trust"]) == float(row["target_trust"]) > 0.3 for row in csv.DictReader(file))
    scored = vsodboost(capsys, "eval", str(data_set), str(out), "--quiet")
    assert scored["mean"]["maxF"] > 0.9


def test_one_kind_is_left_out_by_name(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = vsodboost(capsys, "plugins", "--no-plugin", "stranger-motion")
    assert "speed" not in listed["motion_models"] and "redness" in listed["targets"]
