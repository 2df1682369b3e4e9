"""Evaluations of known figures, without files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.metrics.evaluate import Evaluation, SequenceScore, evaluation_of
from vsodboost.metrics.figures import FIGURES
from vsodboost.metrics.protocols import ALL, Protocol


def evaluation(values: Sequence[float], protocol: Protocol = ALL, curves: NDArray[Any] | None = None) -> Evaluation:
    """Every figure of sequence ``s<i>`` is ``values[i]``; its curves, all alike, are ``curves[i]``."""
    rows = []
    for place, value in enumerate(values):
        curve = np.full(256, value) if curves is None else curves[place]
        rows.append(SequenceScore(f"s{place}", 1, {f.key: value for f in FIGURES}, curve, curve, curve, curve))
    return evaluation_of(protocol, rows)
