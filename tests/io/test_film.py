"""Films that are written, read again: frames, times, sound, colours and alpha."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from tiny_videos import plain_frames, write_sounding, write_video

from vsodboost.io.film import H264, PRORES_4444, VP9_ALPHA, Film, Recipe
from vsodboost.io.sound import SoundTrack, sound_of
from vsodboost.io.video_file import VideoFile


@pytest.mark.parametrize("size", [(48, 64), (33, 47)])
@pytest.mark.parametrize("fps", [24.0, 30000 / 1001, 12.5, 0.0])
def test_the_video_can_be_read_again(tmp_path: Path, size: tuple[int, int], fps: float) -> None:
    path = tmp_path / "bear" / "overlay.mp4"
    with Film(path, H264, fps, size) as video:
        for frame in plain_frames(7, *size):
            video.append(frame)
        assert not path.exists()
    source = VideoFile(path)
    images = [frame.image for frame in source.frames()]
    assert len(images) == 7 and source.fps == pytest.approx(fps or 24, rel=1e-3)
    height, width = size
    assert images[0].shape == (height + height % 2, width + width % 2, 3)
    wanted = plain_frames(7, *size)[6].astype(int)
    assert np.abs(images[6][:height, :width].astype(int) - wanted).mean() < 12
    assert [file.name for file in path.parent.iterdir()] == ["overlay.mp4"]


def test_without_libx264_another_encoder_is_taken(tmp_path: Path) -> None:
    lacking = replace(H264, encoders=(("no-such-encoder", {}), *H264.encoders[2:]))
    path = tmp_path / "overlay.mp4"
    with Film(path, lacking, 24, (48, 64)) as video:
        video.append(plain_frames(1)[0])
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "mpeg4"


def test_a_broken_run_leaves_the_old_video(tmp_path: Path) -> None:
    path = tmp_path / "overlay.mp4"
    path.write_text("old")
    with pytest.raises(ValueError, match="but the film"), Film(path, H264, 24, (48, 64)) as video:
        video.append(plain_frames(1)[0])
        video.append(plain_frames(1, 24, 32)[0])
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def lasts(path: Path) -> float:
    """Seconds from the first frame's beginning to the last one's end, by the packets."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.pts is not None]
        last = max(packets, key=lambda packet: packet.pts)
        return float((last.pts + last.duration - min(packet.pts for packet in packets)) * stream.time_base)


@pytest.mark.parametrize("fps", [25.0, 30000 / 1001, 7.3, 3840000 / 239239])
def test_times_are_kept_to_the_length_of_the_last_frame(tmp_path: Path, fps: float) -> None:
    times = [0.0, 0.04, 0.08, 0.2, 1.0, 1.3, 2.0]
    path = tmp_path / "overlay.mp4"
    with Film(path, H264, fps, (48, 64)) as video:
        for frame, time in zip(plain_frames(7), times, strict=True):
            video.append(frame, time, 0.5)
    assert [frame.time for frame in VideoFile(path).frames()] == pytest.approx(times, abs=2e-5)
    assert lasts(path) == pytest.approx(2.5, abs=0.001)


def test_frames_of_one_time_are_all_there(tmp_path: Path) -> None:
    path = tmp_path / "overlay.mp4"
    with Film(path, H264, 24, (48, 64)) as video:
        for frame, time in zip(plain_frames(4), (0.0, 0.0, 0.0, 1.0), strict=True):
            video.append(frame, time)
    back = [frame.time or 0.0 for frame in VideoFile(path).frames()]
    assert back[0] < back[1] < back[2] < 0.001 and back[3] == pytest.approx(1)


