from __future__ import annotations

import numpy as np
import pytest
from map_files import frames
from sod_oracle import oracle_one

from vsodboost.metrics.f_measure import f_measure


def test_by_hand() -> None:
    truth = np.array([[True, True, False, False]])
    score = f_measure(np.array([[1.0, 0.5, 0.75, 0.0]]), truth)
    # At 255/255 one hit of one found: P 1, R 1/2; down to 191 the miss joins: P 1/2, R 1/2; at 127 and below all.
    assert score.curve[0] == pytest.approx(1.3 * 0.5 / (0.3 + 0.5))
    assert score.curve[255 - 191] == pytest.approx(0.5)
    assert score.curve[255 - 127] == pytest.approx(1.3 * (2 / 3) / (0.3 * 2 / 3 + 1))
    assert score.curve[255] == pytest.approx(1.3 * 0.5 / (0.3 * 0.5 + 1))
    assert score.adaptive == pytest.approx(score.curve[0])  # threshold min(2 x .5625, 1)


def test_a_perfect_map_scores_one_and_an_empty_one_zero() -> None:
    truth = np.zeros((6, 6), bool)
    truth[2:4, 2:4] = True
    perfect = f_measure(truth, truth)
    assert perfect.curve[:255] == pytest.approx(1)
    assert perfect.adaptive == pytest.approx(1)
    assert f_measure(np.zeros((6, 6)), truth).curve[:255].max() == 0
    assert f_measure(truth, np.zeros((6, 6), bool)).curve.max() == 0


def test_equals_pysodmetrics() -> None:
    for saliency, truth in frames(12):
        score, expected = f_measure(saliency, truth), oracle_one(saliency, truth)
        assert score.curve == pytest.approx(expected["f_curve"], abs=1e-12)
        assert score.adaptive == pytest.approx(expected["adpF"], abs=1e-12)
