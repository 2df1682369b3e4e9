"""Folders of frames: order, sizes, depths, and what is wrong with them."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from tiny_videos import plain_frames

from vsodboost.data.errors import InputError
from vsodboost.io.atomic import write_png
from vsodboost.io.frame_folder import FrameFolder


def test_frames_come_in_natural_order_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    for name in ("frame10.png", "frame2.PNG", "frame1.bmp", "._frame1.png", "notes.txt"):
        Image.fromarray(plain_frames(1)[0]).save(tmp_path / name, format="BMP" if name.endswith("bmp") else "PNG")
    (tmp_path / "frame3.png").mkdir()
    (tmp_path / "frame3.png").rename(tmp_path / "more")
    folder = FrameFolder(tmp_path)
    assert [frame.name for frame in folder.frames()] == ["frame1", "frame2", "frame10"]
    assert (folder.length, folder.size, folder.fps) == (3, (48, 64), 24.0)
    assert folder.names == ("frame1", "frame2", "frame10") and FrameFolder(tmp_path / "nowhere").names == ()
    assert len(list(folder.frames())) == 3


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{tmp_path.name} holds no frames"):
        next(FrameFolder(tmp_path).frames())


def test_the_first_frame_of_another_size_is_named_with_both_sizes(tmp_path: Path) -> None:
    for index, width in enumerate((20, 20, 24, 20, 28)):
        write_png(tmp_path / f"{index:05d}.png", np.zeros((10, width, 3), np.uint8))
    walk = FrameFolder(tmp_path).frames()
    assert [next(walk).name, next(walk).name] == ["00000", "00001"]
    with pytest.raises(InputError, match=r"00002\.png is 24x10, but the first frame 00000\.png is 20x10"):
        next(walk)


def test_an_unreadable_frame_is_named(tmp_path: Path) -> None:
    write_png(tmp_path / "00000.png", plain_frames(1)[0])
    (tmp_path / "00001.png").write_text("no picture")
    with pytest.raises(InputError, match=r"00001\.png"):
        list(FrameFolder(tmp_path).frames())


def test_two_frames_that_would_share_a_map_are_named(tmp_path: Path) -> None:
    for suffix in ("jpg", "png"):
        Image.fromarray(plain_frames(1)[0]).save(tmp_path / f"00000.{suffix}")
    with pytest.raises(InputError, match=r"00000\.jpg and 00000\.png"):
        next(FrameFolder(tmp_path).frames())


def test_grey_and_deep_frames_become_rgb(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "0.png"), np.full((4, 6), 77, np.uint8))
    cv2.imwrite(str(tmp_path / "1.png"), np.full((4, 6), 77 * 257, np.uint16))
    cv2.imwrite(str(tmp_path / "2.png"), np.full((4, 6, 3), 77 * 257, np.uint16))
    for frame in FrameFolder(tmp_path).frames():
        assert frame.image.dtype == np.uint8 and frame.image.shape == (4, 6, 3)
        assert np.unique(frame.image).tolist() == [77]


@pytest.mark.parametrize("suffix", ["webp", "WebP", "tif", "tiff", "TIF", "jpeg", "bmp"])
def test_kinds_of_frames(tmp_path: Path, suffix: str) -> None:
    for t, image in enumerate(plain_frames(3)):
        options = {"lossless": True} if suffix.lower() == "webp" else {}
        Image.fromarray(image).save(tmp_path / f"{t}.{suffix}", **options)  # type: ignore[arg-type]
    folder = FrameFolder(tmp_path)
    assert (folder.length, folder.size) == (3, (48, 64))
    for frame, wanted in zip(folder.frames(), plain_frames(3), strict=True):
        assert np.abs(frame.image.astype(int) - wanted).max() <= 2


def test_folders_named_like_frames_are_passed_over(tmp_path: Path) -> None:
    write_png(tmp_path / "0.png", plain_frames(1)[0])
    (tmp_path / "1.png").mkdir()  # as @eaDir has them
    assert [frame.name for frame in FrameFolder(tmp_path).frames()] == ["0"]


@pytest.mark.parametrize("name", [b"0000\xe9", b"a\\b", b"line\nfeed", b"\x1b[31m"])
def test_a_name_that_no_map_can_have_is_said_before_any_work(tmp_path: Path, name: bytes) -> None:
    write_png(tmp_path / "0.png", plain_frames(1)[0])
    try:
        (tmp_path / "0.png").rename(tmp_path / os.fsdecode(name + b".png"))
    except OSError:
        pytest.skip("this file system takes no such name")
    with pytest.raises(InputError) as caught:
        next(FrameFolder(tmp_path).frames())
    said = str(caught.value)
    assert repr(os.fsdecode(name)) in said and "rename" in said and said.isprintable()
    said.encode("utf-8")


def test_a_link_to_nothing_is_named(tmp_path: Path) -> None:
    write_png(tmp_path / "0.png", plain_frames(1)[0])
    (tmp_path / "1.png").symlink_to("gone")
    with pytest.raises(InputError, match=r"cannot read .*1\.png"):
        list(FrameFolder(tmp_path).frames())


def test_a_folder_that_vanished_says_so(tmp_path: Path) -> None:
    folder = FrameFolder(tmp_path / "gone")
    assert folder.length is None
    with pytest.raises(InputError, match="gone"):
        next(folder.frames())


@pytest.mark.parametrize(("top", "factor"), [(1023, 64), (4095, 16)])
def test_ten_and_twelve_bits_stored_as_sixteen_are_refused(tmp_path: Path, top: int, factor: int) -> None:
    ramp = np.linspace(0, top, 64).astype(np.uint16)
    for number in range(4):
        picture = np.zeros((8, 64, 4), np.uint16)
        picture[..., :3], picture[..., 3] = ramp[:, None] * (number > 0), 65535  # begins in the dark, has transparency
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture)
    folder = FrameFolder(tmp_path)
    with pytest.raises(
        InputError, match=rf"{tmp_path.name}: .* brighter than {top} of 65535.*multiply them by {factor}$"
    ):
        list(folder.frames())


def test_a_dark_beginning_is_none_of_that(tmp_path: Path) -> None:
    for number, top in enumerate((3000, 0, 65535)):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((8, 8, 3), top, np.uint16))
    assert [int(frame.image.max()) for frame in FrameFolder(tmp_path).frames()] == [11, 0, 255]
    (tmp_path / "night").mkdir()
    write_png(tmp_path / "night" / "0.png", np.full((8, 8), 3, np.uint8))
    assert len(list(FrameFolder(tmp_path / "night").frames())) == 1