@pytest.mark.parametrize(
    ("name", "codec", "stamps"),
    [
        ("recording.webm", "libvpx", [0, 1, 2, 3, 4, 20, 40, 60, 80, 99]),
        ("phone.mp4", "libx264", [5, 6, 7, 9, 10, 30, 31, 32, 60, 80]),
        ("anim.gif", "gif", [0, 1, 2, 3, 4, 20, 40, 60, 80, 99]),
        ("camera.avi", "mjpeg", [0, 1, 2, 8, 9, 10, 16, 17, 18, 24]),
        ("steady.mkv", "libx264", list(range(10))),
    ],
)
def test_a_film_lasts_as_long_as_its_source(tmp_path: Path, name: str, codec: str, stamps: list[int]) -> None:
    pixels = {"gif": "rgb8", "mjpeg": "yuvj420p"}.get(codec, "yuv420p")
    source = VideoFile(write_video(tmp_path / name, plain_frames(10), codec, pix_fmt=pixels, stamps=stamps))
    path = tmp_path / "overlay.mp4"
    with Film(path, H264, source.fps, source.size) as video:
        for frame in source.frames():
            video.append(frame.image, frame.time, frame.duration)
    shown = [frame.time for frame in VideoFile(path).frames()]
    assert shown == pytest.approx([(stamp - stamps[0]) / 10 for stamp in stamps], abs=0.002)
    assert lasts(path) == pytest.approx((stamps[-1] - stamps[0] + 1) / 10, rel=0.02)


CUT = {  # how the round trips' sources are made: sounds, stamps, size, turned
    "constant": ([("aac", 0.0, 1.0)], [t / 10 for t in range(10)], (48, 64), False),
    "varying": ([("aac", 0.0, 2.0)], [0.0, 0.1, 0.2, 0.3, 0.5, 0.6, 1.0, 1.1, 1.7, 1.9], (48, 64), False),
    "rotated": ([("aac", 0.0, 1.0)], [t / 10 for t in range(10)], (48, 64), True),
    "odd": ([("aac", 0.0, 1.0)], [t / 10 for t in range(10)], (49, 65), False),
    "two tracks": ([("aac", 0.0, 1.0), ("aac", 0.2, 0.7)], [t / 10 for t in range(10)], (48, 64), False),
    "late picture": ([("aac", 0.0, 1.5)], [0.5 + t / 10 for t in range(10)], (48, 64), False),
    "late sound": ([("aac", 0.4, 0.6)], [t / 10 for t in range(10)], (48, 64), False),
}


def starts(path: Path) -> list[tuple[str, float, float]]:
    """Of each audio and video stream: its kind, and from when to when its packets last, seconds from the file's start.

    The decoder's lead-in of AAC, before 0, is left out."""
    found = []
    with av.open(str(path)) as container:
        zero = container.start_time / 1e6
        packets = {s.index: [] for s in container.streams}
        for packet in container.demux():
            if packet.size and packet.pts is not None:
                begin = float(packet.pts * packet.time_base) - zero
                packets[packet.stream.index].append((begin, begin + float((packet.duration or 0) * packet.time_base)))
        for stream in container.streams:
            inside = [p for p in packets[stream.index] if p[1] > 1e-4]
            found.append((stream.type, max(0.0, min(p[0] for p in inside)), max(p[1] for p in inside)))
    return found


def alphas(count: int, size: tuple[int, int]) -> list[np.ndarray]:
    """A soft disc that wanders, ``uint8[H, W]`` a frame."""
    y, x = np.mgrid[: size[0], : size[1]]
    return [
        np.clip(255 * (1.4 - np.hypot(y - size[0] / 2, x - 8 - 4 * t) / 12), 0, 255).astype(np.uint8)
        for t in range(count)
    ]


