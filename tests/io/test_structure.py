"""Where streams of parts are broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_videos import cut, noise_frames, plain_frames, write_video

from vsodboost.io.structure import broken_at

FRAGMENTS = {"movflags": "frag_keyframe+empty_moov"}


def stream(path: Path) -> Path:
    options = FRAGMENTS if path.suffix == ".mp4" else {}
    return write_video(path, noise_frames(12), options={"g": "3"}, container_options=options, audio_seconds=1.0)


@pytest.mark.parametrize("name", ["a.flv", "a.mp4"])
def test_a_whole_and_a_cut_stream_are_not_broken(tmp_path: Path, name: str) -> None:
    path = stream(tmp_path / name)
    assert broken_at(path) is None
    for share in (0.9, 0.5, 0.1):
        assert broken_at(cut(path, share)) is None


def test_a_tag_that_is_none_is_found(tmp_path: Path) -> None:
    path = stream(tmp_path / "a.flv")
    data = bytearray(path.read_bytes())
    half = len(data) // 2
    data[half : half + 2000] = bytes(2000)
    path.write_bytes(data)
    place, follows = broken_at(path) or (0, False)
    assert follows and half - 5000 < place < half + 2000


@pytest.mark.parametrize("last", [False, True])
def test_a_fragment_that_is_none_is_found(tmp_path: Path, last: bool) -> None:
    path = stream(tmp_path / "a.mp4")
    data = bytearray(path.read_bytes())
    place = (data.rindex(b"moof") if last else data.index(b"moof")) - 4
    data[place : place + 8] = bytes(8)
    path.write_bytes(data)
    assert broken_at(path) == (place, not last)


def test_other_files_are_not_its_business(tmp_path: Path) -> None:
    assert broken_at(write_video(tmp_path / "a.mkv", plain_frames(2))) is None
    for number, content in enumerate((b"", b"FLV", b"FLV\1\1\0\0\0\x09", b"\0\0\0\x08ftyp", b"abcdefghijklmnop")):
        path = tmp_path / f"{number}.bin"
        path.write_bytes(content)
        assert broken_at(path) is None
