"""``vsodboost wrap`` from end to end: what it writes and what it says."""

# ruff: noqa: F811 (fixtures are imported by name)
from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from small_graphs import mean_graph
from small_wraps import (  # noqa: F401
    SIZE,
    Wrap,
    config,
    folders,
    frame_folder,
    map_folder,
    moving_disc,
    rows,
    work_small,
    wrap,
    written,
)
from stranger_package import GOOD, Install, install, write_package  # noqa: F401
from tiny_videos import write_video

from vsodboost.cli import main

pytestmark = pytest.mark.usefixtures("work_small")


def test_a_video_file_gets_a_map_a_frame_a_table_and_a_record(tmp_path: Path, wrap: Wrap) -> None:
    clip = write_video(tmp_path / "disc.mp4", moving_disc())
    left = wrap(clip, "-o", "out", quiet=False)
    assert left.code == 0 and left.out == ""
    assert left.lines[0] == f"vsodboost: loading lite for {clip}"
    assert any(line.startswith("video  frames  trust ") for line in left.lines)
    assert left.lines[-1].startswith("1 done; maps, frames.csv and")
    folder = tmp_path / "out" / "disc"
    assert written(folder) == [".done.json", *(f"{t:05d}.png" for t in range(6)), "frames.csv", "run.json"]
    maps = [cv2.imread(str(folder / f"{t:05d}.png"), cv2.IMREAD_UNCHANGED) for t in range(6)]
    assert all(m.shape == SIZE and m.dtype == np.uint8 for m in maps)
    table = rows(folder / "frames.csv")
    assert [row["frame"] for row in table] == [f"{t:05d}" for t in range(6)]
    for row in table:
        assert all(0 <= float(row[name]) <= 1 for name in ("quality", "consistency", "trust", "target_trust"))
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (record["video"], record["frames"], record["cuts"], record["device"]) == ("disc", 6, [], "cpu")
    assert record["settings"]["target"] == "lite" and record["settings"]["seed"] == 0
    assert {"read", "perceive", "target", "predict", "write"} <= set(record["seconds"])
    assert {"vsodboost", "python", "torch", "numpy", "av"} <= set(record["versions"])
    assert record["mined"] == sum(row["mined"] in ("1", "True", "true") for row in table)


def test_overlay_and_contact_sheet_are_written_when_asked_for(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "disc")
    assert wrap("disc", "-o", "out", "--write", "overlay,sheet").code == 0
    assert {"overlay.mp4", "contact_sheet.png"} <= set(written(tmp_path / "out" / "disc"))
    sheet = cv2.imread(str(tmp_path / "out" / "disc" / "contact_sheet.png"))
    assert sheet is not None and sheet.shape[1] > 500


def test_a_davis_root_and_maps_for_each_of_its_videos(tmp_path: Path, wrap: Wrap) -> None:
    for name in ("bear", "camel"):
        frame_folder(tmp_path / "DAVIS" / "JPEGImages" / "480p" / name)
        map_folder(tmp_path / "maps" / name)
    left = wrap("--target", "maps:maps", "DAVIS", "-o", "out", "--json")
    assert left.code == 0 and left.lines == []
    summary = json.loads(left.out)
    assert [video["video"] for video in summary["done"]] == ["bear", "camel"]
    assert summary["failed"] == {} and summary["skipped"] == [] and summary["out"] == "out"
    assert folders(tmp_path / "out") == ["bear", "camel"]


# The other faces.


def test_a_dry_run_checks_and_writes_nothing(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "videos" / "a")
    left = wrap("videos", "-o", "out", "--dry-run")
    assert left.code == 0 and "a: 6 frames, 96x64, 24 fps" in left.out and "nothing was written" in left.out
    (tmp_path / "videos" / "b.mp4").write_text("no video")
    left = wrap("videos", "-o", "out", "--dry-run", "--json")
    plan_ = json.loads(left.out)
    assert left.code == 1 and [("error" in video) for video in plan_["videos"]] == [False, True]
    assert plan_["settings"]["target"] == "lite" and plan_["device"] == "cpu"
    assert wrap("videos", "-o", "out", "--dry-run", "--target", "nobody").code == 2
    for wrong in ("--write overlai", "--write alpha:mp4", "--background no.png", "--write-option x=1"):
        assert wrap("videos", "-o", "out", "--dry-run", *wrong.split()).code == 2, wrong
    assert "--from seems to lie behind its end" in wrap("videos/a", "-o", "out", "--dry-run", "--from", "9:00").out
    assert not (tmp_path / "out").exists()


