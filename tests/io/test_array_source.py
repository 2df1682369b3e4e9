"""Frames in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from tiny_videos import plain_frames

from vsodboost.data.errors import InputError, UsageError
from vsodboost.io.array_source import ArraySource


@pytest.mark.parametrize("kind", [list, tuple, np.stack])
def test_lists_and_arrays_can_be_read_again(kind: type) -> None:
    source = ArraySource(kind(plain_frames(3)), "mine", fps=30.0)
    assert (source.name, source.length, source.size, source.fps) == ("mine", 3, (48, 64), 30.0)
    for _ in range(2):
        frames = list(source.frames())
        assert [frame.name for frame in frames] == ["00000", "00001", "00002"] == list(source.names)
        np.testing.assert_array_equal([frame.image for frame in frames], plain_frames(3))


def test_a_generator_is_read_lazily_and_once() -> None:
    made = []

    def generate() -> Iterator[NDArray[np.uint8]]:
        for image in plain_frames(4):
            made.append(image)
            yield image

    source = ArraySource(generate(), "live")
    assert source.length is None and source.size is None
    walk = source.frames()
    next(walk)
    assert len(made) == 1
    assert len(list(walk)) == 3
    with pytest.raises(UsageError, match="live: a generator can be read only once"):
        source.frames()


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((48, 64, 3), np.float32),
        np.zeros((48, 64), np.uint8),
        np.zeros((48, 64, 4), np.uint8),
        np.zeros((0, 64, 3), np.uint8),
        "frame",
        None,
    ],
)
def test_a_frame_of_another_kind_is_named(bad: object) -> None:
    with pytest.raises(InputError, match="mine: frame 00001 is"):
        list(ArraySource([plain_frames(1)[0], bad], "mine").frames())  # type: ignore[list-item]


@pytest.mark.parametrize(
    "frame",
    [
        np.full((48, 64, 3), 0.5),
        np.full((48, 64, 3), 128 * 257, np.uint16),
        np.full((48, 64, 4), 128, np.uint8),
        np.full((48, 64), 128, np.uint8),
        np.full((48, 64, 1), 128, np.uint8),
        np.full((3, 48, 64), 128, np.uint8),
        Image.new("RGB", (64, 48), (128, 128, 128)),
        torch.full((48, 64, 3), 128, dtype=torch.uint8),
    ],
)
def test_the_mend_that_is_named_makes_a_frame(frame: object) -> None:
    with pytest.raises(InputError, match="wanted uint8") as caught:
        list(ArraySource([frame]).frames())  # type: ignore[list-item]
    mend = re.sub(r".*?(numpy|\(?frame)", r"\1", str(caught.value).partition("RGB: ")[2], count=1)
    (made,) = ArraySource([eval(mend, {"numpy": np, "frame": frame})]).frames()
    assert made.image.shape == (48, 64, 3) and (made.image == 128).all()


def test_what_is_no_video_is_named() -> None:
    for nothing in (None, 3, 2.5):
        with pytest.raises(UsageError, match=f"video: {type(nothing).__name__} is no video; give a path"):
            ArraySource(nothing)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="read from their folder"):
        list(ArraySource(["0.jpg"]).frames())  # type: ignore[list-item]


def test_a_frame_of_another_size_is_named_with_both() -> None:
    with pytest.raises(InputError, match="frame 00001 is 20x10, but the first is 64x48"):
        list(ArraySource([*plain_frames(1), *plain_frames(1, 10, 20)]).frames())


def test_one_picture_instead_of_many_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match=r"uint8\[48, 64, 3\]; wanted uint8\[T, H, W, 3\]"):
        ArraySource(plain_frames(1)[0])


def test_no_frames() -> None:
    with pytest.raises(InputError, match="no frames"):
        list(ArraySource([]).frames())
    with pytest.raises(InputError, match="no frames"):
        list(ArraySource(iter([])).frames())
