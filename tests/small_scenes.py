"""Small scenes and maps for tests of fusion, trust and gate."""

from __future__ import annotations

from typing import Any

import numpy as np

from vsodboost.data.scene import Scene


def disc(count: int, y: int, x: int, radius: int = 6, size: int = 32) -> np.ndarray:
    """``count`` equal maps float32[size, size] of a disc."""
    ys, xs = np.mgrid[0:size, 0:size]
    m = ((ys - y) ** 2 + (xs - x) ** 2 <= radius**2).astype(np.float32)
    return np.repeat(m[None], count, axis=0)


def scene_of(*, target: np.ndarray, **changes: Any) -> Scene:
    """A scene in which everything agrees with ``target`` and moves well, but for ``changes``; no frame is another's
    copy."""
    count, height, width = target.shape
    values: dict[str, Any] = {
        "video": "v",
        "names": tuple(f"{i:05d}" for i in range(count)),
        "first": 0,
        "frames": np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, height, width, 3)),
        "shots": ((0, count),),
        "target": target,
        "motion": np.ones((count, height, width, 2), np.float32),
        "motion_maps": target,
        "fused": target,
        "quality": np.full(count, 0.8, np.float32),
        "consistency": np.full(count, 0.9, np.float32),
        "static": np.zeros(count, bool),
    }
    return Scene(**{**values, **changes})
