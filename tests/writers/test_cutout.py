"""Cutouts on a background."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from small_buffers import discs, pictures, small_buffer, written
from tiny_videos import plain_frames, shade, write_video

from vsodboost.data.errors import UsageError
from vsodboost.io.video_file import VideoFile
from vsodboost.registry.interfaces import Request
from vsodboost.writers import cutout
from vsodboost.writers.backdrop import backdrop, covering


def composed(folder: Path, background: str) -> list[np.ndarray]:
    """Four frames with a red disc on blue, laid on ``background``."""
    frames, maps = discs()
    written(cutout.build(Request(options={"background": background})), folder, small_buffer(frames, maps))
    return pictures(folder / "cutout")


def test_without_a_background_it_is_see_through(tmp_path: Path) -> None:
    frames, maps = discs(1)
    written(cutout.build(Request()), tmp_path, small_buffer(frames, maps))
    (image,) = pictures(tmp_path / "cutout")
    np.testing.assert_array_equal(image[..., 3], np.rint(maps[0] * 255))


def test_on_a_colour_no_fringe_is_left(tmp_path: Path) -> None:
    images = composed(tmp_path, "#00b140")
    assert len(images) == 4 and images[0].shape == (48, 64, 3)
    assert (images[0][:4] == (0, 177, 64)).all() and np.abs(images[0][24, 20] - np.array([220, 60, 40])).max() < 3
    assert images[0][..., 2].max() < 90  # none of the old background's blue
    film = [frame.image for frame in VideoFile(tmp_path / "cutout.mp4").frames()]
    assert len(film) == 4 and np.abs(film[0].astype(int) - images[0]).mean() < 8


def test_on_a_picture_that_covers_the_frame(tmp_path: Path) -> None:
    wide = np.zeros((40, 200, 3), np.uint8)
    wide[:, 60:140] = 255
    cv2.imwrite(str(tmp_path / "wide.png"), wide)
    images = composed(tmp_path / "out", str(tmp_path / "wide.png"))
    assert (images[0][0] > 250).all()  # its middle
    assert covering(wide, (48, 64)).shape == (48, 64, 3)


def test_on_a_video_at_its_own_speed_that_begins_again(tmp_path: Path) -> None:
    behind = backdrop(str(write_video(tmp_path / "back.mp4", plain_frames(3), rate=10)))
    frame, alpha = np.zeros((48, 64, 3), np.uint8), np.zeros((48, 64), np.uint8)
    seen = [round(behind.beneath(frame, alpha, t / 20).mean()) for t in range(9)]
    wanted = [shade(t // 2 % 3) for t in range(9)]
    assert seen == pytest.approx(wanted, abs=3)
    assert round(behind.beneath(frame, alpha, 0.0).mean()) == pytest.approx(shade(0), abs=3)  # another video's first


def test_the_blurred_background_has_none_of_the_object(tmp_path: Path) -> None:
    frames, maps = discs(1)
    alpha = np.rint(maps[0] * 255).astype(np.uint8)
    behind = backdrop("blur").beneath(frames[0], alpha, 0.0)
    around = (alpha == 0) & (cv2.dilate(alpha, np.ones((7, 7))) > 0)
    assert behind.shape == frames[0].shape and np.abs(behind[around].astype(int) - (20, 40, 200)).max() < 25


def test_what_is_no_background(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(UsageError, match="neither a picture nor a video"):
        backdrop(str(tmp_path / "notes.txt"))
    with pytest.raises(UsageError, match="not blur"):
        backdrop("missing.png")
