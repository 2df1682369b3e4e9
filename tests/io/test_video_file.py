"""Videos as people have them: whole, odd, turned, damaged, and files that are no video at all."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from tiny_videos import cut, noise_frames, plain_frames, remux, shade, write_matrix, write_video

from vsodboost.data.errors import InputError
from vsodboost.data.video import FOLDER_FPS
from vsodboost.io.video_file import VideoFile


def read_until_error(path: Path) -> tuple[int, str]:
    """How many frames came, and what was said after them."""
    count = 0
    with pytest.raises(InputError) as caught:
        for _ in VideoFile(path).frames():
            count += 1
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return count, message


@pytest.mark.parametrize(
    ("suffix", "codec"), [("mp4", "libx264"), ("mkv", "libx264"), ("avi", "mpeg4"), ("ts", "libx264")]
)
def test_frames_come_in_order_with_their_names(tmp_path: Path, suffix: str, codec: str) -> None:
    source = VideoFile(
        write_video(tmp_path / f"clip.{suffix}", plain_frames(23), codec, options={"bf": "2", "b": "4000000"})
    )
    frames = list(source.frames())
    assert [frame.name for frame in frames] == [f"{index:05d}" for index in range(23)]
    assert [round(frame.image.mean()) for frame in frames] == pytest.approx(
        [shade(index) for index in range(23)], abs=4
    )
    assert frames[0].image.dtype == np.uint8 and frames[0].image.shape == (48, 64, 3)
    assert (source.name, source.fps, source.length, source.size) == ("clip", 10.0, 23, (48, 64))


def test_colours_are_rgb(tmp_path: Path) -> None:
    red = np.zeros((48, 64, 3), np.uint8)
    red[:, :, 0] = 255
    image = next(VideoFile(write_video(tmp_path / "red.mp4", [red])).frames()).image
    assert image[..., 0].min() > 230 and image[..., 1:].max() < 25


def test_it_can_be_read_twice_and_left_halfway(tmp_path: Path) -> None:
    source = VideoFile(write_video(tmp_path / "clip.mp4", noise_frames(6)))
    walk = source.frames()
    first = next(walk).image
    walk.close()
    again = [frame.image for frame in source.frames()]
    assert len(again) == 6
    np.testing.assert_array_equal(first, again[0])


def test_one_frame(tmp_path: Path) -> None:
    assert len(list(VideoFile(write_video(tmp_path / "one.mp4", plain_frames(1))).frames())) == 1


def test_odd_sizes_keep_their_size(tmp_path: Path) -> None:
    path = write_video(tmp_path / "odd.mkv", plain_frames(2, 33, 47), "ffv1", pix_fmt="yuv444p")
    assert next(VideoFile(path).frames()).image.shape == (33, 47, 3)


@pytest.mark.parametrize("pix_fmt", ["gray", "gray16le", "yuva420p", "yuv420p10le"])
def test_grey_deep_and_transparent_pixels_become_rgb(tmp_path: Path, pix_fmt: str) -> None:
    source = VideoFile(write_video(tmp_path / "clip.mkv", plain_frames(3), "ffv1", pix_fmt=pix_fmt))
    assert [round(frame.image.mean()) for frame in source.frames()] == pytest.approx([10, 20, 30], abs=2)


def test_a_variable_frame_rate_gives_every_stored_frame_once(tmp_path: Path) -> None:
    path = write_video(tmp_path / "vfr.mkv", plain_frames(8), stamps=[0, 1, 2, 10, 11, 40, 41, 90])
    assert [round(frame.image.mean()) for frame in VideoFile(path).frames()] == pytest.approx(
        [shade(index) for index in range(8)], abs=4
    )


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        ((1, 0, 0, 1), lambda stored: stored),
        ((0, 1, -1, 0), lambda stored: np.rot90(stored, -1)),  # a phone held upright: turned clockwise
        ((-1, 0, 0, -1), lambda stored: np.rot90(stored, 2)),
        ((0, -1, 1, 0), lambda stored: np.rot90(stored, 1)),
        ((-1, 0, 0, 1), np.fliplr),  # a front camera
        ((1, 0, 0, -1), np.flipud),
    ],
    ids=["upright", "90", "180", "270", "mirrored", "upside down"],
)
def test_frames_come_as_they_are_shown(
    tmp_path: Path, matrix: tuple[int, int, int, int], shown: Callable[[np.ndarray], np.ndarray]
) -> None:
    stored = np.zeros((48, 64, 3), np.uint8)
    stored[:24, :32] = 255  # top left white
    stored[24:, :32] = 120  # bottom left grey
    path = write_video(tmp_path / "turned.mp4", [stored])
    write_matrix(path, matrix)
    source = VideoFile(path)
    image = next(source.frames()).image
    wanted = shown(stored)
    assert image.shape == wanted.shape and source.size == wanted.shape[:2]
    assert np.abs(image.astype(int) - wanted).mean() < 6


def test_text_named_mp4(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("shopping list\n" * 40)
    assert read_until_error(path)[0] == 0


def test_an_unreadable_video_says_so_only_when_read(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("shopping list\n")
    source = VideoFile(path)
    assert source.length is None and source.fps == 24.0
    with pytest.raises(InputError, match=r"notes\.mp4"):
        next(source.frames())


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    assert "empty" in read_until_error(path)[1]


@pytest.mark.parametrize(
    ("name", "container", "codec", "frames", "size"),
    [
        ("a.dv", "dv", "dvvideo", 2, (576, 720)),  # FFmpeg's mean: a frame a tick of a clock of 60000 Hz
        ("a.ts", "mpegts", "mpeg2video", 2, (48, 64)),  # no mean, a guess of 50
        ("a.nut", "nut", "mpeg4", 1, (48, 64)),
    ],
)
def test_a_rate_of_clock_ticks_is_not_believed(
    tmp_path: Path, name: str, container: str, codec: str, frames: int, size: tuple[int, int]
) -> None:
    path = tmp_path / name
    with av.open(str(path), "w", format=container) as film:
        stream = film.add_stream(codec, rate=25)
        (stream.height, stream.width), stream.pix_fmt = size, "yuv420p"
        for image in noise_frames(frames, *size):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        film.mux(stream.encode(None))
    source = VideoFile(path)
    assert source.fps == 25 and source.length in (None, frames)
    assert [frame.time for frame in source.frames()] == pytest.approx([t / 25 for t in range(frames)])


def test_a_rate_that_no_file_tells_is_the_usual_one(tmp_path: Path) -> None:
    assert VideoFile(write_video(tmp_path / "a.wmv", plain_frames(1), "wmv2", rate=25)).fps == FOLDER_FPS


def test_an_audio_file_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        silence.sample_rate = 8000
        container.mux(stream.encode(silence))
        container.mux(stream.encode(None))
    assert "holds no video" in read_until_error(path)[1]


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_video_of_no_frames(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"none.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    count, message = read_until_error(path)
    assert count == 0 and ("no frame" in message or "no video" in message)


def test_mp4_cut_before_its_index(tmp_path: Path) -> None:
    path = cut(write_video(tmp_path / "cut.mp4", noise_frames(20)), 0.6)
    assert read_until_error(path)[0] == 0


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("faststart.mp4", "libx264", {"movflags": "faststart"}),
        ("fragments.mp4", "libx264", {"movflags": "frag_keyframe+empty_moov"}),
        ("clip.mkv", "libx264", {}),
        ("clip.webm", "libvpx-vp9", {}),
        ("clip.avi", "mpeg4", {}),
        ("clip.flv", "libx264", {}),
    ],
)
@pytest.mark.parametrize("share", [0.97, 0.5])
def test_a_cut_video_gives_its_whole_frames_and_then_says_so(
    tmp_path: Path, name: str, codec: str, options: dict[str, str], share: float
) -> None:
    whole = write_video(tmp_path / name, noise_frames(40), codec, options={"g": "10"}, container_options=options)
    before = [frame.image for frame in VideoFile(whole).frames()]
    cut(whole, share)
    kept = []
    with pytest.raises(InputError) as caught:
        for frame in VideoFile(whole).frames():
            kept.append(frame.image)
    assert len(before) == 40 and 9 < len(kept) < 40
    np.testing.assert_array_equal(kept, before[: len(kept)])
    assert f"only {len(kept)} of " in str(caught.value)
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_mkv_cut_between_two_clusters_is_noticed(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "clip.mkv", noise_frames(20), options={"g": "5"}, container_options={"cluster_time_limit": "500"}
    )
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"\x1f\x43\xb6\x75")])
    count, message = read_until_error(path)
    assert f"only {count} of about 20 frames" in message


def test_damage_in_the_middle_stops_before_it(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", noise_frames(30), options={"bf": "0", "g": "1"})
    before = [frame.image for frame in VideoFile(path).frames()]
    with av.open(str(path)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][12]
        place, size = packet.pos, packet.size
    data = bytearray(path.read_bytes())
    data[place : place + size] = bytes(size)
    path.write_bytes(data)
    kept = []
    with pytest.raises(InputError, match=r"clip\.mp4 is damaged or cut short: only 12 of 30 frames"):
        for frame in VideoFile(path).frames():
            kept.append(frame.image)
    np.testing.assert_array_equal(kept, before[:12])


def test_an_edit_list_that_hides_frames_is_no_cut(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4", plain_frames(20), options={"bf": "0", "g": "20"})

    def start_later(packets: list[av.Packet]) -> None:
        for packet in packets:
            shift = round(0.8 / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift

    path = remux(whole, tmp_path / "trimmed.mp4", start_later)
    shown = [round(frame.image.mean()) for frame in VideoFile(path).frames()]
    assert shown == pytest.approx([shade(index) for index in range(8, 20)], abs=4)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "flv"])
def test_sound_longer_than_the_picture_is_no_cut(tmp_path: Path, suffix: str) -> None:
    path = write_video(tmp_path / f"clip.{suffix}", plain_frames(10), audio_seconds=4.0)
    assert len(list(VideoFile(path).frames())) == 10


def test_a_last_frame_held_long_is_no_cut(tmp_path: Path) -> None:
    def hold(packets: list[av.Packet]) -> None:
        try:
            packets[-1].duration = round(6 / packets[-1].time_base)
        except AttributeError:
            pytest.skip("this PyAV cannot set the duration of a packet")

    short = write_video(tmp_path / "short.mp4", plain_frames(5), options={"bf": "0"})
    assert len(list(VideoFile(remux(short, tmp_path / "held.mkv", hold)).frames())) == 5


def test_a_recording_that_was_never_finished_is_read_to_its_end(tmp_path: Path) -> None:
    live = {"live": "1"}
    path = write_video(tmp_path / "live.mkv", plain_frames(12), container_options=live)
    assert len(list(VideoFile(path).frames())) == 12


def test_a_size_change_in_mid_stream_names_the_frame(tmp_path: Path) -> None:
    parts = [
        write_video(tmp_path / "a.ts", plain_frames(5, 48, 64), "mpeg2video", rate=25).read_bytes(),
        write_video(tmp_path / "b.ts", plain_frames(5, 64, 80), "mpeg2video", rate=25).read_bytes(),
    ]
    path = tmp_path / "both.ts"
    path.write_bytes(b"".join(parts))
    count, message = read_until_error(path)
    assert f"frame {count:05d} is 80x64" in message and "64x48" in message


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nreal.mp4\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile real.mp4\n",
    ],
    ids=["playlist", "concat"],
)
@pytest.mark.parametrize("suffix", ["mp4", "m3u8"])
def test_a_file_that_points_to_others_is_refused(tmp_path: Path, text: str, suffix: str) -> None:
    write_video(tmp_path / "real.mp4", plain_frames(3))
    path = tmp_path / f"list.{suffix}"
    path.write_text(text)
    assert read_until_error(path)[0] == 0


def test_a_still_image_is_no_video(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "photo.png", plain_frames(1), "png", pix_fmt="rgb24", container_options={"update": "1"}
    )
    assert "not a video" in read_until_error(path)[1]


def test_a_name_with_a_colon_is_a_file_not_a_protocol(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "clip.mp4", plain_frames(3))
    path = whole.rename(tmp_path / "http:clip.mp4")
    assert len(list(VideoFile(path).frames())) == 3


def test_names_of_a_long_video_sort_as_they_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = VideoFile(write_video(tmp_path / "long.mp4", plain_frames(2)))
    header = source._header
    assert not isinstance(header, InputError)
    monkeypatch.setattr(type(header), "length", 123456)
    assert [frame.name for frame in source.frames()] == ["000000", "000001"]
    assert source.names == ("000000",)  # the only one that is certain


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        path = write_video(tmp_path / f"{count}.mp4", plain_frames(count, 96, 128), options={"preset": "ultrafast"})
        tracemalloc.start()
        for _ in VideoFile(path).frames():
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(200) < peak(20) + 100_000  # a frame is 36 kB
