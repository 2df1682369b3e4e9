"""Descriptions for a dry run."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from tiny_videos import plain_frames, write_video

from vsodboost.data.errors import InputError
from vsodboost.datasets.inputs import open_inputs
from vsodboost.io.array_source import ArraySource
from vsodboost.io.atomic import write_png
from vsodboost.io.probe import describe


def test_a_video_file(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", plain_frames(9))
    assert describe(open_inputs([path])[0]) == {
        "name": "clip",
        "path": str(path),
        "frames": 9,
        "width": 64,
        "height": 48,
        "fps": 10.0,
    }


def test_a_folder_is_not_read_beyond_its_first_frame(tmp_path: Path) -> None:
    write_png(tmp_path / "0.png", np.zeros((4, 6), np.uint8))
    (tmp_path / "1.png").write_text("unreadable")
    described = describe(open_inputs([tmp_path])[0])
    assert (described["frames"], described["width"], described["height"], described["fps"]) == (2, 6, 4, 24.0)


def test_a_generator_is_left_whole() -> None:
    source = ArraySource(iter(plain_frames(3)))
    assert describe(source)["frames"] is None and describe(source)["width"] is None
    assert len(list(source.frames())) == 3


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("text")
    (tmp_path / "empty").mkdir()
    for source in open_inputs([tmp_path / "text.mp4", tmp_path / "empty"]):
        with pytest.raises(InputError, match=source.name):
            describe(source)


def test_a_choice_among_streams_is_told(tmp_path: Path) -> None:
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as file:
        for size in ((48, 64), (96, 128)):
            stream = file.add_stream("mpeg4", rate=10)
            stream.height, stream.width = size
            stream.pix_fmt = "yuv420p"
        for stream in file.streams.video:
            for image in plain_frames(3, stream.height, stream.width):
                file.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
            file.mux(stream.encode(None))
    described = describe(open_inputs([path])[0])
    assert described["notes"] == ["it holds 2 video streams; number 1 (128x96) is taken for the film"]
    assert (described["width"], described["height"]) == (128, 96)
