"""How sure a difference between two methods is: the paired bootstrap over sequences.

Source: Efron and Tibshirani, "An Introduction to the Bootstrap", Chapman & Hall 1993, chapter 13 (percentile interval);
paired, because both methods are scored on the same sequences (section 8.3 there: what is resampled are the pairs).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.evaluate import Evaluation
from vsodboost.metrics.figures import FIGURES
from vsodboost.metrics.protocols import PROTOCOLS

RESAMPLES = 10_000
CONFIDENCE = 0.95
SEED = 0
CURVES = {"maxF": "f_curve", "maxE": "e_curve"}
"""Figures that a protocol may take from the mean curve, which are no mean of the sequences' own."""


@dataclass(frozen=True)
class Interval:
    """Difference of a figure's mean over sequences, and the interval that holds the confidence's share of resamples."""

    difference: float
    low: float
    high: float

    @property
    def decided(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def paired_bootstrap(
    evaluation: Evaluation,
    base: Evaluation,
    *,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
    seed: int = SEED,
) -> Mapping[str, Interval] | None:
    """Intervals of every figure's difference, ``evaluation`` minus ``base``; None for fewer than two sequences.

    Sequences, not frames, are drawn with replacement: frames of one sequence are alike and would make it look surer
    than it is.

    Raises:
        ValueError: the two do not score the same sequences by the same protocol.
    """
    names = [[sequence.name for sequence in e.sequences] for e in (evaluation, base)]
    if names[0] != names[1] or evaluation.protocol != base.protocol:
        raise ValueError("the two evaluations differ in protocol or sequences")
    count = len(names[0])
    if count < 2:
        return None
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(count, np.full(count, 1 / count), size=resamples) / count
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    of_curve = PROTOCOLS[evaluation.protocol].max_of_mean_curve
    found = {}
    for figure in FIGURES:
        key = figure.key
        if of_curve and key in CURVES:
            drawn = _maxima(weights, evaluation, CURVES[key]) - _maxima(weights, base, CURVES[key])
        else:
            pairs = zip(evaluation.sequences, base.sequences, strict=True)
            drawn = weights @ np.array([new.figures[key] - old.figures[key] for new, old in pairs])
        low, high = np.quantile(drawn, tails)
        found[key] = Interval(evaluation.mean[key] - base.mean[key], float(low), float(high))
    return found


def _maxima(weights: NDArray[Any], evaluation: Evaluation, curve: str) -> NDArray[np.float64]:
    """Maximum of the mean curve in each resample."""
    curves = np.stack([getattr(sequence, curve) for sequence in evaluation.sequences])
    maxima: NDArray[np.float64] = (weights @ curves).max(axis=1)
    return maxima
