"""Tiny videos for tests, written with PyAV: frame i is of one grey or colour that tells its index."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def shade(index: int) -> int:
    """Grey level of frame ``index``; 24 levels, 10 apart, then again from the first."""
    return 10 * (index % 24) + 10


def plain_frames(count: int, height: int = 48, width: int = 64) -> list[NDArray[np.uint8]]:
    """``count`` frames ``uint8[H, W, 3]``, frame i of grey level ``shade(i)``."""
    return [np.full((height, width, 3), shade(index), np.uint8) for index in range(count)]


def noise_frames(count: int, height: int = 48, width: int = 64) -> list[NDArray[np.uint8]]:
    """``count`` frames of noise: packets of some size, so that a cut in the file falls inside one."""
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (height, width, 3), np.uint8) for _ in range(count)]


def write_video(
    path: Path,
    frames: Sequence[NDArray[np.uint8]],
    codec: str = "libx264",
    rate: int = 10,
    pix_fmt: str = "yuv420p",
    options: Mapping[str, str] | None = None,
    container_options: Mapping[str, str] | None = None,
    stamps: Sequence[int] | None = None,
    audio_seconds: float = 0.0,
) -> Path:
    """Write ``frames`` to ``path``; ``stamps`` are presentation times in units of 1/``rate``, default 0, 1, 2 ..."""
    with av.open(str(path), "w", options=dict(container_options or {})) as container:
        stream = container.add_stream(codec, rate=rate, options=dict(options or {}))
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        sound = container.add_stream("aac", rate=8000, layout="mono") if audio_seconds else None
        for index, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(image, format="rgba" if image.shape[2] == 4 else "rgb24")
            frame.pts = index if stamps is None else stamps[index]
            frame.time_base = Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            for start in range(0, int(audio_seconds * 8000), 1024):
                silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
                silence.sample_rate, silence.pts, silence.time_base = 8000, start, Fraction(1, 8000)
                container.mux(sound.encode(silence))
            container.mux(sound.encode(None))
    return path


def write_sounding(
    path: Path,
    sounds: Sequence[tuple[str, float, float]],
    *,
    stamps: Sequence[float] = tuple(t / 10 for t in range(10)),
    size: tuple[int, int] = (48, 64),
    turned: bool = False,
) -> Path:
    """Write frames shown at ``stamps`` (seconds), frame i with a bright square that tells it, and a tone a ``sounds``
    entry: codec, when it begins, for how long (seconds). ``turned``: stored on its side, as phones do."""
    with av.open(str(path), "w") as container:
        film = container.add_stream("libx264", rate=10, options={"bf": "0", "crf": "10"})
        film.height, film.width, film.pix_fmt = *size, "yuv444p"
        film.codec_context.time_base = Fraction(1, 10000)
        tones = [container.add_stream(codec, rate=48000, layout="mono") for codec, _, _ in sounds]
        for index, stamp in enumerate(stamps):
            image = np.full((*size, 3), 40, np.uint8)
            image[4:16, 4 + 4 * index : 16 + 4 * index] = (220, 120, 30)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = round(stamp * 10000), Fraction(1, 10000)
            container.mux(film.encode(frame))
        container.mux(film.encode(None))
        for number, (tone, (_, start, seconds)) in enumerate(zip(tones, sounds, strict=True)):
            wave = np.sin(np.arange(round(seconds * 48000)) * (0.05 + 0.03 * number)).astype(np.float32) / 4
            plain = av.AudioResampler(tone.codec_context.format, "mono", 48000, frame_size=tone.frame_size or None)
            whole = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
            whole.sample_rate, whole.pts, whole.time_base = 48000, round(start * 48000), Fraction(1, 48000)
            for part in (*plain.resample(whole), *plain.resample(None)):
                container.mux(tone.encode(part))
            container.mux(tone.encode(None))
    if turned:
        write_matrix(path, (0, 1, -1, 0))
    return path


def remux(source: Path, target: Path, change: Callable[[list[av.Packet]], None]) -> Path:
    """Copy the packets of a video into another file after ``change`` had its way with them."""
    with av.open(str(source)) as read, av.open(str(target), "w", options={"avoid_negative_ts": "disabled"}) as written:
        stream = read.streams.video[0]
        older = not hasattr(written, "add_stream_from_template")  # PyAV < 14
        copy = written.add_stream(template=stream) if older else written.add_stream_from_template(stream)
        packets = [packet for packet in read.demux(stream) if packet.dts is not None]
        change(packets)
        for packet in packets:
            packet.stream = copy
            written.mux(packet)
    return target


def cut(path: Path, share: float) -> Path:
    """Cut the file to the first ``share`` of its bytes, in place."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def write_matrix(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Put a display matrix (a, b, c, d of ISO/IEC 14496-12) into the track header of an mp4."""
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 8  # version and flags, times and ids, reserved, layer ... volume
    assert struct.unpack_from(">9i", data, start) == (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    a, b, c, d = (65536 * value for value in matrix)
    struct.pack_into(">9i", data, start, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
