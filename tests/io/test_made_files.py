"""Files of earlier runs: which are there, which go, and that nobody else's are touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vsodboost.io.made_files import UNNAMED, absent, earlier_files, note_begun, remove
from vsodboost.io.resume import DONE, STARTED, VideoState
from vsodboost.registry.interfaces import Request
from vsodboost.writers import vsodboost_register_writers

FRAMES = ["00000", "00001"]


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def video(folder: Path, *, marker: str = DONE, **run: object) -> Path:
    """A video's folder with its record, a table of two frames, and somebody's own files."""
    put(folder, marker, "mine.mp4", "cutout/mine.txt", "cutout/00000.png", "cutout/00001.png", "overlay.mp4")
    (folder / "frames.csv").write_text("frame,mined\n00000,1\n00001,0\n")
    (folder / "run.json").write_text(json.dumps(run))
    return folder


def left(folder: Path) -> set[str]:
    remove(folder, earlier_files(folder))
    kept = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"mine.mp4", "cutout/mine.txt"} <= kept
    return kept - {"mine.mp4", "cutout/mine.txt", "run.json", "frames.csv", DONE, STARTED}


def test_files_go_by_their_names_in_the_record(tmp_path: Path) -> None:
    write = {"writers": ["film", "cutout"], "files": {"film": ["overlay.mp4"], "cutout": ["cutout/{frame}.png"]}}
    put(tmp_path, "cutout/00002.png", "report.html", "deep/er/a.txt")
    added = [{"writers": ["deep"], "files": {"deep": ["deep/er/a.txt"]}}]
    assert left(video(tmp_path, write=write, added=added)) == {"cutout/00002.png"}
    assert not (tmp_path / "deep").exists()


def test_where_the_record_names_writers_alone_it_is_by_what_they_are_known_for(tmp_path: Path) -> None:
    assert left(video(tmp_path, write={"writers": ["overlay", "sheet"]}, added=[{"writers": ["cutout"]}])) == set()
    assert left(video(tmp_path, write={"writers": ["rle"]})) == {
        "overlay.mp4", "cutout/00000.png", "cutout/00001.png"
    }  # fmt: skip


def test_without_a_marker_nothing_is_ours(tmp_path: Path) -> None:
    assert "overlay.mp4" in left(video(tmp_path, marker="x", write={"writers": ["overlay"]}))


def test_what_an_unfinished_video_has_goes_whatever_its_frames(tmp_path: Path) -> None:
    video(tmp_path, marker=STARTED)
    (tmp_path / STARTED).write_text(json.dumps({"fingerprint": "a"}))
    note_begun(tmp_path, {"cutout": ["cutout/{frame}.png"]})
    VideoState.begin(tmp_path.parent, tmp_path.name, "b")  # and stopped: the note outlives it
    assert left(tmp_path) == {"overlay.mp4"}


@pytest.mark.parametrize("name", ["../x.txt", "/x.txt", "a/../../x.txt", ".done.json", "", "a//b", "link/x.txt"])
def test_names_that_lead_elsewhere_are_passed_over(tmp_path: Path, name: str) -> None:
    put(tmp_path, "x.txt")
    folder = video(tmp_path / "out", write={"writers": ["w"], "files": {"w": [name]}})
    (folder / "link").symlink_to(tmp_path)
    remove(folder, earlier_files(folder))
    assert (tmp_path / "x.txt").exists() and (folder / DONE).exists()


@pytest.mark.parametrize("record", ["", "[]", '{"write": 1, "added": {}}', '{"write": {"writers": 1, "files": [1]}}'])
def test_a_damaged_record_names_nothing(tmp_path: Path, record: str) -> None:
    video(tmp_path)
    (tmp_path / "run.json").write_text(record)
    assert earlier_files(tmp_path) == []


def test_absent_files_are_named(tmp_path: Path) -> None:
    video(tmp_path)
    assert absent(tmp_path, ["overlay.mp4", "cutout/{frame}.png"], FRAMES) == []
    assert absent(tmp_path, ["b.mp4", "cutout/{frame}.png", "no/{frame}.png"], [*FRAMES, "2"]) == [
        "b.mp4", "cutout/2.png", "no/00000.png", "no/00001.png", "no/2.png"
    ]  # fmt: skip


def test_our_writers_say_what_they_make() -> None:
    factories = {}
    vsodboost_register_writers(lambda name, factory, card: factories.update({name: factory}))
    for name in set(factories) - {"maps", "table", "report"}:
        assert set(factories[name](Request()).output_files) <= set(UNNAMED[name]), name
    assert factories["report"](Request()).output_files == ("report.html", "report.json")
