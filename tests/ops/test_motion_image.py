"""The motion image does not depend on scale; the untrained saliency finds what moves."""

from __future__ import annotations

import numpy as np

from vsodboost.ops.motion_image import camera_residual_saliency, motion_image, noise_level


def moving_square(speed: float) -> np.ndarray:
    motion = np.random.default_rng(0).normal(0, 0.1 * speed, (1, 64, 96, 2)).astype(np.float32)
    motion[0, 20:40, 30:60] += (4 * speed, 0)
    return motion


def test_twice_the_speed_is_the_same_image() -> None:
    slow, fast = motion_image(moving_square(1)), motion_image(moving_square(2))
    assert np.abs(slow - fast).max() < 1e-4


def test_values_stay_in_range_and_show_the_direction() -> None:
    image = motion_image(moving_square(1))[0]
    assert image.shape == (3, 64, 96)
    assert np.abs(image[:2]).max() <= 1
    assert image[0, 30, 45] > 0.8
    assert abs(image[1, 30, 45]) < 0.2
    assert image[2, 30, 45] > 3 * image[2, 5, 5]


def test_untrained_saliency_is_bright_on_the_object_only() -> None:
    saliency = camera_residual_saliency(moving_square(1))[0]
    assert saliency[25:35, 35:55].mean() > 0.95
    assert saliency[:10].mean() < 0.15


def test_nothing_moves() -> None:
    still = np.zeros((1, 32, 32, 2), np.float32)
    assert noise_level(still[0]) > 0
    assert np.abs(motion_image(still)).max() == 0
    assert camera_residual_saliency(still).max() == 0
