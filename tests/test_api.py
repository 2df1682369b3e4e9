"""Labels and notes through the Python API."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mask_files import numbers, save_all
from moving_square import square_video, write_labels

import vsodboost
from vsodboost.data.types import Frames, Maps

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
