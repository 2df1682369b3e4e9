"""Means over boxes, to a fraction of a cell."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.ops.box_mean import box_means

GRID = np.array([[1, 2, 3], [4, 5, 6]], np.float32)  # a frame of 20 x 30 px in cells of 10


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_whole_cells() -> None:
    means = box_means(GRID, boxes((0, 0, 20, 10), (10, 0, 30, 20), (0, 0, 30, 20)), (20, 30))
    assert means.tolist() == [1.5, 4.0, 3.5]


def test_parts_of_cells_weigh_by_their_area() -> None:
    # Half of cell 1 and all of cell 2 across: (0.5 * 1 + 1 * 2) / 1.5; one and a half rows down.
    (mean,) = box_means(GRID, boxes((5, 0, 20, 15)), (20, 30))
    above, below = (0.5 * 1 + 2) / 1.5, (0.5 * 4 + 5) / 1.5
    assert mean == pytest.approx((above + 0.5 * below) / 1.5)


def test_a_box_within_one_cell_has_its_value() -> None:
    assert box_means(GRID, boxes((22, 13, 23, 14)), (20, 30)).tolist() == [6.0]


def test_what_leaves_the_frame_does_not_count_and_nothing_is_zero() -> None:
    means = box_means(GRID, boxes((-50, -50, 10, 10), (5, 5, 5, 9), (40, 0, 50, 10)), (20, 30))
    assert means.tolist() == [1.0, 0.0, 0.0]


def test_several_channels_and_no_boxes() -> None:
    both = np.stack([GRID, -GRID])
    np.testing.assert_allclose(box_means(both, boxes((0, 0, 20, 10)), (20, 30)), [[1.5, -1.5]])
    assert box_means(both, boxes(), (20, 30)).shape == (0, 2)
    assert box_means(GRID, boxes(), (20, 30)).shape == (0,)
