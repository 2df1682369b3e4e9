"""What AVI files say of their frames."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_videos import noise_frames, plain_frames, write_video

from vsodboost.io.riff import Avi, read_avi


def avi(path: Path, stamps: list[int] | None = None) -> Path:
    return write_video(path, noise_frames(6), "mjpeg", pix_fmt="yuvj420p", stamps=stamps)


def test_dropped_frames_are_not_stored_ones(tmp_path: Path) -> None:
    assert read_avi(avi(tmp_path / "a.avi"), 0) == Avi(6, True)
    assert read_avi(avi(tmp_path / "b.avi", [0, 1, 5, 6, 20, 21]), 0) == Avi(6, True)
    assert read_avi(avi(tmp_path / "c.avi"), 1) == Avi(0, True)


@pytest.mark.parametrize("share", [0.2, 0.6])
def test_a_cut_file_has_no_index_and_is_not_whole(tmp_path: Path, share: float) -> None:
    path = avi(tmp_path / "a.avi")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert read_avi(path, 0) == Avi(None, False)


def test_a_recording_that_was_never_finished_says_nothing(tmp_path: Path) -> None:
    path = avi(tmp_path / "a.avi")
    data = path.read_bytes()
    path.write_bytes(data[:4] + bytes(4) + data[8 : data.index(b"idx1")])
    assert read_avi(path, 0) == Avi(None, True)


def test_a_file_of_several_parts_has_no_one_index(tmp_path: Path) -> None:
    path = avi(tmp_path / "a.avi")
    path.write_bytes(path.read_bytes() + b"RIFF\x04\0\0\0AVIX")
    assert read_avi(path, 0) == Avi(None, True)


def test_other_files_are_not_its_business(tmp_path: Path) -> None:
    assert read_avi(write_video(tmp_path / "a.mp4", plain_frames(2)), 0) is None
    for number, content in enumerate((b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"RIFF\xff\0\0\0AVI idx1")):
        path = tmp_path / f"{number}.avi"
        path.write_bytes(content)
        found = read_avi(path, 0)
        assert found is None or found.stored is None
