"""What is passed over among videos, and that the user is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tiny_videos import plain_frames, write_video

from vsodboost.data.errors import InputError, UsageError
from vsodboost.datasets.inputs import open_inputs
from vsodboost.datasets.passed_over import PassedOver, is_results, is_surely_results
from vsodboost.io.atomic import write_png


def frames(folder: Path, count: int = 2) -> Path:
    for index, image in enumerate(plain_frames(count, 8, 12)):
        write_png(folder / f"{index:05d}.png", image)
    return folder


def results(folder: Path, mark: str = ".done.json") -> Path:
    frames(folder)
    (folder / mark).write_text("{}")
    return folder


def names(path: Path) -> list[str]:
    return [source.name for source in open_inputs([path])]


@pytest.mark.parametrize("mark", ["run.json", ".done.json", ".started.json"])
def test_results_of_an_earlier_run_are_passed_over(tmp_path: Path, mark: str) -> None:
    frames(tmp_path / "a")
    results(tmp_path / "boosted" / "a", mark)
    results(tmp_path / "boosted" / "b", ".started.json")
    results(tmp_path / "c", mark)
    inputs = open_inputs([tmp_path])
    assert [source.name for source in inputs] == ["a"]
    assert inputs.notes == (f"passed over in {tmp_path}: 2 folders of earlier results (boosted, c)",)


def test_a_folder_with_frames_of_its_own_is_no_result_for_what_lies_in_it(tmp_path: Path) -> None:
    results(frames(tmp_path / "clip") / "boosted" / "clip")  # -o clip/boosted
    results(frames(tmp_path / "other") / "other")  # -o other
    write_video(tmp_path / "film.mp4", plain_frames(2))
    results(tmp_path / "film")  # -o .
    assert names(tmp_path) == ["clip", "film", "other"]
    assert not is_results(tmp_path) and not is_results(tmp_path / "other")
    frames(tmp_path / "mixed" / "a")
    results(tmp_path / "mixed" / "a-boosted")
    assert not is_results(tmp_path / "mixed") and names(tmp_path / "mixed") == ["a"]


def test_a_record_of_somebody_elses_does_not_lose_frames_that_were_named(tmp_path: Path) -> None:
    folder = frames(tmp_path / "clip")
    (folder / "run.json").write_text('{"tool": "renderer"}')
    assert names(folder) == ["clip"]
    assert is_results(folder) and not is_surely_results(folder)


def test_folders_without_frames_and_what_systems_leave_are_passed_over(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mp4", plain_frames(2))
    frames(tmp_path / "a")
    for name in ("b", "c", "d", "e"):
        (tmp_path / name).mkdir()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "._clip.mp4").write_bytes(b"\0\5\x16\7")
    frames(tmp_path / "@eaDir" / "clip.mp4")
    frames(tmp_path / "@eaDir")
    (tmp_path / "Thumbs.db").touch()
    (tmp_path / ".DS_Store").touch()
    (tmp_path / "._clip.mp4").touch()
    inputs = open_inputs([tmp_path])
    assert [source.name for source in inputs] == ["a", "clip"]
    assert inputs.notes == (
        f"passed over in {tmp_path}: 3 files and folders of the system (@eaDir, Thumbs.db, __MACOSX), "
        "2 hidden files and folders (.DS_Store, ._clip.mp4), 4 folders without frames (b, c, d, ...), "
        "1 other file (notes.txt)",
    )


@pytest.mark.parametrize("root", ["JPEGImages/480p", "JPEGImages"])
def test_a_davis_root_passes_over_them_too(tmp_path: Path, root: str) -> None:
    frames(tmp_path / root / "cows")
    frames(tmp_path / root / "@eaDir" / "cows")
    (tmp_path / root / "empty").mkdir()
    inputs = open_inputs([tmp_path])
    assert [source.name for source in inputs] == ["cows"] and "empty" in inputs.notes[0]


def test_what_the_shell_makes_of_a_star(tmp_path: Path) -> None:
    frames(tmp_path / "a")
    results(tmp_path / "boosted" / "a")
    frames(tmp_path / "@eaDir")
    (tmp_path / "empty").mkdir()
    inputs = open_inputs(sorted(tmp_path.iterdir()))
    assert [source.name for source in inputs] == ["a", "empty"]  # named by the user: then it is said, as a failure
    assert "1 folder of earlier results (boosted)" in inputs.notes[0] and "@eaDir" in inputs.notes[0]
    inputs = open_inputs([tmp_path / "*"])
    assert [source.name for source in inputs] == ["a"]
    assert "1 folder without frames (empty)" in inputs.notes[0]


@pytest.mark.parametrize("named", [True, False])
def test_nothing_but_results_is_no_input(tmp_path: Path, named: bool) -> None:
    results(tmp_path / "all" / "boosted" / "a")
    if named:
        with pytest.raises(UsageError, match=r"no video in .*boosted: passed over .* earlier results \(boosted\)"):
            open_inputs([tmp_path / "all" / "boosted"])
        return
    frames(tmp_path / "all" / "x")
    (tmp_path / "all" / "x").rename(tmp_path / "away")
    (tmp_path / "all" / "empty").mkdir()
    (source,) = open_inputs([tmp_path / "all"])
    with pytest.raises(InputError, match=r"all holds no frames .*1 folder of earlier results \(boosted\), 1 folder wi"):
        next(source.frames())


def test_folders_of_frames_beside_the_frames_are_told_of(tmp_path: Path) -> None:
    frames(frames(tmp_path / "clip", 3) / "masks")
    inputs = open_inputs([tmp_path / "clip"])
    assert [source.length for source in inputs] == [3]
    assert inputs.notes == (f"passed over in {tmp_path / 'clip'}: 1 folder of frames beside the frames (masks)",)


def test_a_poster_beside_folders_of_frames_is_not_taken_for_the_film(tmp_path: Path) -> None:
    frames(tmp_path / "a", 5)
    write_png(tmp_path / "poster.png", plain_frames(1)[0])
    with pytest.raises(UsageError, match=r"one frame, poster\.png, and folders of frames \(a \.\.\.\)"):
        open_inputs([tmp_path])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the super-user reads everything")
def test_a_folder_that_is_closed_to_us_says_so(tmp_path: Path) -> None:
    frames(tmp_path / "a")
    frames(tmp_path / "closed").chmod(0)
    try:
        a, closed = open_inputs([tmp_path])
        assert (a.name, closed.name) == ("a", "closed")
        with pytest.raises(InputError, match=r"closed.*ermission"):
            next(closed.frames())
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_names_that_are_not_utf8_can_be_printed(tmp_path: Path) -> None:
    passed = PassedOver()
    passed.add(tmp_path / os.fsdecode(b"caf\xe9"), "empty")
    (note,) = passed.notes()
    assert "\\udce9" in note
    note.encode("utf-8")


def test_videos_in_folders_are_named_by_the_glob_that_takes_them(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "t" / name).mkdir(parents=True)
        write_video(tmp_path / "t" / name / f"{name}x.mp4", plain_frames(2))
    (source,) = open_inputs([tmp_path / "t"])
    pattern = tmp_path / "t" / "*" / "*.mp4"
    with pytest.raises(InputError, match=r"2 folders of videos \(a, b\); ") as refused:
        next(source.frames())
    assert f"'{pattern}' takes the videos in folders" in str(refused.value)
    assert [found.name for found in open_inputs([pattern])] == ["ax", "bx"]
    write_video(tmp_path / "t" / "top.mp4", plain_frames(2))
    inputs = open_inputs([tmp_path / "t"])
    assert [found.name for found in inputs] == ["top"] and f"'{pattern}'" in inputs.notes[0]


def test_frames_two_folders_down_are_named_by_their_glob(tmp_path: Path) -> None:
    frames(tmp_path / "t" / "a" / "clip")
    (source,) = open_inputs([tmp_path / "t"])
    with pytest.raises(InputError) as refused:
        next(source.frames())
    assert f"'{tmp_path / 't' / '*' / '*'}' takes the folders of frames in folders" in str(refused.value)
    assert [found.name for found in open_inputs([tmp_path / "t" / "*" / "*"])] == ["clip"]
