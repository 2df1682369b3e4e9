from __future__ import annotations

import warnings

import numpy as np
import pytest
from map_files import frames

from vsodboost.metrics.precision_recall import precision_recall


def test_by_hand() -> None:
    prediction = np.array([[1.0, 0.5], [0.5, 0.0]])
    truth = np.array([[True, True], [False, False]])
    precision, recall = precision_recall(prediction, truth)
    # Thresholds 255, 127 and 0 of 255: one pixel found, three, all four.
    assert [precision.curve[255 - t] for t in (255, 128, 127, 0)] == pytest.approx([1, 1, 2 / 3, 1 / 2])
    assert [recall.curve[255 - t] for t in (255, 128, 127, 0)] == pytest.approx([1 / 2, 1 / 2, 1, 1])
    assert (precision.adaptive, recall.adaptive) == (1, 1 / 2)  # at twice the mean, 1


def test_nothing_found_and_nothing_there_are_zero() -> None:
    dark = np.full((2, 2), 0.2)
    precision, recall = precision_recall(dark, np.ones((2, 2), bool))
    assert precision.curve[0] == recall.curve[0] == 0
    assert precision.curve[-1] == recall.curve[-1] == 1
    assert not precision_recall(dark, np.zeros((2, 2), bool))[1].curve.any()


def test_equals_pysodmetrics() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sod = pytest.importorskip("py_sod_metrics")
        reference, found = sod.Fmeasure(beta=0.3), []
        for saliency, truth in frames(6):
            reference.step(saliency.astype(np.float64), truth, normalize=False)
            found.append(precision_recall(saliency, truth))
    expected = reference.get_results()["pr"]
    np.testing.assert_allclose(np.mean([p.curve for p, _ in found], axis=0), expected["p"], atol=1e-9)
    np.testing.assert_allclose(np.mean([r.curve for _, r in found], axis=0), expected["r"], atol=1e-9)
