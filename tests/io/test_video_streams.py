"""Which stream of a file is the film, and what is refused before anything is decoded."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from tiny_videos import noise_frames, plain_frames, write_video

from vsodboost.data.errors import InputError
from vsodboost.io.video_file import VideoFile

FILM = (48, 64)


@dataclass
class Track:
    """A video stream to be written: ``count`` frames of ``size``, shown at the rate of ``each`` frames a film frame."""

    count: int
    size: tuple[int, int] = FILM
    codec: str = "mpeg4"
    flags: str = ""
    every: int = 1


def write_tracks(path: Path, tracks: Sequence[Track]) -> Path:
    """A file of several video streams, 10 frames a second where ``every`` is 1."""
    with av.open(str(path), "w") as file:
        streams = []
        for track in tracks:
            stream = file.add_stream(track.codec, rate=10)
            stream.height, stream.width = track.size
            stream.pix_fmt = {"png": "rgb24", "mjpeg": "yuvj420p"}.get(track.codec, "yuv420p")
            for flag in track.flags.split():
                stream.disposition |= getattr(av.stream.Disposition, flag)
            streams.append(stream)
        for index in range(max(track.count * track.every for track in tracks)):
            for track, stream in zip(tracks, streams, strict=True):
                if index % track.every == 0 and index // track.every < track.count:
                    frame = av.VideoFrame.from_ndarray(plain_frames(index + 1, *track.size)[index], "rgb24")
                    frame.pts, frame.time_base = index, Fraction(1, 10)
                    file.mux(stream.encode(frame.reformat(format=stream.pix_fmt)))
        for stream in streams:
            file.mux(stream.encode(None))
    return path


LARGE = (96, 128)
COVER = Track(1, LARGE, "mjpeg", "attached_pic")


@pytest.mark.parametrize(
    ("name", "tracks", "film"),
    [
        ("cover.mp4", [Track(12), Track(1, LARGE, "png", "attached_pic")], 0),
        ("cover.mov", [COVER, Track(12)], 1),
        ("poster.mkv", [Track(1, LARGE, "mjpeg", "default"), Track(12)], 1),
        ("poster.mp4", [Track(1, LARGE), Track(12)], 1),
        ("poster.avi", [Track(1, LARGE, "mjpeg"), Track(12)], 1),
        ("thumbnails.mp4", [Track(2, LARGE, "mjpeg", every=15), Track(30)], 1),
        ("thumbnails.mkv", [Track(4, LARGE, "mjpeg", "timed_thumbnails", every=5), Track(20)], 1),
        ("preview.mkv", [Track(13, (32, 48)), Track(12)], 1),
        ("longer.mp4", [Track(6, LARGE, flags="default"), Track(12, flags="default")], 1),
        ("first.mp4", [Track(12), Track(12, LARGE)], 0),  # MP4 enables the first alone when no other is said to be
        ("default.mkv", [Track(12, LARGE), Track(10, FILM, flags="default")], 1),
        ("larger.mkv", [Track(12, (32, 48)), Track(12), Track(12, (32, 32))], 1),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_film_is_taken_not_the_cover_nor_the_poster(
    tmp_path: Path, name: str, tracks: list[Track], film: int
) -> None:
    path = write_tracks(tmp_path / name, tracks)
    with av.open(str(path)) as file:  # muxers put covers last
        size = tracks[film].size
        index = next(s.index for s in file.streams.video if (s.height, s.width) == size)
        shown = len(file.streams.video)
    source = VideoFile(path)
    images = [frame.image for frame in source.frames()]
    assert source.size == size and {image.shape[:2] for image in images} == {size}
    assert [round(image.mean()) for image in images] == pytest.approx(
        [round(image.mean()) for image in plain_frames(tracks[film].count, *size)], abs=4
    )
    wanted = () if "cover" in name else (f"it holds {shown} video streams; number {index} ({size[1]}x{size[0]}) is",)
    assert len(source.notes) == len(wanted)
    assert all(note.startswith(start) for note, start in zip(source.notes, wanted, strict=True))


def test_a_song_with_a_cover_holds_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "song.m4a"), "w", format="mp4") as file:
        sound = file.add_stream("aac", rate=8000, layout="mono")
        cover = file.add_stream("png", rate=1)
        cover.height, cover.width, cover.pix_fmt = 64, 64, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(plain_frames(1, 64, 64)[0], "rgb24")
        file.mux([*cover.encode(picture), *cover.encode(None)])
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        silence.sample_rate = 8000
        file.mux([*sound.encode(silence), *sound.encode(None)])
    with pytest.raises(InputError, match=r"song\.m4a holds no video"):
        next(VideoFile(tmp_path / "song.m4a").frames())


def test_a_pyav_without_metadata_errors_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "clip.mp4", plain_frames(3))
    opened = av.open

    def newer(
        file: str, mode: str = "r", *, container_options: dict[str, str], options: dict[str, str] | None = None
    ) -> Any:
        assert container_options["protocol_whitelist"] == "file"
        return opened(file, mode, container_options=container_options, options=options)

    monkeypatch.setattr(av, "open", newer)
    assert len(list(VideoFile(path).frames())) == 3


def test_metadata_that_is_not_utf8_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as file:
        file.metadata["title"] = "take one by me"
        stream = file.add_stream("mpeg4", rate=10)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        for image in plain_frames(3):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        file.mux(stream.encode(None))
    path.write_bytes(path.read_bytes().replace(b"take one by me", b"take one by \xe9\xff"))
    assert len(list(VideoFile(path).frames())) == 3


def test_pyav_is_imported_for_video_files_only(tmp_path: Path) -> None:
    code = """
