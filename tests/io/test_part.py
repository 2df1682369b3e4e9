"""Parts of videos: which frames, at which times, how large, and with which sound."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_videos import plain_frames, write_sounding, write_video

from vsodboost.data.errors import InputError, UsageError
from vsodboost.io.array_source import ArraySource
from vsodboost.io.frame_folder import FrameFolder
from vsodboost.io.part import Part, seconds_of
from vsodboost.io.sound import SoundTrack, sound_of
from vsodboost.io.video_file import VideoFile


def names(part: Part, source: object) -> list[str]:
    """The numbers of the frames that are left."""
    return [frame.name.lstrip("0") or "0" for frame in part.of(source).frames()]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("part", "left"),
    [
        (Part(start=0.2, stop=0.5), "2 3 4"),
        (Part(start=0.85), "9"),
        (Part(stop=0.25), "0 1 2"),
        (Part(max_frames=2), "0 1"),
        (Part(every=4), "0 4 8"),
        (Part(start=0.1, stop=0.8, every=3, max_frames=2), "1 4"),
    ],
)
def test_which_frames(tmp_path: Path, part: Part, left: str) -> None:
    video = VideoFile(write_video(tmp_path / "a.mp4", plain_frames(10), rate=10))
    memory = ArraySource(np.stack(plain_frames(10)), "a", 10.0)
    assert names(part, video) == names(part, memory) == left.split()
    known = part.of(memory)
    assert known.length == part.of(video).length == len(left.split())
    assert [name.lstrip("0") or "0" for name in known.names] == left.split()  # type: ignore[attr-defined]


def test_times_begin_with_the_first_frame_also_where_the_rate_varies(tmp_path: Path) -> None:
    video = VideoFile(write_video(tmp_path / "a.mkv", plain_frames(6), rate=10, stamps=[0, 1, 7, 9, 20, 21]))
    frames = list(Part(start=0.5, stop=2.05).of(video).frames())
    assert [frame.time for frame in frames] == pytest.approx([0, 0.2, 1.3], abs=0.002)
    assert [frame.name for frame in frames] == ["00002", "00003", "00004"]


def test_the_whole_is_the_video_itself() -> None:
    source = ArraySource(np.stack(plain_frames(2)), "a")
    assert Part().of(source) is source


@pytest.mark.parametrize(
    ("size", "wanted"),
    [("320", (180, 320)), ("320x100", (100, 178)), ("90p", (90, 160)), ("5000", (360, 640)), (None, (360, 640))],
)
def test_sizes(size: str | None, wanted: tuple[int, int]) -> None:
    source = ArraySource(np.zeros((1, 360, 640, 3), np.uint8), "a")
    part = Part(size=size, max_frames=1).of(source)
    assert part.size == wanted and next(part.frames()).image.shape[:2] == wanted  # type: ignore[attr-defined]


def test_the_sound_of_a_part_begins_with_it(tmp_path: Path) -> None:
    path = write_sounding(tmp_path / "a.mp4", [("aac", 0.0, 1.5)], stamps=[0.5 + t / 10 for t in range(10)])
    whole = VideoFile(path)
    part = Part(start=0.35).of(whole)
    next(part.frames())
    assert sound_of(part) == SoundTrack(path, zero=pytest.approx(0.9, abs=1e-3), lead=0.0, whole=False)
    assert sound_of(Part(every=2).of(whole)) == sound_of(whole)


def test_a_folder_of_frames(tmp_path: Path) -> None:
    for t, image in enumerate(plain_frames(6)):
        cv2.imwrite(str(tmp_path / f"f{t}.png"), image)
    source = Part(start=2 / 24, every=2).of(FrameFolder(tmp_path))
    assert [frame.name for frame in source.frames()] == ["f2", "f4"] and source.length == 2


def test_nothing_left_is_said(tmp_path: Path) -> None:
    video = VideoFile(write_video(tmp_path / "a.mp4", plain_frames(5), rate=10))
    with pytest.raises(InputError, match=r"a\.mp4: no frame is shown from 9 s on; it ends at 0\.40 s"):
        list(Part(start=9).of(video).frames())
    for wrong, words in (
        ({"start": 5.0, "stop": 2.0}, "does not come after"),
        ({"every": 0}, "--every 0 leaves no frame"),
        ({"size": "huge"}, "--size huge is no size"),
        ({"start": -1.0}, "--from -1 s is no time of a video; give seconds of at least 0"),
        ({"start": math.nan}, "--from nan s is no time"),
        ({"start": math.inf}, "--from inf s is no time"),
        ({"stop": math.nan}, "--to nan s is no time"),
        ({"start": math.inf, "stop": math.inf}, "--from inf s is no time"),
    ):
        with pytest.raises(UsageError, match=words):
            Part(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("named", [True, False])
def test_times_beyond_all_videos(tmp_path: Path, named: bool) -> None:
    frames = plain_frames(5)
    video = ArraySource(frames, "a") if named else VideoFile(write_video(tmp_path / "a.mp4", frames, rate=10))
    whole = [frame.name for frame in video.frames()]
    assert Part(stop=math.inf) == Part()
    for part in (Part(stop=1e308), Part(max_frames=10**400), Part(start=0.0, stop=math.inf)):
        assert [frame.name for frame in part.of(video).frames()] == whole and part.of(video).length == 5
    alone = Part(every=10**400).of(video)
    assert len(list(alone.frames())) == alone.length == 1 and alone.fps > 0
    late = Part(start=1e308).of(video)
    assert late.length == 0 and not late.names  # type: ignore[attr-defined]
    with pytest.raises(InputError, match=r"no frame is shown from 1e\+308 s on"):
        list(late.frames())


def test_times_as_they_are_typed() -> None:
    assert [seconds_of(text) for text in ("75.5", "1:15.5", "0:01:15.5")] == [75.5] * 3
    for wrong in ("", "1:60", "-1", "nan", "inf", "1e308:00", "1:2:3:4", "now"):
        assert seconds_of(wrong) is None