def with_alpha(path: Path) -> list[np.ndarray]:
    """The frames of a film, ``uint8[H, W, 4]``; FFmpeg's own VP9 decoder passes over alpha."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        if stream.codec_context.name != "vp9":
            return [frame.to_ndarray(format="rgba") for frame in container.decode(stream)]
        decoder = av.CodecContext.create("libvpx-vp9", "r")
        return [
            frame.to_ndarray(format="rgba") for packet in container.demux(stream) for frame in decoder.decode(packet)
        ]


@pytest.mark.parametrize("name", ["film.mov", "film.webm", "film.mp4"])
@pytest.mark.parametrize("case", CUT)
def test_round_trip(tmp_path: Path, case: str, name: str) -> None:
    sounds, stamps, size, turned = CUT[case]
    made = write_sounding(tmp_path / "in.mp4", sounds, stamps=stamps, size=size, turned=turned)
    source, path = VideoFile(made), tmp_path / name
    frames = list(source.frames())
    assert frames[0].image.shape[:2] == (size[::-1] if turned else size)
    recipe = {"mov": PRORES_4444, "webm": VP9_ALPHA, "mp4": H264}[path.suffix[1:]]
    cut = alphas(len(frames), frames[0].image.shape[:2])
    with Film(path, recipe, source.fps, source.size, sound_of(source)) as film:
        for frame, alpha in zip(frames, cut, strict=True):
            image = frame.image if recipe is H264 else np.dstack([frame.image, alpha])
            film.append(image, frame.time, frame.duration)
    back = VideoFile(path)
    again = list(back.frames())
    assert [f.time for f in again] == pytest.approx([f.time for f in frames], abs=0.001)
    height, width = again[0].image.shape[:2]
    padded = (source.size[0] % 2, source.size[1] % 2) if recipe is H264 else (0, 0)
    assert (height, width) == (source.size[0] + padded[0], source.size[1] + padded[1])
    before, after = starts(made), starts(path)
    assert [kind for kind, _, _ in after] == [kind for kind, _, _ in before]
    slack = 0.001 if path.suffix != ".webm" else 0.03  # Opus has frames of its own length
    for (_, begin, end), (kind, begins, ends) in zip(before, after, strict=True):
        assert begins == pytest.approx(begin, abs=0.001 if kind == "video" else slack)
        assert ends == pytest.approx(end, abs=0.001 if kind == "video" else slack)
    if recipe is not H264:
        for rgba, alpha, frame in zip(with_alpha(path), cut, frames, strict=True):
            assert np.abs(rgba[..., 3].astype(int) - alpha).mean() <= 2
            inside = alpha == 255
            assert np.abs(rgba[inside][:, :3].astype(int) - frame.image[inside]).mean() < 6


def heard(path: Path) -> list[bytes]:
    """The packets of the first audio stream."""
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(container.streams.audio[0]) if p.size]


def film_of(source: VideoFile, path: Path, recipe: Recipe, track: SoundTrack | None) -> Film:
    """The source's frames as a film."""
    with Film(path, recipe, source.fps, source.size, track) as film:
        for frame in source.frames():
            film.append(frame.image, frame.time, frame.duration)
    return film


def test_sound_is_copied_as_it_is_or_said_to_be_new(tmp_path: Path) -> None:
    source = VideoFile(write_sounding(tmp_path / "in.mkv", [("mp3", 0.0, 1.0)]))
    film = film_of(source, tmp_path / "a.mp4", H264, sound_of(source))
    assert film.notes == [] and heard(tmp_path / "a.mp4") == heard(source.path)
    film = film_of(source, tmp_path / "b.webm", replace(VP9_ALPHA, pixels="yuv420p"), sound_of(source))
    assert film.notes == ["its sound (mp3float) was written anew as opus"]


def test_a_part_has_its_own_sound(tmp_path: Path) -> None:
    source = VideoFile(write_sounding(tmp_path / "in.mp4", [("aac", 0.0, 3.0)]))
    film_of(source, tmp_path / "part.mov", PRORES_4444, SoundTrack(source.path, zero=1.0, whole=False))
    _, (_, begin, end) = starts(tmp_path / "part.mov")
    assert begin < 0.03 and end == pytest.approx(1.0, abs=0.03)


def test_a_damaged_sound_does_not_stop_the_picture(tmp_path: Path) -> None:
    source = VideoFile(write_sounding(tmp_path / "in.mkv", [("aac", 0.0, 1.0)]))
    (tmp_path / "lost.mkv").write_bytes(b"no video")
    film = film_of(source, tmp_path / "a.mp4", H264, SoundTrack(tmp_path / "lost.mkv"))
    assert len(film.notes) == 1 and "sound could not be copied" in film.notes[0]
    assert len(list(VideoFile(tmp_path / "a.mp4").frames())) == 10


def test_frames_in_memory_and_folders_have_no_sound() -> None:
    assert sound_of(object()) is None
