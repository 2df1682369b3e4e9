"""``-o``: shared by runs, refused before any work when it cannot be written, whole when the disk is full."""

# ruff: noqa: F811 (fixtures are imported by name)
from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_process import ended, left_behind, start_wrap, wait_for
from held_package import HELD, QUICK
from small_networks import see_small
from stranger_package import Install, install, write_package  # noqa: F401
from tiny_videos import noise_frames

from vsodboost.cli import main
from vsodboost.data.errors import VsodboostError
from vsodboost.io.atomic import write_png
from vsodboost.io.lock import VideoLocks
from vsodboost.io.output_paths import LONGEST

Wrap = Callable[..., tuple[int, list[str]]]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, install: Install) -> None:
    """The current folder holds the videos ``a`` and ``b`` of four frames; networks see 64 x 96 px."""
    see_small(monkeypatch)
    monkeypatch.chdir(tmp_path)
    install("holding", HELD)
    for video in "ab":
        for index, frame in enumerate(noise_frames(4)):
            write_png(Path(video) / f"{index}.png", frame)


@pytest.fixture
def wrap(capsys: pytest.CaptureFixture[str]) -> Wrap:
    def run(*arguments: object) -> tuple[int, list[str]]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(["wrap", "-t", "bright", *QUICK, *map(str, arguments)])
        return int(left.value.code or 0), capsys.readouterr().err.splitlines()

    return run


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """``mounted(options)``: a file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options: str) -> Path:
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        try:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
        except OSError as error:
            pytest.skip(f"no mount: {error}")
        if done.returncode:
            pytest.skip(f"not allowed to mount: {done.stderr.strip()}")
        return folder

    yield mount
    if folder.is_mount():
        subprocess.run(["umount", str(folder)], check=True)


def maps(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.png"))


@pytest.mark.skipif(sys.platform == "win32", reason="a lock there is judged by its age")
def test_two_runs_share_a_folder_but_no_video(tmp_path: Path, wrap: Wrap) -> None:
    (tmp_path / "site").mkdir()
    write_package(tmp_path / "site", "holding", HELD)
    first = start_wrap(tmp_path, tmp_path / "site", "a", "-t", "held", *QUICK, "-o", "out")
    wait_for(tmp_path / "waiting", first)
    for how in ((), ("--resume",), ("--overwrite",)):
        code, lines = wrap("a", "-o", "out", *how)
        assert code == 2 and len(lines) == 1
        assert lines[0].startswith("vsodboost: another run (") and f"pid {first.pid}, since" in lines[0]
        assert lines[0].endswith("is writing to out/a; wait until it ends, or choose another -o")
    code, lines = wrap("a", "b", "-o", "out")
    assert code == 1 and len(lines) == 1 and lines[0].startswith("vsodboost: a: another run (")
    assert Path("out/b/.done.json").exists() and maps(Path("out/b")) == ["0.png", "1.png", "2.png", "3.png"]
    code, lines = wrap("a", "b", "-o", "out", "--resume")
    assert code == 2 and len(lines) == 1  # b is kept, and a is the other run's
    Path("go").touch()
    assert ended(first) == (0, [])
    assert Path("out/a/.done.json").exists() and maps(Path("out/a")) == ["0.png", "1.png", "2.png", "3.png"]
    assert wrap("a", "-t", "held", "-o", "out", "--resume") == (0, []) and left_behind(tmp_path) == []


def test_no_lock_stays_after_any_end(tmp_path: Path, wrap: Wrap, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrap("a", "-o", "out")[0] == 0 and left_behind(tmp_path) == []
    assert wrap("a", "-o", "out")[0] == 2 and left_behind(tmp_path) == []  # there are results
    Path("b/1.png").write_text("no picture")
    assert wrap("a", "b", "-o", "new")[0] == 1 and left_behind(tmp_path) == []
    monkeypatch.setattr("vsodboost.pipeline.run.Engine", lambda plan: 1 / 0)
    assert wrap("a", "-o", "newer")[0] == 1 and not Path("newer").exists()


def test_the_lock_of_a_run_that_is_gone_is_taken_over_with_a_word(
    wrap: Wrap, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = {"host": "old", "pid": 1, "since": "2001-02-03", "command": "", "machine": "", "started": "", "token": ""}
    Path("out").mkdir()
    for video in "ab":
        Path(f"out/.{video}.lock").write_text(json.dumps(owner))
        os.utime(f"out/.{video}.lock", (0, 0))
    with pytest.raises(SystemExit) as left:
        main(["wrap", "a", "b", "-t", "bright", *QUICK[:-1], "-o", "out"])
    assert left.value.code == 0
    said = capsys.readouterr().err.splitlines()
    assert said[1] == "vsodboost: took over from a run that is gone (old, pid 1, since 2001-02-03): a and 1 more"


def test_an_output_folder_that_cannot_be_one_is_refused_before_any_work(wrap: Wrap) -> None:
    Path("file").touch()
    here = Path.cwd()
    for out, why in (
        ("file", f"{here}/file is a file"),
        ("file/below", f"{here}/file is a file"),
        ("x" * 300, "File name too long"),
    ):
        for more in ((), ("--dry-run",)):
            said = f"vsodboost: cannot write to the output folder {out}: {why}; choose another -o"
            assert wrap("a", "-o", out, *more) == (2, [said])


def test_a_file_where_a_video_belongs_fails_that_video(wrap: Wrap) -> None:
    Path("out").mkdir()
    Path("out/a").touch()
    code, lines = wrap("a", "b", "-o", "out")
    said = "vsodboost: a: out/a is a file; the maps of 'a' want a folder there: move it, or choose another -o"
    assert (code, lines) == (1, [said])
    assert Path("out/b/.done.json").exists()


def test_a_read_only_disk_is_one_line(mounted: Callable[[str], Path], wrap: Wrap) -> None:
    out = mounted("size=1m,ro")
    said = (
        f"vsodboost: cannot write to the output folder {out / 'new'}: {out} is read-only or not ours; choose another -o"
    )
    assert wrap("a", "-o", out / "new") == (2, [said])
    with pytest.raises(VsodboostError, match="Read-only file system"), VideoLocks(out / "new") as locks:
        locks.take("a")  # for whoever comes to a run another way


@pytest.mark.parametrize("size", [8, 24])
def test_a_full_disk_stops_everything_and_nothing_is_half_written(
    mounted: Callable[[str], Path], wrap: Wrap, size: int
) -> None:
    """With 8 kB it is full at the lock or the first map, with 24 later on."""
    out = mounted(f"size={size}k")
    code, lines = wrap("a", "b", "-o", out)
    assert code == 1 and len(lines) == 1, lines
    assert lines[0].startswith(f"vsodboost: cannot write {out}/") and "No space left on device" in lines[0]
    assert left_behind(out) == []
    for path in out.rglob("*.png"):
        assert path.read_bytes().endswith(b"IEND\xaeB`\x82")
    assert not Path(out, "b", ".done.json").exists()
    subprocess.run(["mount", "-o", "remount,size=2m", str(out)], check=True)
    assert wrap("a", "b", "-o", out, "--resume") == (0, [])
    assert [maps(out / video) for video in "ab"] == [["0.png", "1.png", "2.png", "3.png"]] * 2


def test_the_longest_name_is_done_and_a_longer_one_fails_alone_and_by_name(wrap: Wrap) -> None:
    longest, longer = "ä" * (LONGEST // 2), "x" * (LONGEST + 1)
    Path("all").mkdir()
    Path("a").rename(f"all/{longest}")
    Path("b").rename(f"all/{longer}")
    said = f"'{longer}' is too long for the name of an output file or folder (221 bytes, 220 at most); rename the video"
    code, lines = wrap("all", "-o", "out", "--carry-over", "--write", "masks")
    assert code == 1 and len(lines) == 1 and said in lines[0]
    assert Path(f"out/{longest}/.done.json").exists() and Path(f"out/.{longest}.carry-over.safetensors").exists()
    assert wrap("all", "-o", "out2", "--dry-run")[0] == 1
