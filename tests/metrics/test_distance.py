from __future__ import annotations

import numpy as np
import pytest

from vsodboost.metrics.distance import FURTHEST, squared_distance


def test_equals_scipy_and_itself_to_the_last_bit() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    for density in (0.9, 0.99, 0.9999):
        mask = np.random.default_rng(0).random((120, 160)) > density
        mask[7, 11] = True
        expected = ndimage.distance_transform_edt(~mask)
        for _ in range(10):
            assert (squared_distance(mask.copy()) == np.rint(expected**2)).all()


def test_larger_distances_than_256_px_are_the_furthest() -> None:
    mask = np.zeros((3, 400), bool)
    mask[1, 0] = True
    squared = squared_distance(mask)
    assert squared[1, 255] == 255**2
    assert (squared[:, 256:] == FURTHEST).all()
