"""The camera's motion is found and taken out, whatever moves in front of it."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.perception.camera import camera_motion, object_motion


def panning(height: int = 90, width: int = 160) -> np.ndarray:
    """Pan, zoom and roll: a flow that the camera model represents exactly."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([3 + 0.02 * (x - 80) - 0.01 * y, -1 + 0.02 * (y - 45) + 0.01 * x], axis=-1)


def test_a_pure_camera_motion_is_found_to_a_hundredth_px() -> None:
    flow = panning()
    assert np.abs(camera_motion(flow) - flow).max() < 0.01


def test_an_object_of_a_tenth_of_the_frame_does_not_disturb_the_fit() -> None:
    flow = panning()
    flow[30:60, 50:98] += (6, -4)
    left = object_motion(flow[None])[0]
    assert np.abs(left[30:60, 50:98] - (6, -4)).max() < 0.3
    background = np.linalg.norm(left, axis=-1)
    background[30:60, 50:98] = 0
    assert background.max() < 0.3


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (33, 57), (32, 4352), (4352, 32)])
def test_any_size_gives_finite_motion(size: tuple[int, int]) -> None:
    flow = np.random.default_rng(0).normal(size=(*size, 2)).astype(np.float32)
    assert np.isfinite(camera_motion(flow)).all()
    assert object_motion(flow[None]).shape == (1, *size, 2)
