"""Carrying a label along the flow, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.ops.warp import magnitude, warp


def test_magnitude_is_normalised_by_width_and_height() -> None:
    """Eq. 4 of FGPLG: sqrt((u / w)² + (v / h)²)."""
    flow = np.zeros((2, 10, 40, 2), np.float32)
    flow[0, 0, 0] = 12, 4  # .3 of the width, .4 of the height
    flow[1, 5, 7] = 0, -5
    lengths = magnitude(flow)
    assert lengths.shape == (2, 10, 40)
    assert lengths[0, 0, 0] == pytest.approx(0.5)
    assert lengths[1, 5, 7] == pytest.approx(0.5)
    assert np.count_nonzero(lengths) == 2


def test_warping_looks_where_the_flow_points() -> None:
    label = np.zeros((4, 6), np.float32)
    label[1, 2] = 1
    flow = np.zeros((4, 6, 2), np.float32)
    flow[..., 0] = 1  # what was at x = 2 is now at x = 1
    expected = np.zeros((4, 6), np.float32)
    expected[1, 1] = 1
    assert (warp(label, flow) == expected).all()
    flow[..., 0] = 0.5
    assert warp(label, flow)[1].tolist() == [0, 0.5, 0.5, 0, 0, 0]


def test_beyond_the_frame_its_edge_goes_on() -> None:
    label = np.array([[0, 0, 1]], np.float32)
    flow = np.zeros((1, 3, 2), np.float32)
    flow[..., 0] = 2
    assert warp(label, flow).tolist() == [[1, 1, 1]]
