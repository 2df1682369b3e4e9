"""Which files a video's results are made of: its frames, and what its options' folders hold for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vsodboost.data.video import VideoSource
from vsodboost.io.array_source import ArraySource
from vsodboost.io.frame_folder import FrameFolder
from vsodboost.io.part import Part
from vsodboost.io.video_file import VideoFile
from vsodboost.pipeline.made_of import MadeOf
from vsodboost.pipeline.options import Options


def put(path: Path, data: bytes = b"x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def clip(folder: Path, count: int = 4) -> FrameFolder:
    for t in range(count):
        put(folder / f"{t:05d}.jpg", b"%d" % t)
    return FrameFolder(folder)


def test_frames_that_came_or_went_are_another_video(tmp_path: Path) -> None:
    before = MadeOf(clip(tmp_path / "clip"), Options()).prints()
    assert set(before) == {"video"}
    assert MadeOf(clip(tmp_path / "clip"), Options()).changed(before) is None
    put(tmp_path / "clip" / "notes.txt")
    assert MadeOf(FrameFolder(tmp_path / "clip"), Options()).changed(before) is None
    assert MadeOf(clip(tmp_path / "clip", 5), Options()).changed(before) == tmp_path / "clip"
    assert MadeOf(clip(tmp_path / "other" / "clip", 4), Options()).changed(before) is None
    assert MadeOf(clip(tmp_path / "third" / "clip", 3), Options()).changed(before) == tmp_path / "third" / "clip"


def test_a_part_of_a_folder_is_its_own_frames(tmp_path: Path) -> None:
    def first(count: int) -> VideoSource:
        return Part(max_frames=4).of(clip(tmp_path / "clip", count))

    before = MadeOf(first(4), Options()).prints()
    assert MadeOf(first(6), Options()).changed(before) is None
    assert MadeOf(Part(max_frames=5).of(FrameFolder(tmp_path / "clip")), Options()).changed(before) is not None


def test_a_video_file_is_told_by_what_it_holds(tmp_path: Path) -> None:
    put(tmp_path / "a" / "clip.mp4", b"one")
    put(tmp_path / "b" / "clip.mp4", b"two")
    before = MadeOf(VideoFile(tmp_path / "a" / "clip.mp4"), Options()).prints()
    assert MadeOf(VideoFile(tmp_path / "b" / "clip.mp4"), Options()).changed(before) == tmp_path / "b" / "clip.mp4"


@pytest.mark.parametrize(
    ("given", "file"),
    [
        (lambda folder: {"target": f"maps:{folder}"}, "clip/00001.png"),
        (lambda folder: {"target": f"maps:{folder}"}, "00001.png"),
        (lambda folder: {"booster": "labels", "booster_options": {"labels": str(folder)}}, "clip/00001.png"),
        (lambda folder: {"flow": f"flow:{folder}"}, "clip/00001.flo"),
        (lambda folder: {"flow": f"flow:{folder}"}, "clip/backward/00001.flo"),
    ],
)
def test_what_a_folder_of_an_option_holds_counts(
    tmp_path: Path, given: Callable[[Path], dict[str, Any]], file: str
) -> None:
    source, folder = clip(tmp_path / "clip"), tmp_path / "given"
    for name in ("00000.png", "00000.flo"):
        put((folder / "clip" if "/" in file else folder) / name)
    options = Options(**given(folder))
    before = MadeOf(source, options).prints()
    put(folder / "another" / "00000.png")
    put(folder / "clip" / "run.json") if "/" in file else put(folder / "run.json")
    put((folder / "clip" if "/" in file else folder) / "contact_sheet.png")
    assert MadeOf(source, options).changed(before) is None
    put(folder / file)
    assert MadeOf(source, options).changed(before) == (folder / "clip" if "/" in file else folder)


def test_flow_that_the_run_fills_in_is_no_input(tmp_path: Path) -> None:
    source, folder = clip(tmp_path / "clip"), tmp_path / "flow"
    folder.mkdir()
    options = Options(flow=f"flow:{folder}", flow_options={"fill": "dis"})
    before = MadeOf(source, options).prints()
    put(folder / "clip" / "00000.flo")
    assert MadeOf(source, options).changed(before) is None


def test_frames_in_memory_have_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "video")
    assert MadeOf(ArraySource(np.zeros((2, 4, 4, 3), np.uint8)), Options()).prints() == {}


@pytest.mark.parametrize("before", [None, {}, [], {"video": 3}])
def test_results_of_a_former_version_say_nothing(tmp_path: Path, before: object) -> None:
    assert MadeOf(clip(tmp_path / "clip"), Options()).changed(before) is None