import sys
import numpy as np
from vsodboost.io.atomic import write_png
from vsodboost.io.film import H264, Film
from vsodboost.datasets.inputs import open_inputs
from vsodboost.io.probe import describe
import vsodboost.pipeline.run, vsodboost.cli.wrap
for t in range(2):
    write_png(f"frames/{t}.png", np.zeros((8, 8, 3), np.uint8))
assert len(list(open_inputs(["frames"])[0].frames())) == 2
describe(open_inputs(["frames"])[0])
assert [source.name for source in open_inputs(["videos"])] == ["a"]
video = Film("out.mp4", H264, 24, (8, 8))
assert "av" not in sys.modules, "PyAV was imported without need"
"""
    (tmp_path / "videos").mkdir()
    write_video(tmp_path / "videos" / "a.mp4", plain_frames(2))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")


@needs_pipes
def test_a_pipe_and_a_device_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "link.mp4").symlink_to("pipe.mp4")
    (tmp_path / "device.mp4").symlink_to("/dev/zero")
    for name, what in (("pipe", "a named pipe"), ("link", "a named pipe"), ("device", "a device")):
        with pytest.raises(InputError, match=rf"{name}\.mp4 is {what}"):
            next(VideoFile(tmp_path / f"{name}.mp4").frames())


def test_a_name_that_is_not_utf8_is_an_input_error(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.mp4")
    try:
        write_video(tmp_path / "cafe.mp4", plain_frames(2)).rename(tmp_path / name)
    except OSError:
        pytest.skip("this file system takes no such name")
    assert len(list(VideoFile(tmp_path / name).frames())) == 2  # its output folder cannot have that name: see run


HUGE = 30000


def gif(path: Path) -> Path:
    write_video(path, plain_frames(3), "gif", pix_fmt="rgb8")
    size = struct.pack("<HH", 64, 48)
    data = path.read_bytes()
    assert data[6:10] == size
    path.write_bytes(data.replace(size, struct.pack("<HH", HUGE, HUGE)))
    return path


def png_in_mov(path: Path) -> Path:
    write_video(path, plain_frames(3), "png", pix_fmt="rgb24")
    path.write_bytes(path.read_bytes().replace(struct.pack(">II", 64, 48), struct.pack(">II", HUGE, HUGE)))
    return path


def jpeg_in_avi(path: Path) -> Path:
    write_video(path, plain_frames(3), "mjpeg", pix_fmt="yuvj420p")
    data = path.read_bytes().replace(struct.pack(">HH", 48, 64), struct.pack(">HH", HUGE, HUGE))
    path.write_bytes(data.replace(struct.pack("<II", 64, 48), struct.pack("<II", HUGE, HUGE)))
    return path


def y4m(path: Path) -> Path:
    path.write_bytes(f"YUV4MPEG2 W{HUGE} H{HUGE} F10:1 C420\nFRAME\n".encode() + bytes(5000))
    return path


MEMORY = """
import resource, sys
from pathlib import Path
import av
from vsodboost.data.errors import InputError
from vsodboost.io.video_file import VideoFile
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    for _ in VideoFile(Path(sys.argv[1])).frames():
        sys.exit("a frame of that size was decoded")
except InputError as error:
    print(error)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
assert grown < 100_000, f"took {grown} kB"
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss is in kB on Linux only")
@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("a.gif", gif, "announces 30000x30000 pixels, more than the 134,217,728"),
        ("gif_named.mp4", gif, "announces 30000x30000 pixels"),
        ("a.mov", png_in_mov, "a.mov"),
        ("a.avi", jpeg_in_avi, "a.avi"),
        ("a.y4m", y4m, "a.y4m"),
    ],
)
def test_a_huge_picture_is_refused_before_it_takes_memory(
    tmp_path: Path, name: str, make: Callable[[Path], Path], said: str
) -> None:
    source = make(tmp_path / "made.gif" if make is gif else tmp_path / name).rename(tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(source)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout and done.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.webm", "libvpx"), ("a.gif", "gif")]
)
def test_the_limit_is_the_callers(tmp_path: Path, name: str, codec: str) -> None:
    path = write_video(tmp_path / name, noise_frames(2), codec, pix_fmt="rgb8" if codec == "gif" else "yuv420p")
    assert len(list(VideoFile(path, max_pixels=64 * 48).frames())) == 2
    with pytest.raises(InputError, match="announces 64x48 pixels, more than the 3,071"):
        next(VideoFile(path, max_pixels=64 * 48 - 1).frames())


@pytest.mark.parametrize("form", ["png", "bmp", "tiff", "webp", "jpeg"])
def test_a_picture_named_mp4_is_no_video(tmp_path: Path, form: str) -> None:
    from PIL import Image

    Image.fromarray(plain_frames(1)[0]).save(tmp_path / "still.mp4", format=form)
    with pytest.raises(InputError, match=r"still\.mp4 is (a picture, not|not) a video"):
        next(VideoFile(tmp_path / "still.mp4").frames())
