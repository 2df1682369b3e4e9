"""What one folder of maps gained over another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vsodboost.metrics.evaluate import Evaluation
from vsodboost.metrics.figures import Figures


@dataclass(frozen=True)
class Comparison:
    """Differences, new minus base, a row a sequence; of MAE a negative one is a gain."""

    sequences: Mapping[str, Figures]
    mean: Figures
    dataset: Figures
    worst: str
    """The sequence whose S-measure gained least."""


def compare(evaluation: Evaluation, base: Evaluation) -> Comparison:
    """Differences of every figure.

    Raises:
        ValueError: the two do not score the same frames by the same protocol.
    """
    scored = [(e.protocol, [(s.name, s.frames) for s in e.sequences]) for e in (evaluation, base)]
    if scored[0] != scored[1]:
        raise ValueError("the two evaluations differ in protocol, sequences or frames")
    rows = {
        new.name: _difference(new.figures, old.figures)
        for new, old in zip(evaluation.sequences, base.sequences, strict=True)
    }
    return Comparison(
        sequences=rows,
        mean=_difference(evaluation.mean, base.mean),
        dataset=_difference(evaluation.dataset, base.dataset),
        worst=min(rows, key=lambda name: rows[name]["S"]),
    )


def _difference(new: Figures, old: Figures) -> dict[str, float]:
    return {key: value - old[key] for key, value in new.items()}
