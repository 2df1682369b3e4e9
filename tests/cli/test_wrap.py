"""``vsodboost wrap`` from end to end: what it writes, what it says, and how it leaves when something is wrong."""

# ruff: noqa: F811 (fixtures are imported by name)
from __future__ import annotations

import csv
import functools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from moving_pattern import pattern
from numpy.typing import NDArray
from small_graphs import mean_graph
from stranger_package import GOOD, Install, install, write_package  # noqa: F401
from tiny_videos import cut, noise_frames, write_video

from vsodboost.cli import main
from vsodboost.io.video_file import VideoFile
from vsodboost.pipeline import plan

SIZE = (64, 96)


@pytest.fixture(autouse=True)
def work_small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Networks see 64 x 96 px; the current folder is empty."""
    monkeypatch.setattr(plan, "Plan", functools.partial(plan.Plan, working=lambda size: SIZE))
    monkeypatch.chdir(tmp_path)


@dataclass
class Left:
    """How the command left: exit code, standard output, the lines of standard error."""

    code: int
    out: str
    lines: list[str]

    @property
    def line(self) -> str:
        """The one line of standard error."""
        assert len(self.lines) == 1, self.lines
        return self.lines[0]


@pytest.fixture
def wrap(capsys: pytest.CaptureFixture[str]) -> functools.partial[Left]:
    def run(*arguments: object, quiet: bool = True) -> Left:
        words = ["wrap", "--steps", "2", "--device", "cpu", *(["--quiet"] if quiet else []), *map(str, arguments)]
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(words)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Left(int(left.value.code or 0), captured.out, captured.err.splitlines())

    return functools.partial(run)


Wrap = functools.partial[Left]


def moving_disc(count: int = 6, size: tuple[int, int] = SIZE) -> list[NDArray[np.uint8]]:
    """A bright disc that moves 6 px a frame over a still texture, RGB."""
    ground = (pattern(*size) // 2).astype(np.uint8)
    frames = []
    for t in range(count):
        frame = ground.copy()
        cv2.circle(frame, (16 + 6 * t, size[0] // 2), 12, (250, 230, 60), -1)
        frames.append(frame)
    return frames


def frame_folder(path: Path, frames: list[NDArray[np.uint8]] | None = None) -> Path:
    path.mkdir(parents=True)
    for t, frame in enumerate(moving_disc() if frames is None else frames):
        assert cv2.imwrite(str(path / f"{t:05d}.png"), frame[..., ::-1])
    return path


def map_folder(path: Path, count: int = 6, level: int | None = None) -> Path:
    path.mkdir(parents=True)
    for t, frame in enumerate(moving_disc(count)):
        disc = np.where(frame[..., 0] == 250, 255, 0).astype(np.uint8)
        grey = disc if level is None else np.full(frame.shape[:2], level, np.uint8)
        assert cv2.imwrite(str(path / f"{t:05d}.png"), grey)
    return path


def written(out: Path) -> list[str]:
    return sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())


def folders(out: Path) -> list[str]:
    return sorted(path.name for path in out.iterdir())


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


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


# Bad input: one clear line and the right exit code.


def test_an_empty_folder(tmp_path: Path, wrap: Wrap) -> None:
    (tmp_path / "empty").mkdir()
    left = wrap("empty", "-o", "out")
    assert left.code == 1
    kinds = "jpg, jpeg, png, bmp, webp, tif, tiff"
    assert left.line == f"vsodboost: empty: empty holds no frames ({kinds}), videos or folders of frames"
    assert not (tmp_path / "out").exists()


def test_a_missing_path(tmp_path: Path, wrap: Wrap) -> None:
    left = wrap("nowhere.mp4", "-o", "out")
    assert (left.code, left.line) == (2, "vsodboost: no such file or folder: nowhere.mp4")
    left = wrap("*.mp4", "-o", "out")
    assert (left.code, left.line) == (2, "vsodboost: the pattern *.mp4 matches nothing")


def test_a_video_without_a_frame(tmp_path: Path, wrap: Wrap) -> None:
    write_video(tmp_path / "none.mkv", moving_disc(6))
    data = (tmp_path / "none.mkv").read_bytes()
    (tmp_path / "none.mkv").write_bytes(data[: data.index(b"\x1f\x43\xb6\x75")])  # up to the first cluster
    left = wrap("none.mkv", "-o", "out")
    assert left.code == 1 and "none.mkv" in left.line and "no frame" in left.line


def test_a_video_of_one_frame_is_boosted(tmp_path: Path, wrap: Wrap) -> None:
    write_video(tmp_path / "one.mp4", moving_disc(1))
    assert wrap("one.mp4", "-o", "out").code == 0
    [row] = rows(tmp_path / "out" / "one" / "frames.csv")
    assert row["flag"] == "static" and float(row["quality"]) == 0


def test_a_text_file_named_mp4(tmp_path: Path, wrap: Wrap) -> None:
    (tmp_path / "notes.mp4").write_text("this is no video\n" * 20)
    left = wrap("notes.mp4", "-o", "out")
    assert left.code == 1 and left.line.startswith("vsodboost: notes: cannot read notes.mp4: ")


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_truncated_video(tmp_path: Path, wrap: Wrap, suffix: str) -> None:
    options = {"movflags": "faststart"} if suffix == "mp4" else {}
    clip = write_video(tmp_path / f"cut.{suffix}", noise_frames(12, *SIZE), container_options=options)
    left = wrap(cut(clip, 0.6), "-o", "out")
    assert left.code == 1
    assert f"cut.{suffix} is damaged or cut short: only " in left.line and left.line.endswith("export it again")
    assert not (tmp_path / "out" / "cut" / ".done.json").exists()


def test_frames_of_different_sizes(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "mixed", [*moving_disc(3), *moving_disc(1, (48, 64))])
    left = wrap("mixed", "-o", "out")
    assert left.code == 1
    assert "00003.png is 64x48, but the first frame 00000.png is 96x64" in left.line


def test_maps_missing_for_some_frames(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "disc")
    map_folder(tmp_path / "maps" / "disc", count=3)
    left = wrap("--target", "maps:maps", "disc", "-o", "out")
    assert left.code == 1
    assert left.line.startswith("vsodboost: disc: no map for frame 00003 of 'disc': 3 of 6 frames have one; add ")
    left = wrap("--target", "maps:nowhere", "disc", "-o", "out")
    assert left.code == 2 and left.line.startswith("vsodboost: maps:nowhere is no folder")


def test_maps_that_are_all_zero_are_told(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "disc")
    map_folder(tmp_path / "maps" / "disc", level=0)
    left = wrap("--target", "maps:maps", "disc", "-o", "out", quiet=False)
    assert left.code == 0
    assert "vsodboost: disc: the maps of target 'maps:maps' are empty in all 6 frames" in left.lines
    record = json.loads((tmp_path / "out" / "disc" / "run.json").read_text(encoding="utf-8"))
    assert record["warnings"] == ["the maps of target 'maps:maps' are empty in all 6 frames"]


def test_how_maps_were_read_is_told(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "disc")
    for path in map_folder(tmp_path / "maps" / "disc").iterdir():
        assert cv2.imwrite(str(path), cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) // 255)
    left = wrap("--target", "maps:maps", "disc", "-o", "out", quiet=False)
    assert left.code == 0
    assert "vsodboost: disc: the maps hold 0 and 1 only, read as masks" in left.lines


def test_nan_from_a_plugin(tmp_path: Path, wrap: Wrap, install: Install) -> None:
    install("sick", GOOD.replace("clip.frames.mean(axis=-1) / 255", "clip.frames[..., 0] * float('nan')"))
    frame_folder(tmp_path / "disc")
    left = wrap("--target", "bright", "disc", "-o", "out")
    assert left.code == 1
    assert left.line.startswith("vsodboost: disc: target 'bright' returned maps with NaN or infinite values")


def test_a_plugin_that_raises(tmp_path: Path, wrap: Wrap, install: Install) -> None:
    install("sick", GOOD.replace("np.zeros(", "1 / 0 * np.zeros("))
    frame_folder(tmp_path / "disc")
    left = wrap("--flow", "nothing", "disc", "-o", "out")
    assert left.code == 1
    assert left.line.startswith("vsodboost: disc: flow estimator 'nothing' failed ") and "division by zero" in left.line


def test_an_onnx_file_of_the_wrong_rank(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "disc")
    mean_graph(tmp_path / "m.onnx", ["N", 10], colours=1)
    left = wrap("--target", "onnx:m.onnx", "disc", "-o", "out")
    assert left.code == 2
    assert left.line.startswith(
        "vsodboost: onnx:m.onnx has an input of rank 2, [?,10]; a target takes images [N,3,h,w]"
    )


def test_an_unknown_target_gets_near_names(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "disc")
    left = wrap("--target", "lyte", "disc", "-o", "out")
    assert (left.code, left.line) == (2, "vsodboost: no target is called 'lyte'; did you mean lite?")
    for option, kind in (("--flow", "flow estimator"), ("--booster", "booster"), ("--spatial-model", "spatial model")):
        left = wrap(option, "zzzz", "disc", "-o", "out")
        assert left.code == 2 and left.line.startswith(f"vsodboost: no {kind} is called 'zzzz'; known: ")


def test_with_a_broken_plugin_package_the_rest_works(tmp_path: Path, wrap: Wrap, install: Install) -> None:
    install("broken", "import a_package_nobody_has\n")
    install("stranger")
    frame_folder(tmp_path / "disc")
    left = wrap("--target", "bright", "disc", "-o", "out", quiet=False)
    assert left.code == 0
    said = "vsodboost: plugin broken is left out: ModuleNotFoundError: No module named 'a_package_nobody_has'"
    assert left.lines[1] == said
    left = wrap("--target", "bright", "disc", "-o", "out2", "--no-plugin", "stranger", quiet=False)
    assert left.code == 2 and "no target is called 'bright'" in left.lines[-1]
    left = wrap("disc", "-o", "out2", "--no-plugin", "strange")
    assert (left.code, left.line) == (2, "vsodboost: no plugin is called 'strange'; did you mean stranger?")


def test_one_video_of_several_fails_and_the_others_complete(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "videos" / "a")
    (tmp_path / "videos" / "b.mp4").write_text("no video")
    frame_folder(tmp_path / "videos" / "c")
    left = wrap("videos", "-o", "out", "--json")
    summary = json.loads(left.out)
    assert left.code == 1
    assert [video["video"] for video in summary["done"]] == ["a", "c"] and list(summary["failed"]) == ["b"]
    assert left.line.startswith("vsodboost: b: cannot read ")
    assert folders(tmp_path / "out") == ["a", "c", "failed.json"]


def test_what_is_no_video_is_passed_over_and_told_of(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "videos" / "a")
    (tmp_path / "videos" / "empty").mkdir()
    (tmp_path / "videos" / "__MACOSX").mkdir()
    told = "passed over in videos: 1 file or folder of the system (__MACOSX), 1 folder without frames (empty)"
    left = wrap("videos", "-o", "videos/boosted")
    assert (left.code, left.line) == (0, f"vsodboost: {told}")
    left = wrap("videos", "-o", "again", "--json")
    told = told.replace("videos: ", "videos: 1 folder of earlier results (boosted), ")
    assert (left.code, left.line) == (0, f"vsodboost: {told}")
    summary = json.loads(left.out)
    assert [done["video"] for done in summary["done"]] == ["a"] and summary["passed_over"] == [told]
    assert told in wrap("videos", "--dry-run").out
    assert json.loads(wrap("videos", "--dry-run", "--json").out)["passed_over"] == [told]


@pytest.mark.parametrize("name", ["take\\1", "line\nfeed", os.fsdecode(b"caf\xe9"), "x" * 252])
def test_a_video_whose_name_no_folder_can_have_fails_alone(tmp_path: Path, wrap: Wrap, name: str) -> None:
    for folder in ("good", "bad"):
        frame_folder(tmp_path / "videos" / folder)
    try:
        (tmp_path / "videos" / "bad").rename(tmp_path / "videos" / name)
    except OSError:
        pytest.skip("this file system takes no such name")
    left = wrap("videos", "-o", "out", "--json")
    summary = json.loads(left.out)
    assert left.code == 1 and [done["video"] for done in summary["done"]] == ["good"]
    assert list(summary["failed"]) == [name] and folders(tmp_path / "out") == ["failed.json", "good"]
    assert "rename the video" in left.line and left.line.isprintable()
    assert wrap("videos", "--dry-run").code == 0


def test_a_frame_whose_name_is_not_utf8_fails_its_video_alone(tmp_path: Path, wrap: Wrap) -> None:
    for name in ("bad", "good"):
        frame_folder(tmp_path / "videos" / name)
    frames = tmp_path / "videos" / "bad"
    try:
        (frames / "00003.png").rename(frames / os.fsdecode(b"0000\xe9.png"))
    except OSError:
        pytest.skip("this file system takes no such name")
    left = wrap("videos", "-o", "out", "--json")
    summary = json.loads(left.out)
    assert left.code == 1 and [done["video"] for done in summary["done"]] == ["good"]
    assert list(summary["failed"]) == ["bad"] and "'0000\\udce9' is a name that is not UTF-8" in left.line
    left = wrap("videos", "--dry-run")
    assert left.code == 1 and "bad: videos/bad: '0000\\udce9' is a name" in left.out and "good: 6 frames" in left.out


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_named_like_a_frame_or_a_video_is_no_input(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "videos" / "good")
    os.mkfifo(frame_folder(tmp_path / "videos" / "bad") / "00006.png")
    os.mkfifo(tmp_path / "videos" / "pipe.mp4")
    left = wrap("videos", "-o", "out", "--json")
    summary = json.loads(left.out)
    assert left.code == 1 and [done["video"] for done in summary["done"]] == ["good"]
    assert set(summary["failed"]) == {"bad", "pipe"}
    assert all("is a named pipe, not a file" in reason for reason in summary["failed"].values())


def test_an_overlay_of_a_varying_frame_rate_lasts_as_long_as_the_video(tmp_path: Path, wrap: Wrap) -> None:
    clip = write_video(tmp_path / "screen.webm", moving_disc(), "libvpx", stamps=[0, 1, 2, 20, 30, 50])
    assert wrap(clip, "-o", "out", "--write", "overlay").code == 0
    overlay = VideoFile(tmp_path / "out" / "screen" / "overlay.mp4")
    assert [frame.time for frame in overlay.frames()] == pytest.approx([0, 0.1, 0.2, 2, 3, 5], abs=0.002)


def test_which_stream_is_the_film_is_told(tmp_path: Path, wrap: Wrap) -> None:
    with av.open(str(tmp_path / "disc.mkv"), "w") as file:
        for size in (SIZE, (2 * SIZE[0], 2 * SIZE[1])):
            stream = file.add_stream("mpeg4", rate=10)
            stream.height, stream.width = size
            stream.pix_fmt = "yuv420p"
        small, large = file.streams.video
        for frame in moving_disc():
            file.mux(small.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        file.mux(large.encode(av.VideoFrame.from_ndarray(moving_disc(1, (128, 192))[0], "rgb24")))
        file.mux([*small.encode(None), *large.encode(None)])
    left = wrap("disc.mkv", "-o", "out")
    told = "disc: it holds 2 video streams; number 0 (96x64) is taken for the film"
    assert left.code == 0 and f"vsodboost: {told}" in left.lines
    assert told in wrap("disc.mkv", "--dry-run").out


def test_wrong_use(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "disc")
    for arguments, said in (
        (["--resume", "--overwrite"], "--resume and --overwrite exclude each other"),
        (["--target-option", "size"], "--target-option size is no NAME=VALUE"),
        (["--target-option", "sise=3"], "no option of target 'lite' is called 'sise'"),
        (["--target", "maps"], "target 'maps' needs an argument: maps:DIR"),
        (["--target", "lite:x"], "target 'lite' takes no argument, but 'x' was given"),
        (["--device", "warp"], "device 'warp' cannot be used"),
        (["--config", config(seed=-1)], "made.toml: seed: -1 is not in the range 0<=x<=4294967295"),
        (["-o", "."], "is the input itself; choose another -o"),
        (["--config", "none.toml"], "cannot read the config none.toml"),
    ):
        left = wrap("disc", *arguments)
        assert left.code == 2 and said in left.line, arguments
    assert not (tmp_path / "boosted").exists()


def config(**values: object) -> str:
    text = "[wrap]\n" + "".join(f"{name.replace('_', '-')} = {json.dumps(value)}\n" for name, value in values.items())
    Path("made.toml").write_text(text, encoding="utf-8")
    return "made.toml"


# Results that are there already.


def test_results_are_never_overwritten_unless_asked(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "disc")
    assert wrap("disc", "-o", "out").code == 0
    before = {path: (tmp_path / "out" / path).stat().st_mtime_ns for path in written(tmp_path / "out")}
    left = wrap("disc", "-o", "out")
    assert left.code == 1 and "out/disc already holds results; --resume keeps what is done" in left.line
    left = wrap("disc", "-o", "out", "--resume", "--json")
    assert left.code == 0 and json.loads(left.out)["skipped"] == ["disc"]
    assert {path: (tmp_path / "out" / path).stat().st_mtime_ns for path in written(tmp_path / "out")} == before
    left = wrap("disc", "-o", "out", "--resume", "--seed", "1")
    assert left.code == 1 and "was made with other settings" in left.line
    assert wrap("disc", "-o", "out", "--overwrite", "--seed", "1").code == 0
    assert json.loads((tmp_path / "out" / "disc" / "run.json").read_text())["settings"]["seed"] == 1


def test_a_lost_map_is_made_again(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "disc")
    assert wrap("disc", "-o", "out").code == 0
    lost = tmp_path / "out" / "disc" / "00002.png"
    kept = lost.read_bytes()
    lost.unlink()
    assert wrap("disc", "-o", "out", "--resume").code == 0
    assert lost.read_bytes() == kept


KILLER = GOOD.replace(
    "return clip.frames.mean(axis=-1) / 255",
    """
        import os, pathlib, signal
        if clip.video == "b" and clip.first >= 3 and not pathlib.Path("spared").exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return clip.frames.mean(axis=-1) / 255""",
)


def test_a_run_that_was_killed_is_resumed_and_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    for name in ("a", "b"):
        frame_folder(tmp_path / "videos" / name)
    (tmp_path / "site").mkdir()
    write_package(tmp_path / "site", "killer", KILLER)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    environment.pop("VSODBOOST_LOAD_PLUGINS", None)

    def run(out: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "vsodboost", "wrap", "videos", "--target", "bright", "--steps", "2"]
        words += ["--buffer", "3", "--device", "cpu", "--quiet", "-o", out, *arguments]
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert run("out").returncode < 0
    assert (tmp_path / "out" / "a" / ".done.json").exists()
    assert "b/.started.json" in written(tmp_path / "out") and "b/.done.json" not in written(tmp_path / "out")
    (tmp_path / "spared").touch()
    resumed = run("out", "--resume", "--json")
    assert resumed.returncode == 0 and json.loads(resumed.stdout)["skipped"] == ["a"]
    assert run("whole").returncode == 0
    names = written(tmp_path / "whole")
    assert written(tmp_path / "out") == names
    for name in names:
        if name.endswith((".png", ".csv")):
            assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


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
    assert not (tmp_path / "out").exists()


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
