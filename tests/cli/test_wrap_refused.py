"""``vsodboost wrap`` with bad input: one clear line, the right exit code, and the other videos are done."""

# ruff: noqa: F811 (fixtures are imported by name)
from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import pytest
from small_graphs import mean_graph
from small_wraps import SIZE, Wrap, config, folders, frame_folder, map_folder, moving_disc, rows, work_small, wrap  # noqa: F401
from stranger_package import GOOD, Install, install, write_package  # noqa: F401
from tiny_videos import cut, noise_frames, write_video

from vsodboost.cli import main
from vsodboost.data.video import VideoSource
from vsodboost.io.video_file import VideoFile
from vsodboost.pipeline.one_video import VideoWork

pytestmark = pytest.mark.usefixtures("work_small")


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


@pytest.mark.parametrize("wrong", [("nowhere.mp4",), ("disc", "-t", "nobody"), ("disc", "--write", "nothing")])
def test_wrong_use_is_refused_before_anything_is_said_to_load(
    tmp_path: Path, wrap: Wrap, wrong: tuple[str, ...]
) -> None:
    frame_folder(tmp_path / "disc")
    left = wrap(*wrong, "-o", "out", quiet=False)
    assert left.code == 2 and wrong[-1] in left.line


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


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (0, "are empty in all 6 frames"),
        (255, "are white everywhere in all 6 frames: they show no object"),
        (140, "are of one value everywhere in all 6 frames: they show no object"),
    ],
)
def test_maps_that_show_nothing_are_told(tmp_path: Path, wrap: Wrap, level: int, said: str) -> None:
    frame_folder(tmp_path / "disc")
    map_folder(tmp_path / "maps" / "disc", level=level)
    left = wrap("--target", "maps:maps", "disc", "-o", "out", quiet=False)
    assert left.code == 0
    assert f"vsodboost: disc: the maps of target 'maps:maps' {said}" in left.lines
    record = json.loads((tmp_path / "out" / "disc" / "run.json").read_text(encoding="utf-8"))
    assert f"the maps of target 'maps:maps' {said}" in record["warnings"]


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
    assert left.lines[0] == said
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


def test_what_nobody_foresaw_fails_one_video_and_debug_shows_it_all(
    tmp_path: Path, wrap: Wrap, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "ab":
        frame_folder(tmp_path / "videos" / name)

    def breaks(work: VideoWork, source: VideoSource) -> Sequence[str]:
        return [str(1 / (source.name != "a"))]

    monkeypatch.setattr(VideoWork, "_said_of", breaks)
    left = wrap("videos", "-o", "out")
    assert left.code == 1 and folders(tmp_path / "out") == ["b", "failed.json"]
    assert left.lines[-1] == "vsodboost: a: unexpected ZeroDivisionError: division by zero; run it again with --debug"
    with pytest.raises(SystemExit):
        main(["wrap", "videos/a", "-o", "again", "--quiet", "--debug"])
    said = capsys.readouterr().err
    assert "Traceback" in said and ", in breaks" in said and said.endswith("run it again with --debug\n")


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
    left = wrap("videos", "--dry-run")
    assert left.code == 1 and "rename the video" in left.out


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
