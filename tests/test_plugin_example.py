"""The example plugin, installed as a stranger's package is: into an environment that had never heard of it."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from moving_pattern import pattern

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "vsodboost-plugin-example"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder the example was installed into, with pip."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(EXAMPLE, folder / "source")  # building leaves files beside the source
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    target = ["--no-build-isolation", "--no-index", "--target", str(folder / "site"), str(folder / "source")]
    done = subprocess.run([*pip, *target], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def python(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    environment.pop("VSODBOOST_LOAD_PLUGINS", None)
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, cwd=site.parent
    )


def test_its_own_tests_pass(site: Path) -> None:
    done = python(
        site, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", str(site.parent / "source/tests")
    )
    assert done.returncode == 0, done.stdout


def test_plugins_lists_what_it_brings(site: Path) -> None:
    done = python(site, "-m", "vsodboost", "plugins", "--json")
    listed = json.loads(done.stdout)
    assert done.returncode == 0 and listed["broken"] == []
    assert listed["targets"]["spectral-residual"]["plugin"] == "example"
    assert listed["flows"]["block-matching"]["plugin"] == "example"
    assert listed["boosters"]["every-tenth"]["plugin"] == listed["writers"]["areas"]["plugin"] == "example"


def test_a_clip_is_boosted_with_its_target_and_its_flow(site: Path, tmp_path: Path) -> None:
    clip = tmp_path / "disc"
    clip.mkdir()
    ground = pattern(96, 160)
    for t in range(8):
        frame = ground.copy()
        cv2.circle(frame, (30 + 8 * t, 48), 16, (240, 40, 40), -1)
        assert cv2.imwrite(str(clip / f"{t:05d}.png"), frame)
    chosen = ["--target", "spectral-residual", "--target-option", "width=96", "--flow", "block-matching"]
    chosen += ["--booster", "every-tenth", "--write", "areas"]
    out = tmp_path / "out"
    wrap = ["-m", "vsodboost", "wrap", str(clip), *chosen, "--steps", "2", "--device", "cpu", "-o", str(out), "--json"]
    done = python(site, *wrap)
    assert done.returncode == 0, done.stderr
    [summary] = json.loads(done.stdout)["done"]
    assert (summary["video"], summary["frames"]) == ("disc", 8)
    assert summary["settings"]["target"] == "spectral-residual" and summary["settings"]["flow"] == "block-matching"
    assert summary["mined"] == 1
    assert len((out / "disc" / "areas.txt").read_text().splitlines()) == 8
    maps = [cv2.imread(str(out / "disc" / f"{t:05d}.png"), cv2.IMREAD_UNCHANGED) for t in range(8)]
    assert all(m.shape == (96, 160) and m.dtype == np.uint8 for m in maps) and np.std(maps) > 1
    with (out / "disc" / "frames.csv").open() as file:
        assert [row["frame"] for row in csv.DictReader(file)] == [f"{t:05d}" for t in range(8)]
