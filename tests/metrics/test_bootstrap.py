from __future__ import annotations

import numpy as np
import pytest
from small_evaluations import evaluation

from vsodboost.metrics.bootstrap import paired_bootstrap
from vsodboost.metrics.protocols import DAVSOD


def test_an_equal_gain_everywhere_is_certain() -> None:
    found = paired_bootstrap(evaluation([0.5, 0.7, 0.9]), evaluation([0.4, 0.6, 0.8]))
    assert found is not None
    assert (found["S"].difference, found["S"].low, found["S"].high) == pytest.approx((0.1, 0.1, 0.1))
    assert found["S"].decided


def test_two_sequences_by_hand() -> None:
    """Gains 0 and 1: a resample's mean is 0, 1/2 or 1, with probabilities 1/4, 1/2 and 1/4."""
    new, old = evaluation([0.0, 1.0]), evaluation([0.0, 0.0])
    wide = paired_bootstrap(new, old, confidence=0.95)
    narrow = paired_bootstrap(new, old, confidence=0.4)
    assert wide is not None and narrow is not None
    assert (wide["J"].low, wide["J"].high, wide["J"].decided) == (0, 1, False)
    assert (narrow["J"].low, narrow["J"].high, narrow["J"].difference) == (0.5, 0.5, 0.5)


def test_the_interval_of_many_is_that_of_the_normal_law() -> None:
    gains = np.random.default_rng(1).normal(0.02, 0.05, 400)
    found = paired_bootstrap(evaluation(list(0.5 + gains)), evaluation([0.5] * 400))
    assert found is not None
    error = 1.96 * gains.std() / 20
    assert found["S"].low == pytest.approx(gains.mean() - error, abs=5e-4)
    assert found["S"].high == pytest.approx(gains.mean() + error, abs=5e-4)


def test_the_maximum_of_a_mean_curve_is_drawn_anew() -> None:
    """Under davsod the mean row's maxF is no mean of maxima: it is computed for every resample."""
    rng = np.random.default_rng(0)
    curves = rng.random((5, 256))
    new, old = evaluation([0.5] * 5, DAVSOD, curves), evaluation([0.5] * 5, DAVSOD, curves[::-1] * 0.9)
    found = paired_bootstrap(new, old, resamples=500, seed=3)
    assert found is not None
    weights = np.random.default_rng(3).multinomial(5, np.full(5, 0.2), size=500)
    drawn = [
        np.repeat(curves, w, axis=0).mean(0).max() - np.repeat(curves[::-1] * 0.9, w, axis=0).mean(0).max()
        for w in weights
    ]
    assert (found["maxF"].low, found["maxF"].high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])))
    assert found["maxF"].difference == pytest.approx(new.mean["maxF"] - old.mean["maxF"])
    assert found["meanF"].low == found["meanF"].high == 0


def test_the_seed_decides() -> None:
    new, old = evaluation([0.1, 0.5, 0.3, 0.8]), evaluation([0.2, 0.3, 0.3, 0.3])
    assert paired_bootstrap(new, old, seed=1) == paired_bootstrap(new, old, seed=1)
    assert paired_bootstrap(new, old, seed=1, resamples=50) != paired_bootstrap(new, old, seed=2, resamples=50)


def test_one_sequence_has_no_interval_and_others_cannot_be_paired() -> None:
    assert paired_bootstrap(evaluation([0.5]), evaluation([0.4])) is None
    with pytest.raises(ValueError, match="differ in protocol or sequences"):
        paired_bootstrap(evaluation([0.5, 0.6]), evaluation([0.4]))
    with pytest.raises(ValueError, match="differ in protocol or sequences"):
        paired_bootstrap(evaluation([0.5, 0.6]), evaluation([0.5, 0.6], DAVSOD))
