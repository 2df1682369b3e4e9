"""What a report is made of: methods, their scores on the same sequences, and the differences between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vsodboost.metrics.attributes import Attributes
from vsodboost.metrics.bootstrap import Interval
from vsodboost.metrics.compare import Comparison, compare
from vsodboost.metrics.evaluate import Evaluation
from vsodboost.metrics.figures import FIGURES, Figure

IN_TABLE = tuple(figure for figure in FIGURES if figure.key not in ("adpE", "J&F"))
"""The table has the columns that fit on a screen, unless others are asked for; CSV and JSON have all."""
OF_ATTRIBUTES = tuple(figure for figure in FIGURES if figure.key in ("maxF", "S", "MAE"))
"""Figures of the tables of attributes by method, unless others are asked for."""


@dataclass(frozen=True)
class Method:
    """A folder of maps under the name it has in tables, and its scores."""

    name: str
    predictions: str
    evaluation: Evaluation


@dataclass(frozen=True)
class Difference:
    """What one method gained over another; no ``intervals`` for a single sequence or where none were asked for."""

    method: Method
    base: Method
    intervals: Mapping[str, Interval] | None

    @property
    def comparison(self) -> Comparison:
        """Differences of every figure, by sequence and of the mean."""
        return compare(self.method.evaluation, self.base.evaluation)


@dataclass(frozen=True)
class Report:
    """Evaluations of the same sequences, what they were made from, and their differences."""

    truth: str
    methods: tuple[Method, ...]
    differences: tuple[Difference, ...] = ()
    base: Method | None = None
    step: int = 1
    common_frames: bool = False
    """Whether frames were left out of which not every method has a map."""
    figures: tuple[Figure, ...] | None = None
    """Figures of the tables, None for the usual ones."""
    attributes: Attributes | None = None
    confidence: float = 0.95

    @property
    def shown(self) -> tuple[Figure, ...]:
        """Columns of the tables."""
        return self.figures or IN_TABLE

    @property
    def rows(self) -> tuple[Method, ...]:
        """The methods, after the base if there is one."""
        return self.methods if self.base is None else (self.base, *self.methods)


def notes(report: Report) -> list[str]:
    """What people should know of the methods' maps, each line once."""
    return list(dict.fromkeys(note for method in report.rows for note in method.evaluation.notes))


def best_of(methods: Sequence[Method], figure: Figure) -> list[bool]:
    """Which of the methods have the best value, as it is printed."""
    values = [round(method.evaluation.mean[figure.key], 3) for method in methods]
    best = max(values) if figure.higher_is_better else min(values)
    return [value == best for value in values]
