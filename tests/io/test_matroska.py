"""Missing bytes of Matroska files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_videos import noise_frames, plain_frames, write_video

from vsodboost.io.matroska import missing_bytes


@pytest.mark.parametrize(("name", "codec"), [("clip.mkv", "libx264"), ("clip.webm", "libvpx-vp9")])
def test_the_missing_bytes_are_counted_exactly(tmp_path: Path, name: str, codec: str) -> None:
    path = write_video(tmp_path / name, noise_frames(5), codec)
    data = path.read_bytes()
    assert missing_bytes(path) == 0
    for gone in (1, 1000):
        path.write_bytes(data[:-gone])
        assert missing_bytes(path) == gone
    path.write_bytes(data + b"more behind it")
    assert missing_bytes(path) == 0


def test_a_live_recording_has_no_size(tmp_path: Path) -> None:
    assert missing_bytes(write_video(tmp_path / "a.mkv", plain_frames(2), container_options={"live": "1"})) is None


def test_other_files_are_not_its_business(tmp_path: Path) -> None:
    assert missing_bytes(write_video(tmp_path / "a.mp4", plain_frames(2))) is None
    for number, content in enumerate(
        (b"", b"\x00", b"\x1a\x45\xdf\xa3", b"\x1a\x45\xdf\xa3\x84abcd", b"\x1a\x45\xdf\xa3\xff")
    ):
        path = tmp_path / f"{number}.mkv"
        path.write_bytes(content)
        assert missing_bytes(path) is None
