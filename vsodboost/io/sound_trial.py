"""Whether a container takes a sound, by trying it in memory: what muxers say beforehand is not what they do.

A muxer refuses some codecs of its list (Opus in MOV), some without a layout of channels (PCM in MP4), some packets.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vsodboost.io.video_streams import opened

TRIED = 3
"""Packets of each stream that are written on trial."""
MET = 512
"""Packets among which they are looked for."""
USUAL_RATE = 48000
"""Hz, which every encoder takes."""


def copied_stream(film: Any, stream: Any) -> Any:
    """Add a stream like ``stream`` to the PyAV container ``film``. Raises ValueError where it takes no such codec."""
    older = not hasattr(film, "add_stream_from_template")  # PyAV < 14
    return film.add_stream(template=stream) if older else film.add_stream_from_template(stream)


def taken(path: Path, kind: str) -> frozenset[int]:
    """Return which audio streams of a video file a container of the format ``kind`` takes as they are, by index.

    PCM in MP4, which few players know, counts as not taken.

    Raises:
        InputError: the file cannot be read.
    """
    with opened(path) as file:
        streams = [
            stream
            for stream in file.container.streams.audio
            if stream.codec_context is not None and not (kind == "mp4" and stream.codec_context.name.startswith("pcm_"))
        ]
        packets = _first_packets(file.container, streams)
        return frozenset(stream.index for stream in streams if _takes(kind, stream, packets[stream.index]))


def _first_packets(container: Any, streams: Sequence[Any]) -> dict[int, list[Any]]:
    """The first packets of each stream, by its index; fewer where the file is damaged or a stream begins late."""
    import av

    found: dict[int, list[Any]] = {stream.index: [] for stream in streams}
    if not streams:
        return found
    try:
        for met, packet in enumerate(container.demux(list(streams))):
            if packet.size and packet.pts is not None:
                found[packet.stream.index].append(packet)
            if met >= MET or all(len(packets) >= TRIED for packets in found.values()):
                break
    except av.FFmpegError:  # said where the sound is copied
        pass
    return {index: packets[:TRIED] for index, packets in found.items()}


def _takes(kind: str, stream: Any, packets: Sequence[Any]) -> bool:
    """Whether a film of these packets alone is written and can be opened again."""
    import av

    memory = io.BytesIO()
    try:
        with av.open(memory, "w", format=kind) as film:
            copy = copied_stream(film, stream)
            film.start_encoding()
            for packet in packets:
                packet.dts, packet.stream = packet.pts, copy
                film.mux(packet)
        if not packets:
            return True
        memory.seek(0)
        with av.open(memory) as film:
            return next(film.decode(film.streams.audio[0]), None) is not None
    except (av.FFmpegError, ValueError, IndexError):
        return False


def encoder_rate(kind: str, codec: str, rate: int, layout: str) -> int:
    """Return the sampling rate in Hz at which a container of the format ``kind`` takes ``codec``: ``rate`` where it
    does, else the usual one."""
    import av

    try:
        with av.open(io.BytesIO(), "w", format=kind) as film:
            film.add_stream(codec, rate=rate, layout=layout)
            film.start_encoding()
    except (av.FFmpegError, ValueError):
        return USUAL_RATE
    return rate
