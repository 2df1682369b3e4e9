"""``vsodboost wrap`` where results are there already: kept, refused, redone, or gone on with after a kill."""

# ruff: noqa: F811 (fixtures are imported by name)
from __future__ import annotations

import importlib
import json
import shutil
from pathlib import Path

import pytest
from command_process import ended, start_wrap
from small_wraps import ALWAYS, Wrap, frame_folder, moving_disc, work_small, wrap, written  # noqa: F401
from stranger_package import GOOD, Install, install, write_package  # noqa: F401

from vsodboost.cli import main
from vsodboost.io.run_report import Failure, read_failed

pytestmark = pytest.mark.usefixtures("work_small")


def test_results_are_never_overwritten_unless_asked(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "disc")
    assert wrap("disc", "-o", "out").code == 0
    before = {path: (tmp_path / "out" / path).stat().st_mtime_ns for path in written(tmp_path / "out")}
    left = wrap("disc", "-o", "out")
    assert left.code == 2 and "out/disc already holds results; --resume keeps what is done" in left.line
    left = wrap("disc", "-o", "out", "--resume", "--json")
    assert left.code == 0 and json.loads(left.out)["skipped"] == ["disc"]
    assert {path: (tmp_path / "out" / path).stat().st_mtime_ns for path in written(tmp_path / "out")} == before
    left = wrap("disc", "-o", "out", "--resume", "--seed", "1")
    assert left.code == 2 and "was made with other settings" in left.line
    assert "failed.json" not in written(tmp_path / "out")
    assert wrap("disc", "-o", "out", "--overwrite", "--seed", "1").code == 0
    assert json.loads((tmp_path / "out" / "disc" / "run.json").read_text())["settings"]["seed"] == 1


def test_refused_videos_are_one_line_and_have_not_failed(tmp_path: Path, wrap: Wrap) -> None:
    for name in "abc":
        frame_folder(tmp_path / "videos" / name, moving_disc(2))
    into = ("-o", "out")
    assert wrap("videos/a", "videos/b", *into).code == 0
    mend = "--resume keeps what is done, --overwrite makes it anew, -o chooses another folder"
    said = f"vsodboost: out/a already holds results (so it is with 2 videos); {mend}"
    left = wrap("videos/a", "videos/b", *into)
    assert (left.code, left.line) == (2, said)
    assert wrap("videos/a", "videos/b", *into, "--dry-run").code == 2
    assert wrap("videos", *into, "--dry-run").code == 1  # c is left to do
    left = wrap("videos", *into, "--json")
    assert (left.code, left.line) == (1, said)
    told = json.loads(left.out)
    assert [done["video"] for done in told["done"]] == ["c"]
    assert told["failed"] == {} and set(told["refused"]) == {*"ab"}
    assert told["refused"]["b"] == f"out/b already holds results; {mend}"
    assert "failed.json" not in written(tmp_path / "out")
    (tmp_path / "out" / "failed.json").write_text('{"a": {"path": "videos/a", "reason": "broken"}}')
    shutil.rmtree(tmp_path / "out" / "c")
    left = wrap("videos", *into, quiet=False)
    assert left.code == 1 and left.lines[-1].startswith("1 done, 2 refused; ")
    assert read_failed(tmp_path / "out") == {"a": Failure("videos/a", "broken")}  # nothing was learned of it
    left = wrap("videos", *into, "--resume", "--write", "sheet")
    assert left.code == 2 and "out/a was made without sheet" in left.line and "(so it is with 3 videos)" in left.line
    left = wrap("videos", *into, "--resume", "--json", "--seed", "1")
    assert left.code == 2 and "out/a was made with other settings" in left.line
    assert wrap("videos", *into, "--resume").code == 0 and read_failed(tmp_path / "out") == {}


def test_what_is_in_the_way_of_one_keeps_no_output_from_another(tmp_path: Path, wrap: Wrap) -> None:
    for name in "ab":
        frame_folder(tmp_path / "videos" / name, moving_disc(2))
    into = ("-o", "out")
    assert wrap("videos/a", *into).code == 0
    assert wrap("videos/b", *into, "--seed", "1").code == 0
    left = wrap("videos", *into, "--resume", "--json", "--write", "masks")
    assert left.code == 1 and "out/b was made with other settings" in left.line
    assert json.loads(left.out)["added"] == {"a": ["masks"]}


