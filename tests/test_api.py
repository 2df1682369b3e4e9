"""Labels and notes through the Python API."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mask_files import numbers, save_all
from moving_square import square_video, write_labels
from small_networks import see_small

import vsodboost
from vsodboost.data.types import Frames, Maps

QUICK = {"profile": "quick", "device": "cpu"}
OPTIONS = {"motion": "camera", "steps": 1, "device": "cpu"}


def nothing(frames: Frames) -> Maps:
    """A target that finds nothing."""
    return np.zeros(frames.shape[:3], np.float32)


@pytest.mark.parametrize("where", ["memory", "folder"])
def test_labels_in_memory_and_in_a_folder(tmp_path: Path, where: str) -> None:
    frames, masks = square_video(5)
    labels = {1: masks[1] > 0, 4: masks[4]} if where == "memory" else write_labels(tmp_path, masks, (1, 4))
    done = vsodboost.boost(frames, nothing, labels=labels, **OPTIONS)
    assert [t for t, flag in enumerate(done.flags) if flag == "labelled"] == [1, 4]
    for t in (1, 4):
        np.testing.assert_array_equal(done.maps[t], masks[t] / 255)
    assert done.mining[0]["labelled"] == ["00001", "00004"]


def test_labels_need_the_booster_that_reads_them() -> None:
    frames, masks = square_video(3)
    with pytest.raises(vsodboost.UsageError, match=r"labels\[0\] is float64\[1, 64, 112\]"):
        vsodboost.boost(frames, nothing, labels={0: masks[:1] / 255}, **OPTIONS)
    with pytest.raises(vsodboost.VsodboostError, match=r"no label belongs to a frame of 'video'.*labels\[7\]"):
        vsodboost.boost(frames, nothing, labels={7: masks[0]}, **OPTIONS)


def test_what_a_target_has_to_tell_is_among_the_warnings(tmp_path: Path) -> None:
    frames, _ = square_video(3)
    save_all(tmp_path / "video", [n[:64, :112] for n in numbers()])
    done = vsodboost.boost(frames, f"maps:{tmp_path}", **OPTIONS)
    assert done.mining[0]["warnings"] == ["the maps hold object numbers (1, 2), read as one mask"]


def bright(frames: Frames) -> Maps:
    """A target: what is bright."""
    return frames.max(axis=3).astype(np.float32) / 255


BUSY = "another video of this VideoBooster is still being boosted"


def test_one_video_at_a_time_and_a_stream_goes_on_undisturbed() -> None:
    frames, _ = square_video(4)
    booster = vsodboost.VideoBooster(bright, buffer=2, **QUICK)
    wanted = booster.boost(frames).maps
    stream = booster.stream(frames)
    other = booster.stream(frames[::-1])  # nothing of it is begun
    found = [next(stream).map]
    for disturb in (lambda: booster.boost(frames[::-1]), lambda: next(other)):
        with pytest.raises(vsodboost.UsageError, match=BUSY):
            disturb()
    found += [frame.map for frame in stream]
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(booster.boost(frames).maps, wanted)


@pytest.mark.parametrize("how", ["closed", "forgotten", "failed"])
def test_a_stream_that_does_not_go_on_keeps_nobody_out(how: str) -> None:
    frames, _ = square_video(4)
    booster = vsodboost.VideoBooster(bright, buffer=2, **QUICK)
    stream = booster.stream(frames if how != "failed" else [*frames[:2], frames[2][:8]])
    next(stream)
    if how == "closed":
        stream.close()  # type: ignore[attr-defined]
    elif how == "forgotten":
        del stream
    else:
        with pytest.raises(vsodboost.InputError):
            list(stream)
    assert len(booster.boost(frames)) == 4


def test_a_second_thread_is_kept_out() -> None:
    frames, _ = square_video(2)
    begun, refused = threading.Event(), threading.Event()

    def waiting(given: Frames) -> Maps:
        begun.set()
        assert refused.wait(60)
        return bright(given)

    booster = vsodboost.VideoBooster(waiting, **QUICK)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(booster.boost, frames)
        assert begun.wait(60)
        try:
            with pytest.raises(vsodboost.UsageError, match=BUSY):
                booster.boost(frames)
        finally:
            refused.set()
        assert len(first.result()) == 2


def test_two_streams_of_their_own_leave_each_other_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    see_small(monkeypatch)
    frames, _ = square_video(4)
    videos = (frames, frames[::-1, :, ::-1].copy())
    options: dict[str, Any] = {"buffer": 2, "steps": 1, "device": "cpu", "motion": "camera"}
    alone = [[frame.map for frame in vsodboost.stream(video, bright, **options)] for video in videos]
    both = zip(*(vsodboost.stream(video, bright, **options) for video in videos), strict=True)
    together = zip(*([frame.map for frame in pair] for pair in both), strict=True)
    for found, wanted in zip(together, alone, strict=True):
        np.testing.assert_array_equal(found, wanted)


class NoSource:
    """Has something of a video."""

    name, frames = "x", ()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda f: vsodboost.boost(f, bright, target_options={"sizee": "3"}),
            "'bright' is an object .* no options .siz",
        ),
        (
            lambda f: vsodboost.boost(f, "lite", card=vsodboost.TargetCard("x")),
            "card: target 'lite' has one of its own",
        ),
        (lambda f: vsodboost.boost(f, bright, card="x"), "card: 'x' was given; expected a TargetCard"),
        (lambda f: vsodboost.boost(f, bright, registry=3), "registry: 3 was given"),
        (lambda f: vsodboost.boost(f, bright, detector_options={"sizee": 3}), "no option of detector 'blobs'"),
        (lambda f: vsodboost.boost(f, bright, labels="x", booster_options={"labels": "y"}), "give one of them"),
        (lambda f: vsodboost.boost(f, bright, labels="x", booster_options=3), "booster_options: 3 was given"),
        (lambda f: vsodboost.boost(f, bright, executor_options={}), "no option is called 'executor_options'"),
        (lambda f: vsodboost.boost(f, bright, **QUICK, progress=1), "progress: 1 was given"),
        (lambda f: vsodboost.boost(NoSource(), bright, **QUICK), "a NoSource has no path, fps, length"),
        (lambda f: vsodboost.boost("a\0", bright, **QUICK), "video: .* expected a path"),
    ],
)
def test_what_nothing_takes_is_refused(call: Callable[[Frames], Any], said: str) -> None:
    with pytest.raises(vsodboost.UsageError, match=said):
        call(square_video(2)[0])
