"""Videos that lost something without a word, and those that lack nothing although their headers seem to say so."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image
from tiny_videos import noise_frames, plain_frames, write_video

from vsodboost.data.errors import InputError
from vsodboost.io.video_file import VideoFile

COUNT = 24
CLUSTER = b"\x1f\x43\xb6\x75"
SHORT = {"cluster_time_limit": "400"}  # ms: four frames a cluster


def read(path: Path) -> tuple[int, str]:
    """How many frames came, and what was said after them ("": nothing)."""
    count = 0
    try:
        for _ in VideoFile(path).frames():
            count += 1
    except InputError as error:
        assert path.name in str(error) and "\n" not in str(error)
        return count, str(error)
    return count, ""


def wipe(path: Path, start: int, length: int, fill: Callable[[int], bytes] = bytes) -> None:
    data = bytearray(path.read_bytes())
    assert 0 < start < start + length <= len(data)
    data[start : start + length] = fill(length)
    path.write_bytes(data)


def noise(length: int) -> bytes:
    return np.random.default_rng(length).bytes(length)


def clusters(path: Path) -> list[int]:
    data = path.read_bytes()
    return [i for i in range(len(data)) if data[i : i + 4] == CLUSTER]


# Whole, whatever the header counts.


@pytest.mark.parametrize("codec", ["mjpeg", "mpeg4", "libx264", "rawvideo"])
def test_an_avi_whose_camera_dropped_frames_is_whole(tmp_path: Path, codec: str) -> None:
    path = write_video(
        tmp_path / "camera.avi",
        plain_frames(12),
        codec,
        pix_fmt="yuvj420p" if codec == "mjpeg" else "yuv420p",
        options={"bf": "0"},
        stamps=[t + t // 3 * 5 for t in range(12)],
    )
    with av.open(str(path)) as file:
        assert file.streams.video[0].frames == 27  # the dropped ones are counted
    assert read(path) == (12, "")
    source = VideoFile(path)
    assert source.length == 12
    times = [frame.time for frame in source.frames()]
    if codec != "libx264":  # FFmpeg guesses the times of H.264 in AVI, one frame late
        assert times == pytest.approx([(t + t // 3 * 5) / 10 for t in range(12)])
    assert times[-1] == pytest.approx(2.6)


def test_an_avi_that_dropped_frames_at_its_end_is_whole(tmp_path: Path) -> None:
    path = write_video(tmp_path / "camera.avi", plain_frames(12), "mjpeg", pix_fmt="yuvj420p")
    data = bytearray(path.read_bytes())
    header, stream = data.index(b"avih") + 8, data.index(b"strh") + 8
    assert struct.unpack_from("<I", data, header + 16) == struct.unpack_from("<I", data, stream + 32) == (12,)
    struct.pack_into("<I", data, header + 16, 20)
    struct.pack_into("<I", data, stream + 32, 20)
    path.write_bytes(data)
    assert read(path) == (12, "")


def test_an_avi_with_a_frame_lost_is_damaged_all_the_same(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "camera.avi",
        noise_frames(12),
        "mjpeg",
        pix_fmt="yuvj420p",
        stamps=[t + t // 3 * 5 for t in range(12)],
    )
    start = path.read_bytes().index(b"00dc", 6000)
    wipe(path, start, 4)
    count, said = read(path)
    assert count < 12 and "damaged or cut short" in said and f"only {count} of 12 frames" in said.replace("about ", "")


@pytest.mark.parametrize("bytes_gone", [8, 300])
def test_an_avi_of_which_some_bytes_are_gone_is_damaged(tmp_path: Path, bytes_gone: int) -> None:
    path = write_video(tmp_path / "clip.avi", noise_frames(COUNT), "mjpeg", pix_fmt="yuvj420p")
    data = path.read_bytes()
    half = len(data) // 2
    path.write_bytes(data[:half] + data[half + bytes_gone :])
    assert "damaged" in read(path)[1]


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mkv", "libx264", {}),
        ("a.mkv", "libx264", {"live": "1"}),
        ("a.mkv", "libx264", {"write_crc32": "0", **SHORT}),
        ("a.mkv", "libx264", {"reserve_index_space": "4096", **SHORT}),
        ("a.webm", "libvpx-vp9", SHORT),
        ("a.flv", "libx264", {}),
        ("a.mp4", "libx264", {"movflags": "frag_keyframe+empty_moov"}),
        ("a.mp4", "libx264", {"movflags": "frag_keyframe+default_base_moof+dash", "flush_packets": "1"}),
        ("a.gif", "gif", {}),
    ],
    ids=str,
)
def test_a_whole_file_is_whole(tmp_path: Path, name: str, codec: str, options: dict[str, str]) -> None:
    path = write_video(
        tmp_path / name,
        noise_frames(COUNT),
        codec,
        pix_fmt="rgb8" if codec == "gif" else "yuv420p",
        options={"g": "6"},
        container_options=options,
        audio_seconds=0 if codec in ("gif", "libvpx-vp9") else 2.0,
    )
    assert read(path) == (COUNT, "")
    if options.get("live") is None and name[2:] in ("mkv", "webm", "gif"):
        path.write_bytes(path.read_bytes() + b"what another tool wrote behind it")
        assert read(path) == (COUNT, "")


def test_gaps_between_frames_are_no_damage(tmp_path: Path) -> None:
    stamps = [*range(8), *range(40, 48), *range(90, 98)]
    for name, codec in (("a.mkv", "libx264"), ("a.webm", "libvpx"), ("a.gif", "gif")):
        pixels = "rgb8" if codec == "gif" else "yuv420p"
        path = write_video(tmp_path / name, noise_frames(COUNT), codec, pix_fmt=pixels, stamps=stamps)
        assert read(path) == (COUNT, ""), name


# Damaged, and the demuxer says nothing.


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("clip.mkv", "mpeg4", {}),
        ("clip.mkv", "libx264", {"write_crc32": "0"}),
        ("clip.mkv", "libx264", {"live": "1"}),
        ("clip.webm", "libvpx", {}),
        ("clip.webm", "libvpx-vp9", {}),
    ],
    ids=str,
)
@pytest.mark.parametrize("fill", [bytes, noise], ids=["zeros", "noise"])
@pytest.mark.parametrize("length", [8, 40, 700])
@pytest.mark.parametrize("place", [1, 3, -1])
def test_a_matroska_with_a_wiped_range_says_what_it_lost(
    tmp_path: Path,
    name: str,
    codec: str,
    options: dict[str, str],
    fill: Callable[[int], bytes],
    length: int,
    place: int,
) -> None:
    path = write_video(
        tmp_path / name, noise_frames(COUNT), codec, options={"g": "4"}, container_options={**SHORT, **options}
    )
    assert len(clusters(path)) > 4
    wipe(path, clusters(path)[place], length, fill)
    count, said = read(path)
    assert count < COUNT and f"{name} is damaged or cut short" in said
    assert f"only {count} " in said and ("of about 24 frames" in said or "live" in options)


def test_where_a_matroska_is_damaged_is_said(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mkv", noise_frames(COUNT), "mpeg4", options={"g": "4"}, container_options=SHORT)
    start = clusters(path)[2]
    wipe(path, start, 8)
    count, said = read(path)
    lost = f"only {count} of about 24 frames could be decoded; export it again"
    assert 15 < count < COUNT and said == f"{path} is damaged or cut short at byte {start}: {lost}"


def test_a_wrong_checksum_is_said_although_every_frame_came(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "clip.mkv", noise_frames(COUNT), "rawvideo", options={"g": "4"}, container_options=SHORT
    )
    wipe(path, clusters(path)[2] + 2000, 4, noise)
    count, said = read(path)
    assert count == COUNT and "is damaged" in said and "24 of about 24 frames could be decoded" in said


def test_damage_behind_the_film_costs_nothing(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mkv", noise_frames(COUNT), "mpeg4", container_options=SHORT)
    cues = path.read_bytes().rindex(b"\x1c\x53\xbb\x6b")
    wipe(path, cues, 8)
    assert read(path) == (COUNT, "")


def write_gif(path: Path) -> Path:
    smooth = [cv2.GaussianBlur(image, (0, 0), 6) for image in noise_frames(COUNT, 96, 128)]
    pictures = [Image.fromarray(image) for image in smooth]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=50)
    return path


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 1 - 1e-9])
def test_a_cut_gif_says_what_it_lost(tmp_path: Path, share: float) -> None:
    path = write_gif(tmp_path / "clip.gif")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    count, said = read(path)
    whole = math.floor(share * COUNT)
    assert "clip.gif is damaged or cut short" in said and abs(count - whole) <= 1
    assert f"only {count} of about {count + 1} frames" in said  # of what is gone nothing can be known


def test_a_gif_whose_blocks_fall_into_step_again_is_missed(tmp_path: Path) -> None:
    path = write_gif(tmp_path / "clip.gif")
    data = path.read_bytes()
    begins = [match.start() for match in re.finditer(rb"\x21\xf9\x04....\x00\x2c", data, re.DOTALL)]
    assert len(begins) == COUNT
    # The data of frame 7 goes on until the end of frame 9: a sub-block a byte longer, and so on, swallows frame 8.
    last = data.index(b"\xff", begins[7] + 18 + 3 * 256)
    filler = begins[9] - 1 - last
    sizes = bytearray(data)
    place = last
    while filler > 0:
        sizes[place] = min(255, filler - 1)
        filler -= 1 + sizes[place]
        place += 1 + sizes[place]
    assert place == begins[9] - 1 and sizes[place] == 0
    path.write_bytes(sizes)
    count, said = read(path)
    assert count == 7 and "only 7 of about 24" in said


def in_frame(path: Path, index: int) -> int:
    """Place of the compressed data of frame ``index`` of a GIF: the first full block behind its graphic control."""
    data = path.read_bytes()
    place = 0
    for _ in range(index + 1):
        place = data.index(b"\x21\xf9\x04", place + 1)
    return data.index(b"\xff", place + 18 + 3 * 256)


@pytest.mark.parametrize("fill", [bytes, noise], ids=["zeros", "noise"])
@pytest.mark.parametrize("length", [60, 300, 4000])
def test_a_gif_with_a_wiped_range_says_what_it_lost(tmp_path: Path, fill: Callable[[int], bytes], length: int) -> None:
    path = write_gif(tmp_path / "clip.gif")
    wipe(path, in_frame(path, 12) + 20, length, fill)
    count, said = read(path)
    assert count == 12  # those before the damage, and no half picture
    assert said.startswith(f"{path} is damaged or cut short: only 12 of about 2")


@pytest.mark.parametrize(
    ("name", "options"),
    [("clip.flv", {}), ("clip.mp4", {"movflags": "frag_keyframe+empty_moov"})],
)
def test_a_part_that_is_wiped_out_of_a_stream_is_missed(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    path = write_video(tmp_path / name, noise_frames(COUNT), "libx264", options={"g": "4"}, container_options=options)
    assert read(path) == (COUNT, "")
    data = path.read_bytes()
    start = data.index(b"moof", len(data) // 2) - 4 if name.endswith("mp4") else len(data) // 2
    wipe(path, start, 3000)
    count, said = read(path)
    assert count < COUNT and "damaged" in said
