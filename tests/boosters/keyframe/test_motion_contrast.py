"""Equation 4 of the plug-and-play paper, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.boosters.keyframe.motion_contrast import contrast_saliency, motion_contrast


def test_contrast_by_hand() -> None:
    # One moving pixel (3, 4) px in a 3 x 3 frame. It differs from its neighbours by 5; they differ from it alone.
    flow = np.zeros((1, 3, 3, 2), np.float32)
    flow[0, 1, 1] = 3, 4
    contrast = motion_contrast(flow, radius=1, stride=1)[0]
    straight, diagonal = 5.0, 5 / np.sqrt(2)
    assert contrast[1, 1] == pytest.approx(4 * straight + 4 * diagonal)
    assert contrast[0, 1] == pytest.approx(straight)
    assert contrast[0, 0] == pytest.approx(diagonal)
    assert motion_contrast(flow, radius=1, stride=1, weight=2)[0] == pytest.approx(contrast / 2)


def test_neighbours_further_away_weigh_less() -> None:
    flow = np.zeros((1, 1, 5, 2), np.float32)
    flow[0, 0, 4, 0] = 6
    # Along a row of five: distances 4 to 1 from the moving pixel, and only those within the radius count.
    assert motion_contrast(flow, radius=3, stride=1)[0, 0] == pytest.approx([0, 6 / 3, 6 / 2, 6, 6 + 3 + 2])


def test_a_moving_camera_is_no_contrast_and_scale_does_not_matter() -> None:
    flow = np.full((1, 40, 60, 2), 7, np.float32)
    assert (contrast_saliency(flow) == 0).all()
    flow[0, 10:20, 20:30] += 3
    maps = contrast_saliency(flow)
    assert maps.max() == 1
    assert maps[0, 10:20, 20:30].min() > maps[0, :, 58:].max()
    assert contrast_saliency(5 * flow) == pytest.approx(maps, abs=1e-4)
