"""The Middlebury colours, against torchvision's independent implementation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vsodboost.networks.torchvision_import import ensure_torchvision
from vsodboost.ops.flow_image import colour_wheel, flow_image, flow_images


def test_the_wheel_has_55_colours_from_red_through_all_hues() -> None:
    wheel = colour_wheel()
    assert wheel.shape == (55, 3)
    assert wheel[0].tolist() == [255, 0, 0]
    assert wheel[15].tolist() == [255, 255, 0]
    assert wheel[21].tolist() == [0, 255, 0]
    assert wheel[25].tolist() == [0, 255, 255]
    assert wheel[36].tolist() == [0, 0, 255]
    assert wheel[49].tolist() == [255, 0, 255]


@pytest.mark.parametrize("seed", range(5))
def test_equals_torchvision(seed: int) -> None:
    ensure_torchvision()
    from torchvision.utils import flow_to_image

    flow = np.random.default_rng(seed).normal(0, 5, (40, 50, 2)).astype(np.float32)
    theirs = flow_to_image(torch.from_numpy(flow).permute(2, 0, 1)).permute(1, 2, 0).numpy()
    assert np.abs(flow_image(flow).astype(int) - theirs.astype(int)).max() <= 1


def test_no_motion_is_white_and_unknown_motion_black() -> None:
    flow = np.zeros((4, 4, 2), np.float32)
    assert (flow_image(flow) == 255).all()
    flow[0, 0], flow[1, 1] = np.nan, 1e9
    image = flow_image(flow)
    assert (image[0, 0] == 0).all()
    assert (image[1, 1] == 0).all()
    assert (image[2, 2] == 255).all()


def test_beyond_the_largest_length_colours_are_darkened() -> None:
    flow = np.full((1, 2, 2), 3.0, np.float32)
    inside, outside = flow_image(flow, largest=10.0), flow_image(flow, largest=1.0)
    assert outside.max() < 255
    assert inside.min() > 100


def test_each_frame_by_its_own_maximum() -> None:
    flow = np.random.default_rng(0).normal(size=(2, 8, 8, 2)).astype(np.float32)
    flow[1] = 10 * flow[0]
    images = flow_images(flow)
    assert np.abs(images[0].astype(int) - images[1].astype(int)).max() <= 1
