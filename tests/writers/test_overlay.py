"""The overlay and its video."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from tiny_videos import plain_frames, write_video

from vsodboost.io.video_file import VideoFile
from vsodboost.writers import overlay
from vsodboost.writers.overlay import OverlayVideo, draw_overlay


def half(height: int, width: int) -> np.ndarray:
    """A map that is 1 in the right half and 0 in the left."""
    saliency = np.zeros((height, width), np.float32)
    saliency[:, width // 2 :] = 1
    return saliency


def test_the_tint_follows_the_map_and_the_rest_is_untouched() -> None:
    frame = plain_frames(5)[4]
    before = frame.copy()
    drawn = draw_overlay(frame, half(48, 64))
    np.testing.assert_array_equal(frame, before)
    np.testing.assert_array_equal(drawn[:, :28], frame[:, :28])
    inside = drawn[10:38, 38:60].reshape(-1, 3).astype(int)
    assert (inside[:, 0] > inside[:, 1] + 80).all()
    weak = draw_overlay(frame, half(48, 64) * np.float32(0.4))[10:38, 38:60].astype(int)
    assert 10 < (weak[..., 0] - weak[..., 1]).mean() < (inside[:, 0] - inside[:, 1]).mean()


def test_an_empty_and_a_full_map() -> None:
    frame = plain_frames(1)[0]
    np.testing.assert_array_equal(draw_overlay(frame, np.zeros((48, 64), np.float32)), frame)
    assert (draw_overlay(frame, np.ones((48, 64), np.float32))[..., 0] > 100).all()


@pytest.mark.parametrize("size", [(48, 64), (33, 47)])
@pytest.mark.parametrize("fps", [24.0, 30000 / 1001, 12.5, 0.0])
def test_the_video_can_be_read_again(tmp_path: Path, size: tuple[int, int], fps: float) -> None:
    path = tmp_path / "bear" / "overlay.mp4"
    with OverlayVideo(path, fps, size) as video:
        for frame in plain_frames(7, *size):
            video.write(frame, half(*size))
        assert not path.exists()
    source = VideoFile(path)
    images = [frame.image for frame in source.frames()]
    assert len(images) == 7 and source.fps == pytest.approx(fps or 24, rel=1e-3)
    height, width = size
    assert images[0].shape == (height + height % 2, width + width % 2, 3)
    wanted = draw_overlay(plain_frames(7, *size)[6], half(*size))
    assert np.abs(images[6][:height, :width].astype(int) - wanted).mean() < 12
    assert [file.name for file in path.parent.iterdir()] == ["overlay.mp4"]


def test_without_libx264_another_encoder_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay, "ENCODERS", (("no-such-encoder", {}), *overlay.ENCODERS[2:]))
    path = tmp_path / "overlay.mp4"
    with OverlayVideo(path, 24, (48, 64)) as video:
        video.write(plain_frames(1)[0], half(48, 64))
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "mpeg4"


def test_a_broken_run_leaves_the_old_video(tmp_path: Path) -> None:
    path = tmp_path / "overlay.mp4"
    path.write_text("old")
    with pytest.raises(ValueError, match="must both be"), OverlayVideo(path, 24, (48, 64)) as video:
        video.write(plain_frames(1)[0], half(48, 64))
        video.write(plain_frames(1)[0], half(24, 32))
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
    with OverlayVideo(path, fps, (48, 64)) as video:
        for frame, time in zip(plain_frames(7), times, strict=True):
            video.write(frame, half(48, 64), time, 0.5)
    assert [frame.time for frame in VideoFile(path).frames()] == pytest.approx(times, abs=2e-5)
    assert lasts(path) == pytest.approx(2.5, abs=0.001)


def test_frames_of_one_time_are_all_there(tmp_path: Path) -> None:
    path = tmp_path / "overlay.mp4"
    with OverlayVideo(path, 24, (48, 64)) as video:
        for frame, time in zip(plain_frames(4), (0.0, 0.0, 0.0, 1.0), strict=True):
            video.write(frame, half(48, 64), time)
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
def test_an_overlay_lasts_as_long_as_its_source(tmp_path: Path, name: str, codec: str, stamps: list[int]) -> None:
    pixels = {"gif": "rgb8", "mjpeg": "yuvj420p"}.get(codec, "yuv420p")
    source = VideoFile(write_video(tmp_path / name, plain_frames(10), codec, pix_fmt=pixels, stamps=stamps))
    path = tmp_path / "overlay.mp4"
    with OverlayVideo(path, source.fps, source.size) as video:
        for frame in source.frames():
            video.write(frame.image, half(48, 64), frame.time, frame.duration)
    shown = [frame.time for frame in VideoFile(path).frames()]
    assert shown == pytest.approx([(stamp - stamps[0]) / 10 for stamp in stamps], abs=0.002)
    assert lasts(path) == pytest.approx((stamps[-1] - stamps[0] + 1) / 10, rel=0.02)
