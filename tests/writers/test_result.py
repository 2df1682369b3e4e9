"""What a result can do: cutouts, and a strip for notebooks."""

from __future__ import annotations

import base64
import re
from dataclasses import fields, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from small_buffers import discs, small_buffer

from vsodboost.data.errors import InputError, UsageError
from vsodboost.writers.result import THUMBNAIL, FrameResults, Result


def result_of(count: int = 4, size: tuple[int, int] = (48, 64)) -> tuple[Result, np.ndarray]:
    """A result of wandering discs, and the frames."""
    frames, maps = discs(count, size)
    kept = FrameResults.of(small_buffer(frames, maps))
    both = FrameResults.concat([kept, kept])
    return Result(**{f.name: getattr(both, f.name) for f in fields(FrameResults)}), np.concatenate([frames, frames])


def test_a_cutout_is_the_frame_with_the_map_as_alpha() -> None:
    result, frames = result_of()
    cut = result.cutout(iter(frames))
    assert cut.shape == (8, 48, 64, 4) and cut.dtype == np.uint8
    np.testing.assert_array_equal(cut[..., 3], np.rint(result.maps * 255))
    inside = result.maps == 1
    np.testing.assert_array_equal(cut[inside][:, :3], frames[inside])
    hard = result.cutout(frames, solid=True, largest=1)[..., 3]
    assert np.isin(hard, (0, 255)).mean() > 0.9 and (hard[0] == 255).any()


def test_other_frames_are_refused() -> None:
    result, frames = result_of()
    for wrong, words in (
        (frames[:3], "there are 3 frames for 8 maps"),
        (np.concatenate([frames, frames]), r"frame 8 is \[48, 64, 3\]; the frames of this result are \[8, 48, 64, 3\]"),
        (frames[:, :20], r"frame 0 is \[20, 64, 3\]"),
    ):
        with pytest.raises(UsageError, match=words):
            result.cutout(wrong)


def test_what_is_no_picture_no_option_or_no_folder_is_refused() -> None:
    result, frames = result_of()
    for wrong in ("A.mp4", Path("A.mp4"), None):
        with pytest.raises(UsageError, match=r"frames: .* expected the video's frames"):
            result.cutout(wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"frame 00000 is float64\[48, 64, 3\]; wanted uint8.*\* 255"):
        result.cutout(frames / 255)
    for given in ({"largest": 0}, {"largest": "1"}, {"solid": 1}, {"keep_thin": None}):
        with pytest.raises(UsageError, match=f"{next(iter(given))}: .* was given; expected"):
            result.cutout(frames, **given)  # type: ignore[arg-type]
    for folder in (None, 5, ""):
        with pytest.raises(UsageError, match=r"folder: .* expected a path"):
            result.save(folder)  # type: ignore[arg-type]


def test_a_notebook_shows_a_strip() -> None:
    result, _ = result_of(size=(96, 240))
    shown = result._repr_html_()
    assert "Result(8 frames of 240x96" in shown and "-&gt;" in shown
    data = re.search(r"base64,([^\"]+)\"", shown)
    assert data is not None
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(data[1]), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (3 * 48, 6 * THUMBNAIL, 3)
    assert picture[:48].std() > 10 and not picture[48:96].any() and picture[96:].max() == 255


def test_a_target_without_maps_in_places_has_the_mean_of_the_others() -> None:
    result, _ = result_of()
    some = replace(result, target_trust=np.array([0.4, *[np.nan] * 7], np.float32))
    assert "trust 0.40 -> 0.80" in repr(some)
    assert "trust none -> 0.80" in repr(some.take(slice(1, None)))
