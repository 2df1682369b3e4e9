"""Seconds that never run backwards."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from tiny_videos import plain_frames, remux, write_video

from vsodboost.io.array_source import ArraySource
from vsodboost.io.frame_order import DEEPEST, ShownStamps
from vsodboost.io.frame_times import FrameClock, TimedSource
from vsodboost.io.video_file import VideoFile


@pytest.mark.parametrize(
    ("stamps", "joined", "wanted"),
    [
        ([5.0, 5.04, 5.5, 9.0], False, [0, 0.04, 0.5, 4]),  # counted from the first frame
        ([None, None, None], False, [0, 0.1, 0.2]),
        ([1.0, None, 1.5], False, [0, 0.1, 0.5]),
        ([0.0, 0.2, 0.1, 0.3], False, [0, 0.2, 0.2, 0.3]),  # a little disorder
        ([7.0, 7.5, 0.0, 0.5, 1.0], False, [0, 0.5, 0.6, 1.1, 1.6]),  # starts anew
        ([0.0, 0.5, 90.0, 90.5], True, [0, 0.5, 0.6, 1.1]),  # two recordings joined
        ([0.0, 0.5, 90.0, 90.5], False, [0, 0.5, 90, 90.5]),  # a picture held long
        ([0.0, 1e9, 1e9 + 0.5], False, [0, 0.1, 0.6]),  # a broken stamp
    ],
)
def test_stamps_become_seconds(stamps: list[float | None], joined: bool, wanted: list[float]) -> None:
    clock = FrameClock(0.1, spliced=joined)
    assert [clock.time(stamp) for stamp in stamps] == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mkv", "libx264"), ("a.webm", "libvpx"), ("a.mp4", "libx264"), ("a.gif", "gif"), ("a.flv", "libx264")],
)
def test_frames_of_a_varying_rate_know_their_times(tmp_path: Path, name: str, codec: str) -> None:
    stamps = [0, 1, 2, 10, 11, 40, 41, 90]
    pixels = "rgb8" if codec == "gif" else "yuv420p"
    path = write_video(tmp_path / name, plain_frames(8), codec, pix_fmt=pixels, stamps=stamps)
    frames = list(VideoFile(path).frames())
    assert [frame.time for frame in frames] == pytest.approx([stamp / 10 for stamp in stamps], abs=0.002)
    assert all(frame.duration is None or frame.duration > 0 for frame in frames)


@pytest.mark.parametrize("options", [{"bf": "3"}, {"x264-params": "b-adapt=0:bframes=5:b-pyramid=normal"}])
def test_stamps_in_the_order_of_decoding_are_put_in_that_of_showing(tmp_path: Path, options: dict[str, str]) -> None:
    path = write_video(tmp_path / "a.avi", plain_frames(24), options=options, rate=12)
    copied = remux(path, tmp_path / "copied.mkv", lambda packets: None)
    with av.open(str(path)) as film:  # the premise: the decoder's own stamps run backwards
        stamps = [frame.pts for frame in film.decode(video=0)]
    assert stamps != sorted(stamps)
    for file in (path, copied):
        assert [frame.time for frame in VideoFile(file).frames()] == pytest.approx(
            [t / 12 for t in range(24)], abs=2e-3
        )


def test_frames_that_an_avi_left_out_leave_a_gap(tmp_path: Path) -> None:
    stamps = [0, 1, 2, 3, 4, 5, 6, 7, 40, 41, 42, 43, 44, 45, 46, 47]
    path = write_video(tmp_path / "a.avi", plain_frames(16), options={"bf": "2"}, stamps=stamps)
    times = [frame.time or 0.0 for frame in VideoFile(path).frames()]
    steps = sorted(round(10 * (b - a)) for a, b in pairwise(times))
    assert steps[:14] == [1] * 14 and steps[14] > 25


def test_packets_that_give_no_frame_do_not_shift_the_times_for_long() -> None:
    stamps = ShownStamps(SimpleNamespace(codec_context=SimpleNamespace(has_b_frames=True)))
    shown = []
    for pts in range(60):
        stamps.fed(SimpleNamespace(pts=pts, is_keyframe=pts == 0, is_discard=False))
        if pts not in (3, 5, 6):
            shown.append((pts, stamps.shown(pts)))
    assert all(found is not None and pts - 3 <= found <= pts for pts, found in shown)
    assert [pts for pts, found in shown if found != pts][-1] < 6 + 2 * DEEPEST


def test_a_broadcast_that_was_joined_goes_on(tmp_path: Path) -> None:
    parts = [write_video(tmp_path / f"{i}.ts", plain_frames(5), "mpeg2video", rate=25).read_bytes() for i in range(2)]
    path = tmp_path / "both.ts"
    path.write_bytes(b"".join(parts))
    times = [frame.time or 0.0 for frame in VideoFile(path).frames()]
    assert len(times) >= 9 and all(0 <= b - a < 0.3 for a, b in pairwise(times))


def test_frames_without_a_clock_have_no_times() -> None:
    assert [(frame.time, frame.duration) for frame in ArraySource(plain_frames(2)).frames()] == [(None, None)] * 2


def test_a_source_remembers_the_times_that_passed(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mkv", plain_frames(4), stamps=[0, 1, 5, 6])
    source = VideoFile(path)
    timed = TimedSource(source)
    assert (timed.name, timed.path, timed.fps, timed.length) == ("clip", path, source.fps, source.length)
    walk = timed.frames()
    next(walk), next(walk)
    assert set(timed.times) == {"00000", "00001"}
    list(timed.frames())
    assert [timed.times[f"{t:05d}"][0] for t in range(4)] == pytest.approx([0, 0.1, 0.5, 0.6])
