"""What people point at, and the videos that come out of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from published_layouts import LAYOUTS, davsod
from shared_data import shared
from tiny_videos import plain_frames, write_video

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.video import natural_key, natural_order
from vsodboost.datasets.inputs import VideoSource, open_inputs
from vsodboost.io.atomic import write_png


def frame_folder(folder: Path, count: int = 2, suffix: str = "png") -> Path:
    """A folder of ``count`` small frames (PNG data whatever the suffix says)."""
    for index, image in enumerate(plain_frames(count, 8, 12)):
        write_png(folder / f"{index:05d}.{suffix}", image)
    return folder


def names(sources: list[VideoSource]) -> list[str]:
    return [source.name for source in sources]


def test_a_video_file(tmp_path: Path) -> None:
    (source,) = open_inputs([write_video(tmp_path / "clip.mp4", plain_frames(3))])
    assert (source.name, source.length, source.fps) == ("clip", 3, 10.0)
    assert source.path == tmp_path / "clip.mp4"


def test_a_frame_folder(tmp_path: Path) -> None:
    (source,) = open_inputs([str(frame_folder(tmp_path / "clip"))])
    assert (source.name, source.length, source.fps) == ("clip", 2, 24.0)
    assert [frame.name for frame in source.frames()] == ["00000", "00001"]


def test_the_folder_we_stand_in_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(frame_folder(tmp_path / "clip"))
    assert names(open_inputs(["."])) == ["clip"]


@pytest.mark.parametrize("given", ["", "JPEGImages", "JPEGImages/480p"])
def test_a_davis_root(tmp_path: Path, given: str) -> None:
    for sequence in ("cows", "bear10", "bear2"):
        frame_folder(tmp_path / "JPEGImages" / "480p" / sequence, suffix="jpg")
        frame_folder(tmp_path / "JPEGImages" / "1080p" / sequence, suffix="jpg")
        frame_folder(tmp_path / "Annotations" / "480p" / sequence)
    sources = open_inputs([tmp_path / given])
    assert names(sources) == ["bear2", "bear10", "cows"]
    assert all("480p" in source.path.parts for source in sources)


def test_a_davis_root_of_one_other_resolution(tmp_path: Path) -> None:
    frame_folder(tmp_path / "JPEGImages" / "Full-Resolution" / "cows")
    assert names(open_inputs([tmp_path])) == ["cows"]


def test_a_davis_root_of_several_other_resolutions_wants_a_choice(tmp_path: Path) -> None:
    for resolution in ("240p", "1080p"):
        frame_folder(tmp_path / "JPEGImages" / resolution / "cows")
    with pytest.raises(UsageError, match=r"240p, 1080p"):
        open_inputs([tmp_path])


def test_a_segtrack_root(tmp_path: Path) -> None:
    frame_folder(tmp_path / "JPEGImages" / "girl")
    frame_folder(tmp_path / "Annotations" / "girl")
    assert names(open_inputs([tmp_path])) == ["girl"]


def test_a_davsod_root(tmp_path: Path) -> None:
    frame_folder(tmp_path / "select_0001" / "Imgs")
    frame_folder(tmp_path / "select_0001" / "GT_object_level")
    (source,) = open_inputs([tmp_path])
    assert (source.name, source.length) == ("select_0001", 2)


def test_folders_of_folders_and_of_videos(tmp_path: Path) -> None:
    frame_folder(tmp_path / "folders" / "b")
    frame_folder(tmp_path / "folders" / "a")
    (tmp_path / "videos").mkdir()
    write_video(tmp_path / "videos" / "d.mp4", plain_frames(2))
    write_video(tmp_path / "videos" / "c.mkv", plain_frames(2))
    (tmp_path / "videos" / "notes.txt").write_text("not a video")
    (tmp_path / "videos" / ".hidden.mp4").write_text("not a video")
    assert names(open_inputs([tmp_path / "folders", tmp_path / "videos"])) == ["a", "b", "c", "d"]


def test_globs_match_videos_and_folders_and_pass_over_the_rest(tmp_path: Path) -> None:
    for name in ("clip10", "clip2", "other"):
        frame_folder(tmp_path / name)
    (tmp_path / "clip.txt").write_text("notes")
    assert names(open_inputs([str(tmp_path / "clip*")])) == ["clip2", "clip10"]
    assert names(open_inputs([str(tmp_path / "**" / "clip2")])) == ["clip2"]


@pytest.mark.parametrize("one_by_one", [False, True])
def test_frames_given_by_glob_or_shell_are_one_video_a_folder(tmp_path: Path, one_by_one: bool) -> None:
    for name in ("a", "b"):
        frame_folder(tmp_path / name, count=12)
    pattern = "*/0000[0-3].png"
    given = [str(path) for path in tmp_path.glob(pattern)] if one_by_one else [str(tmp_path / pattern)]
    sources = open_inputs(sorted(given))
    assert names(sources) == ["a", "b"]
    assert [[frame.name for frame in source.frames()] for source in sources] == [
        ["00000", "00001", "00002", "00003"]
    ] * 2


def test_an_animated_gif_is_a_video(tmp_path: Path) -> None:
    write_video(tmp_path / "a.gif", plain_frames(3), "gif", pix_fmt="rgb8")
    (source,) = open_inputs([tmp_path])
    assert (source.name, source.length, len(list(source.frames()))) == ("a", 3, 3)


def test_a_folder_whose_name_looks_like_a_pattern(tmp_path: Path) -> None:
    assert names(open_inputs([frame_folder(tmp_path / "clip[1]")])) == ["clip[1]"]


@pytest.mark.parametrize("given", ["nowhere", "nowhere.mp4", "nowhere*", "*.mp4"])
def test_a_missing_path_is_a_usage_error_that_names_it(tmp_path: Path, given: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_inputs([frame_folder(tmp_path / "good"), tmp_path / given])
    assert given in str(caught.value)


def test_a_glob_that_matches_only_other_files_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UsageError, match="matches 1 files, but no video"):
        open_inputs([tmp_path / "*.txt"])


def test_nothing_given() -> None:
    with pytest.raises(UsageError, match="no input"):
        open_inputs([])


def test_one_bad_input_does_not_lose_the_others(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.mp4").write_text("text")
    good = frame_folder(tmp_path / "good")
    sources = open_inputs([tmp_path / "empty", tmp_path / "text.mp4", good])
    assert names(sources) == ["empty", "text", "good"]
    assert len(list(sources[2].frames())) == 2
    for source, named in zip(sources[:2], ("empty", r"text\.mp4"), strict=True):
        with pytest.raises(InputError, match=named):
            next(source.frames())


def test_an_empty_folder_among_folders_is_passed_over_and_told_of(tmp_path: Path) -> None:
    frame_folder(tmp_path / "all" / "a")
    (tmp_path / "all" / "b").mkdir()
    sources = open_inputs([tmp_path / "all"])
    assert names(sources) == ["a"]
    assert sources.notes == (f"passed over in {tmp_path / 'all'}: 1 folder without frames (b)",)


def test_frames_beside_videos_want_a_choice(tmp_path: Path) -> None:
    frame_folder(tmp_path / "both")
    write_video(tmp_path / "both" / "clip.mp4", plain_frames(2))
    with pytest.raises(UsageError, match=r"2 frames and 1 videos.*\*\.mp4"):
        open_inputs([tmp_path / "both"])


def test_two_videos_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_inputs([frame_folder(tmp_path / "a" / "clip"), frame_folder(tmp_path / "b" / "clip")])
    assert str(tmp_path / "a" / "clip") in str(caught.value) and str(tmp_path / "b" / "clip") in str(caught.value)


def test_the_same_video_given_twice_counts_once(tmp_path: Path) -> None:
    clip = frame_folder(tmp_path / "all" / "clip")
    (tmp_path / "link").symlink_to(tmp_path / "all")
    assert names(open_inputs([clip, tmp_path / "all", tmp_path / "link" / "clip"])) == ["clip"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_named_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        open_inputs([tmp_path / "pipe.mp4"])


@pytest.mark.parametrize(
    "ordered",
    [
        ["9", "10", "a", "a01", "a1", "a2", "a10", "a10b", "b", "b1"],
        ["-10", "-2", "-1.5", "-1", "0", "0.25", "0.5", "3", "10"],
        ["t_-2", "t_-1", "t_0", "t_1"],
        ["t=-0.5", "t=0.125", "t=0.5", "t=1.0"],
        ["frame-1", "frame-2", "frame-10"],  # a hyphen, no sign
        ["clip - 1", "clip - 2", "clip - 10"],
        ["2024-01-02", "2024-01-10", "2024-02-01"],
        ["2024.01.02", "2024.01.10", "2024.2.3"],  # a date, no decimals
        ["x0.00", "x0.04", "x0.10", "x1.00"],
        ["take1.0009", "take1.0010", "take2.0001"],
    ],
)
def test_names_sort_as_people_count(ordered: list[str]) -> None:
    assert sorted(sorted(ordered), key=natural_key) == ordered
    assert natural_order(reversed(ordered)) == ordered


def test_counters_behind_a_point_are_told_from_decimals() -> None:
    assert natural_order(["s1.10", "s1.9", "s1.11", "s1.1"]) == ["s1.1", "s1.9", "s1.10", "s1.11"]
    assert natural_order(["s1.1", "s1.25", "s1.9"]) == ["s1.1", "s1.25", "s1.9"]
    versioned = ["v1.10_t0.25", "v1.10_t0.5", "v1.9_t0.125"]
    assert natural_order(versioned) == ["v1.9_t0.125", "v1.10_t0.25", "v1.10_t0.5"]


def test_a_folder_of_decimal_and_negative_numbers_is_read_in_order(tmp_path: Path) -> None:
    for name in ("1.5", "-0.5", "0.25", "10.0", "-2", "2"):
        write_png(tmp_path / f"{name}.png", plain_frames(1)[0])
    (source,) = open_inputs([tmp_path])
    assert [frame.name for frame in source.frames()] == ["-2", "-0.5", "0.25", "1.5", "2", "10.0"]


def test_the_development_sets_open() -> None:
    davis = open_inputs([shared("data", "davis-dev")])
    assert len(davis) == 12 and sum(source.length or 0 for source in davis) == 828
    assert names(open_inputs([shared("data", "segtrack-dev")])) == ["cheetah", "girl", "parachute"]


@pytest.mark.parametrize("layout", ["fbms", "davsod", "visal", "youtube-objects", "duts-tr", "segtrack-v2"])
def test_data_sets_give_their_frames_and_never_their_masks(tmp_path: Path, layout: str) -> None:
    made = LAYOUTS[layout](tmp_path)
    sources = open_inputs([made.root])
    assert names(sources) == list(made.truths)
    assert [[frame.name for frame in source.frames()] for source in sources] == [*made.frames.values()]


def test_one_sequence_of_davsod(tmp_path: Path) -> None:
    made = davsod(tmp_path)
    (source,) = open_inputs([made.root / "select_0398"])
    assert (source.name, source.length, source.path.name) == ("select_0398", 3, "Imgs")


def test_names_that_are_one_on_a_macs_disk_are_one_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = [frame_folder(tmp_path / "a" / "Caf\u00e9"), frame_folder(tmp_path / "b" / "cafe\u0301")]
    monkeypatch.setattr("sys.platform", "linux")
    assert len(open_inputs(pair)) == 2
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(UsageError, match="two videos are named"):
        open_inputs(pair)
