from __future__ import annotations

import numpy as np
import pytest
from map_files import frame

from vsodboost.metrics.curves import CurveMean, CurveScore, threshold_counts


def test_counts_equal_those_of_256_binarisations() -> None:
    saliency, truth = frame(0)
    saliency[0, :3] = 0, 1, 128 / 255
    counts = threshold_counts(saliency, truth)
    levels = (saliency * 255).astype(np.uint8)
    for index, level in enumerate(range(255, -1, -1)):
        found = levels >= level
        assert counts.hits[index] == (found & truth).sum()
        assert counts.misses[index] == (found & ~truth).sum()
    assert counts.foreground == truth.sum()
    assert counts.pixels == truth.size


def test_the_mean_of_merged_parts_is_the_mean_of_all() -> None:
    scores = [CurveScore(np.random.default_rng(i).random(256), adaptive=i / 7) for i in range(7)]
    whole, first, second = CurveMean(), CurveMean(), CurveMean()
    for index, score in enumerate(scores):
        whole.add(score)
        (first if index < 3 else second).add(score)
    first.merge(second)
    assert first.count == whole.count == 7
    assert first.curve == pytest.approx(np.mean([s.curve for s in scores], axis=0))
    assert first.adaptive == pytest.approx(3 / 7)
    assert first.max == pytest.approx(whole.curve.max())
    assert first.mean == pytest.approx(whole.curve.mean())


def test_the_maximum_is_that_of_the_mean_curve_not_the_mean_of_maxima() -> None:
    early, late = np.zeros(256), np.zeros(256)
    early[10], late[200] = 1, 1
    mean = CurveMean()
    for curve in (early, late):
        mean.add(CurveScore(curve, 0))
    assert mean.max == 0.5


def test_a_mean_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no frame"):
        _ = CurveMean().max
