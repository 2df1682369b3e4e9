"""Missing bytes of Matroska files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_videos import noise_frames, plain_frames, write_video

from vsodboost.data.errors import InputError
from vsodboost.io.matroska import CLUSTER, damage, missing_bytes
from vsodboost.io.video_file import VideoFile


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


def clusters(data: bytes) -> list[int]:
    mark = CLUSTER.to_bytes(4, "big")
    return [i for i in range(len(data)) if data[i : i + 4] == mark]


@pytest.mark.parametrize("options", [{}, {"write_crc32": "0"}, {"live": "1"}])
def test_damage_is_found_where_it_is(tmp_path: Path, options: dict[str, str]) -> None:
    path = write_video(
        tmp_path / "clip.mkv",
        noise_frames(20),
        options={"g": "4"},
        container_options={"cluster_time_limit": "400", **options},
    )
    assert damage(path) is None
    data = path.read_bytes()
    places = clusters(data)
    for place, follows in ((places[1], True), (places[-1], False)):
        path.write_bytes(data[:place] + bytes(8) + data[place + 8 :])
        assert damage(path) == (place, follows)
    path.write_bytes(data[: places[2] + 100])
    assert damage(path) is None  # cut: that is another question
    path.write_bytes(data[: places[2] + 100] + data[places[2] + 150 :])
    found = damage(path)
    assert found is not None and places[2] <= found[0] < places[3]


def test_a_checksum_that_differs_is_damage(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mkv", noise_frames(8), "rawvideo")
    data = bytearray(path.read_bytes())
    places = clusters(bytes(data))
    data[places[1] + 3000] ^= 1
    path.write_bytes(data)
    assert damage(path) == (places[1], len(places) > 2)


def test_a_browsers_recording_of_clusters_of_unknown_size_is_whole(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "browser.webm",
        noise_frames(20),
        "libvpx",
        options={"g": "4"},
        container_options={"cluster_time_limit": "400", "live": "1"},
    )
    data = bytearray(path.read_bytes())
    for place in clusters(bytes(data)):
        length = 9 - data[place + 4].bit_length()
        data[place + 4 : place + 4 + length] = ((1 << 7 * length + 1) - 1).to_bytes(length, "big")
    path.write_bytes(data)
    assert damage(path) is None and len(list(VideoFile(path).frames())) == 20
    place = clusters(bytes(data))[2]
    data[place : place + 8] = bytes(8)
    path.write_bytes(data)
    assert damage(path) == (place, True)
    with pytest.raises(InputError, match=rf"damaged or cut short at byte {place}"):
        list(VideoFile(path).frames())


def test_no_bytes_make_it_fail(tmp_path: Path) -> None:
    data = write_video(tmp_path / "clip.mkv", noise_frames(4), options={"g": "2"}).read_bytes()
    rng = np.random.default_rng(0)
    path = tmp_path / "broken.mkv"
    for _ in range(200):
        broken = bytearray(data)
        for place in rng.integers(0, len(data), 6):
            broken[place] = rng.integers(256)
        path.write_bytes(broken[: rng.integers(1, len(data))])
        damage(path), missing_bytes(path)