def test_parts_with_refused_videos_are_no_whole(tmp_path: Path, wrap: Wrap, capsys: pytest.CaptureFixture[str]) -> None:
    for name in "abc":
        frame_folder(tmp_path / "videos" / name, moving_disc(2))
    into = ("-o", "out")
    assert wrap("videos/a", *into).code == 0
    assert wrap("videos", *into, "--shard", "1/1").code == 1
    with pytest.raises(SystemExit) as left:
        main(["merge", "out"])
    assert left.value.code == 2 and "did 2 of 3 videos; resume the unfinished one" in capsys.readouterr().err
    assert wrap("videos", *into, "--shard", "1/1").code == 2
    assert wrap("videos", *into, "--shard", "1/1", "--resume").code == 0
    with pytest.raises(SystemExit) as left:
        main(["merge", "out"])
    assert left.value.code == 0


@pytest.mark.parametrize("lost", ["00002.png", "frames.csv", "run.json"])
def test_a_finished_video_that_lost_a_file_is_made_anew_with_a_line(tmp_path: Path, wrap: Wrap, lost: str) -> None:
    frame_folder(tmp_path / "disc", moving_disc(3))
    into = ("disc", "-o", "out")
    assert wrap(*into).code == 0
    path = tmp_path / "out" / "disc" / lost
    kept = path.read_bytes()
    path.unlink()
    assert f"disc: it is made anew: its {lost} is gone" in wrap(*into, "--resume", "--dry-run").out
    left = wrap(*into, "--resume", quiet=False)
    assert left.code == 0 and f"vsodboost: disc is made anew: its {lost} is gone" in left.lines
    assert path.read_bytes() == kept or lost == "run.json"
    assert wrap(*into, "--resume", quiet=False).lines[-1].startswith("0 done, 1 kept")


KILLER = GOOD.replace(
    "return clip.frames.mean(axis=-1) / 255",
    """
        import os, pathlib, signal
        if clip.video == "b" and clip.first >= 3 and not pathlib.Path("spared").exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return clip.frames.mean(axis=-1) / 255""",
)


def test_a_run_that_was_killed_is_resumed_and_ends_as_if_it_had_not_been(
    tmp_path: Path, wrap: Wrap, install: Install
) -> None:
    for name in ("a", "b"):
        frame_folder(tmp_path / "videos" / name)
    (tmp_path / "site").mkdir()
    write_package(tmp_path / "site", "killer", KILLER)
    install("killer", KILLER)
    words = ("videos", "--target", "bright", "--buffer", "3", "-o")

    killed = start_wrap(tmp_path, tmp_path / "site", *words, "out", *ALWAYS, "--quiet")
    assert ended(killed)[0] < 0
    assert (tmp_path / "out" / "a" / ".done.json").exists()
    assert "b/.started.json" in written(tmp_path / "out") and "b/.done.json" not in written(tmp_path / "out")
    (tmp_path / "spared").touch()
    resumed = wrap(*words, "out", "--resume", "--json")
    assert resumed.code == 0 and json.loads(resumed.out)["skipped"] == ["a"]
    assert wrap(*words, "whole").code == 0
    names = written(tmp_path / "whole")
    assert written(tmp_path / "out") == names
    for name in names:
        if name.endswith((".png", ".csv")):
            assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_what_is_made_anew_leaves_nothing_of_before(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "disc")
    out = tmp_path / "out" / "disc"
    assert wrap("disc", "-o", "out", "--write", "overlay,cutout,report,sheet", "--solid", "--max-frames", "4").code == 0
    own = ("notes.png", "cutout/notes.txt", "cut.mp4")
    for name in own:
        (out / name).write_text("mine")
    before = written(out)
    assert wrap("disc", "-o", "out", "--overwrite", "--from", "9:00").code == 1
    assert written(out) == before  # nothing goes before a first buffer is done
    assert wrap("disc", "-o", "out", "--overwrite", "--max-frames", "2", "--write", "masks").code == 0
    made = (".done.json", "00000.png", "00001.png", "frames.csv", "run.json", "masks/00000.png", "masks/00001.png")
    assert written(out) == sorted((*made, *own))


@pytest.mark.usefixtures("work_small")
def test_another_version_of_a_plugin_used_is_another_setting(
    wrap: Wrap, install: Install, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("packages")
    monkeypatch.syspath_prepend(str(folder))
    write_package(folder, "colours", GOOD)
    write_package(folder, "unused", "")
    importlib.invalidate_caches()
    frame_folder(Path("clip"))
    words = ("clip", "-o", "out", "-t", "bright")
    assert wrap(*words).code == 0
    made_with = json.loads(Path("out/clip/run.json").read_text())["versions"]
    assert made_with["colours"] == "1.0" and "unused" not in made_with
    for name in ("unused", "colours"):
        assert wrap(*words, "--resume").code == 0
        metadata = folder / f"{name}-1.0.dist-info" / "METADATA"
        metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 2.0"))
    left = wrap(*words, "--resume")
    assert left.code == 2 and "another version" in left.line
