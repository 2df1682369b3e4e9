"""Frames kept from the whole video."""

from __future__ import annotations

import numpy as np
from small_plans import small_scene

from vsodboost.boosters.longterm.survey import LIMIT, KeyframeReservoir
from vsodboost.data.scene import Scene


def scene(first: int, count: int, promise: list[float] | None = None) -> Scene:
    """Frames whose grey level is their place in the video."""
    frames = np.zeros((count, 32, 64, 3), np.uint8) + (first + np.arange(count, dtype=np.uint8))[:, None, None, None]
    values = np.array(promise or np.linspace(0.5, 0.9, count), np.float32)
    return small_scene(
        count,
        frames=frames,
        first=first,
        names=tuple(f"{first + t:05d}" for t in range(count)),
        consistency=values,
        full=np.zeros((count, 64, 128, 3), np.uint8),
    )


def test_the_likeliest_of_each_batch_are_kept_with_their_places() -> None:
    kept = KeyframeReservoir(batch=5)
    kept.add(scene(0, 10, [0.1, 0.2, 0.9, 0.3, 0.1, 0.5, 0.6, 0.1, 0.1, 0.2]))
    kept.add(scene(10, 5, [0.3, 0.1, 0.1, 0.1, 0.2]))
    together = kept.scene()
    assert together is not None
    assert kept.frames().tolist() == [2, 6, 10]
    assert together.names == ("00002", "00006", "00010")
    assert together.frames[:, 0, 0, 0].tolist() == [2, 6, 10]
    assert together.shots == ((0, 1), (1, 2), (2, 3))
    assert len(together) == 3
    assert together.full is None


def test_a_video_of_one_buffer_needs_none() -> None:
    kept = KeyframeReservoir()
    kept.add(scene(0, 20))
    assert kept.scene() is None


def test_frames_without_motion_or_agreement_are_not_kept() -> None:
    kept = KeyframeReservoir()
    static = scene(0, 5)
    static.static[:] = True
    kept.add(static)
    kept.add(scene(5, 5, [0.0] * 5))
    assert kept.scene() is None


def test_memory_does_not_grow_with_the_video() -> None:
    kept = KeyframeReservoir(batch=2)
    for part in range(30):
        kept.add(scene(8 * part, 8))
    frames = kept.frames()
    assert len(frames) <= LIMIT
    assert frames[0] < 60
    assert frames[-1] >= 232
    assert (np.diff(frames) > 0).all()
    together = kept.scene()
    assert together is not None
    assert together.frames.base is None or together.frames.base.nbytes < 2 * together.frames.nbytes
