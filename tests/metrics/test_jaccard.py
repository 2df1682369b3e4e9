from __future__ import annotations

import numpy as np
import pytest

from vsodboost.metrics.jaccard import jaccard


def test_intersection_over_union_above_the_middle() -> None:
    truth = np.array([[True, True, True, False]])
    assert jaccard(np.array([[128, 127, 255, 200]], np.uint8), truth) == pytest.approx(2 / 4)
    assert jaccard(np.array([[0.5, 0.51, 0.0, 0.0]]), truth) == pytest.approx(1 / 3)
    assert jaccard(np.array([[0.5, 0.51, 0.0, 0.0]]), truth, threshold=0.4) == pytest.approx(2 / 3)


def test_two_empty_masks_agree() -> None:
    empty = np.zeros((3, 3), bool)
    assert jaccard(empty, empty) == 1
    assert jaccard(~empty, empty) == 0
