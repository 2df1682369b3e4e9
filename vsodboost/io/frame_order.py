"""Stamps of frames in the order in which frames are shown, also where a container stamps them in the order of decoding.

Source: FFmpeg, ``compute_pkt_fields`` of libavformat/demux.c: a container without times of showing (AVI) leaves them to
a guess, which for H.264 and HEVC counts packets as they come; copied into another container, the guess goes with them.
"""

from __future__ import annotations

from collections import deque
from typing import Any

DEEPEST = 16
"""Frames by which a decoder may hold one back (ITU-T H.264, A.3.1); a packet that waits for longer gives no frame."""


class ShownStamps:
    """The stamps of the frames of a PyAV video ``stream``.

    B-frames come before frames that are shown later, so their packets' stamps run backwards somewhere. Where they never
    do, though the stream has B-frames, they say nothing of its frames: then the next frame shown has the earliest one.
    """

    def __init__(self, stream: Any) -> None:
        self._trusted = not getattr(stream.codec_context, "has_b_frames", False)
        self._last: int | None = None
        self._free: deque[int] = deque()  # stamps that no frame was given yet, ascending
        self._inside: deque[int] = deque()  # those of packets of which no frame came yet
        self._recent: deque[int] = deque(maxlen=DEEPEST)

    def fed(self, packet: Any) -> None:
        """Take note of a packet that is decoded next."""
        if self._trusted or getattr(packet, "is_discard", False) or (self._last is None and not packet.is_keyframe):
            return
        if packet.pts is None or (self._last is not None and packet.pts < self._last):
            self._trusted = True
            self._free.clear()
            return
        self._last = packet.pts
        self._free.append(packet.pts)
        self._inside.append(packet.pts)

    def shown(self, stamp: int | None) -> int | None:
        """Return when the next frame is shown, in the stream's ticks, of which its decoder says ``stamp``."""
        if stamp is None or stamp not in self._inside or not self._free:
            return stamp
        self._inside.remove(stamp)
        self._recent.append(stamp)
        while len(self._recent) == DEEPEST and self._inside and self._inside[0] < min(self._recent):
            self._inside.popleft()
            self._free.popleft()
        return self._free.popleft()