def test_a_dry_run_says_which_results_are_there(tmp_path: Path, wrap: Wrap) -> None:
    for name in ("a", "new\nline"):
        frame_folder(tmp_path / "videos" / name)
    assert wrap("videos/a", "-o", "out").code == 0
    left = wrap("videos", "-o", "out", "--dry-run")
    assert left.code == 1 and "a: out/a already holds results" in left.out and "cannot be the name" in left.out
    left = wrap("videos/a", "-o", "out", "--dry-run", "--resume")
    assert left.code == 0 and "a: it is done already, and kept" in left.out
    assert "was made with other settings" in wrap("videos/a", "-o", "out", "--dry-run", "--resume", "--seed", "5").out


def test_a_config_file_sets_what_the_command_line_does_not(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "disc")
    map_folder(tmp_path / "maps" / "disc")
    chosen = config(target="maps:maps", seed=7, out="configured", write=["overlay"])
    assert wrap("disc", "--config", chosen, "--seed", "8").code == 0
    record = json.loads((tmp_path / "configured" / "disc" / "run.json").read_text(encoding="utf-8"))
    assert record["settings"]["target"] == "maps:maps" and record["settings"]["seed"] == 8
    assert (tmp_path / "configured" / "disc" / "overlay.mp4").exists()
    left = wrap("disc", "--config", config(tarket="lite"))
    assert left.code == 2 and "no option of wrap is called 'tarket'" in left.line
    (tmp_path / "bad.toml").write_text("[wrap\n")
    left = wrap("disc", "--config", "bad.toml")
    assert left.code == 2 and "bad.toml is no valid TOML" in left.line


def test_the_dataset_scope_learns_once_from_all(tmp_path: Path, wrap: Wrap) -> None:
    for name in ("a", "b"):
        frame_folder(tmp_path / "videos" / name)
    left = wrap("videos", "-o", "out", "--scope", "dataset", "--json")
    assert left.code == 0
    assert [video["losses"] for video in json.loads(left.out)["done"]] == [[], []]


def test_onnx_and_torch_targets_from_the_command_line(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "disc")
    mean_graph(tmp_path / "m.onnx", ["N", 3, *SIZE])
    (tmp_path / "my_net.py").write_text("def bright(frames):\n    return frames.mean(axis=-1) / 255\n")
    assert wrap("--target", "onnx:m.onnx", "--target-option", "activation=sigmoid", "disc", "-o", "o1").code == 0
    assert wrap("--target", "torch:my_net:bright", "disc", "-o", "o2").code == 0
    assert wrap("--target", "torch:my_net.py:bright", "disc", "-o", "o3").code == 0
    table = [(tmp_path / out / "disc" / "frames.csv").read_bytes() for out in ("o2", "o3")]
    assert table[0] == table[1]
    left = wrap("--target", "torch:my_net:birght", "disc", "-o", "o4")
    assert left.code == 2 and "my_net has no 'birght'; did you mean bright?" in left.line


def test_an_unexpected_error_is_one_line_and_debug_shows_it_all(
    tmp_path: Path, wrap: Wrap, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame_folder(tmp_path / "disc")
    monkeypatch.setattr("vsodboost.pipeline.run.run", lambda *arguments: 1 / 0)
    left = wrap("disc", "-o", "out")
    assert left.code == 1
    assert left.line == "vsodboost: unexpected ZeroDivisionError: division by zero; run again with --debug"
    with pytest.raises(ZeroDivisionError):
        main(["wrap", "disc", "-o", "out", "--debug", "--quiet"])


def test_plugins_lists_everything_and_the_broken_ones(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install("broken", "1 / 0\n")
    install("stranger")
    for arguments in (["plugins", "--json"], ["plugins"], ["plugins", "--json", "--no-plugin", "stranger"]):
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert not left.value.code
        said = capsys.readouterr().out
        if "--json" not in arguments:
            assert "broken: broken: ZeroDivisionError: division by zero" in said and "maps:DIR" in said
            continue
        listed = json.loads(said)
        assert listed["broken"] == [{"plugin": "broken", "reason": "ZeroDivisionError: division by zero"}]
        assert ("bright" in listed["targets"]) == ("--no-plugin" not in arguments)
        assert listed["targets"]["maps"]["argument"] == "DIR" and listed["flows"]["dis"]["options"]


def test_a_command_that_does_not_exist_gets_a_near_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["warp", "clip.mp4"])
    assert left.value.code == 2 and "did you mean wrap?" in capsys.readouterr().err


def test_the_console_script_is_installed() -> None:
    script = Path(sys.executable).with_name("vsodboost")
    found = str(script) if script.exists() else shutil.which("vsodboost")
    assert found is not None
    done = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.startswith("vsodboost, version ")
