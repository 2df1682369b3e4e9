"""The tables of ``vsodboost eval`` for people and papers, whatever they are written as."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vsodboost.cli.eval_grid import Cell, Grid
from vsodboost.cli.eval_methods import OF_ATTRIBUTES, Difference, Method, Report, best_of
from vsodboost.metrics.attributes import Attributes, attribute_means
from vsodboost.metrics.figures import Figure, Figures


def grids(report: Report) -> Iterator[Grid]:
    """Tables of the scores, the differences and the attributes, as far as there are any."""
    if len(report.methods) == 1:
        yield _sequences(report, report.methods[0])
    else:
        yield _side_by_side(report)
    if len(report.methods) == 1:
        yield from (_differences(report, difference) for difference in report.differences)
    elif report.differences:
        yield _differences_by_method(report)
    if report.attributes is not None and len(report.methods) == 1:
        yield _attributes(report, report.attributes)
    elif report.attributes is not None:
        for figure in report.figures or OF_ATTRIBUTES:
            yield _attributes_by_method(report, report.attributes, figure)


def _sequences(report: Report, method: Method) -> Grid:
    scores = method.evaluation
    rows = [_row([row.name, str(row.frames)], report.shown, row.figures) for row in scores.sequences]
    return Grid(
        method.predictions,
        ("sequence", "frames", *(figure.key for figure in report.shown)),
        tuple(rows),
        (_row(["mean", str(scores.frames)], report.shown, scores.mean),),
    )


def _side_by_side(report: Report) -> Grid:
    """The means of all methods, the best of each figure in bold."""
    best = {figure.key: best_of(report.rows, figure) for figure in report.shown}
    rows = [
        (
            Cell(method.name),
            *(Cell(f"{method.evaluation.mean[f.key]:.3f}", bold=best[f.key][place]) for f in report.shown),
        )
        for place, method in enumerate(report.rows)
    ]
    return Grid(f"mean over sequences of {report.truth}", ("method", *map(_with_arrow, report.shown)), tuple(rows))


def _differences(report: Report, difference: Difference) -> Grid:
    comparison, scores = difference.comparison, difference.method.evaluation
    frames = {row.name: str(row.frames) for row in scores.sequences}
    rows = [_row([name, frames[name]], report.shown, f, signed=True) for name, f in comparison.sequences.items()]
    return Grid(
        f"{difference.method.predictions} minus {difference.base.predictions}",
        ("sequence", "frames", *(figure.key for figure in report.shown)),
        tuple(rows),
        (
            _row(["mean", str(scores.frames)], report.shown, comparison.mean, signed=True),
            *_interval(report, difference, [""]),
        ),
    )


def _differences_by_method(report: Report) -> Grid:
    """The differences of the means, each above its interval."""
    rows: list[tuple[Cell, ...]] = []
    for difference in report.differences:
        rows.append(_row([difference.method.name], report.shown, difference.comparison.mean, signed=True))
        rows += _interval(report, difference, [])
    base = report.differences[0].base
    count = len(base.evaluation.sequences)
    sure = any(difference.intervals for difference in report.differences)
    how = f", with paired bootstrap intervals over {count} sequences" if sure else ""
    head = ("method", *(figure.key for figure in report.shown))
    return Grid(f"difference to {base.name}{how}", head, tuple(rows))


def _interval(report: Report, difference: Difference, blank: list[str]) -> list[tuple[Cell, ...]]:
    """Two rows, of the lower and the upper end; none where there is no interval."""
    if difference.intervals is None:
        return []
    rows = []
    for word, end in (("from", "low"), ("to", "high")):
        values = {key: getattr(interval, end) for key, interval in difference.intervals.items()}
        rows.append(_row([f"{100 * report.confidence:g} % {word}", *blank], report.shown, values, signed=True))
    return rows


def _attributes(report: Report, attributes: Attributes) -> Grid:
    means = attribute_means(report.methods[0].evaluation, attributes)
    rows = [_row([name, str(len(e.sequences))], report.shown, e.mean) for name, e in means.items()]
    head = ("attribute", "sequences", *(figure.key for figure in report.shown))
    return Grid("mean over the sequences of each attribute", head, tuple(rows))


def _attributes_by_method(report: Report, attributes: Attributes, figure: Figure) -> Grid:
    means = [attribute_means(method.evaluation, attributes) for method in report.rows]
    rows = []
    for attribute, first in means[0].items():
        best = best_of([Method(m.name, "", e[attribute]) for m, e in zip(report.rows, means, strict=True)], figure)
        values = [Cell(f"{e[attribute].mean[figure.key]:.3f}", bold=b) for e, b in zip(means, best, strict=True)]
        rows.append((Cell(attribute), Cell(str(len(first.sequences))), *values))
    head = ("attribute", "sequences", *(method.name for method in report.rows))
    return Grid(f"{_with_arrow(figure)}, mean over the sequences of each attribute", head, tuple(rows))


def lines(report: Report) -> list[str]:
    """What the tables were made from, and the worst sequence of each difference."""
    scores = report.methods[0].evaluation
    count = f"{len(scores.sequences)} sequence{'' if len(scores.sequences) == 1 else 's'}"
    step = "" if report.step == 1 else f", step {report.step}"
    common = f", common frames ({sum(scores.left_out.values())} left out)" if report.common_frames else ""
    said = [f"{scores.layout}, {count}, protocol {scores.protocol}{common}{step}"]
    if len(report.methods) == 1:
        curve = f"maxF {scores.dataset['maxF']:.3f}, maxE {scores.dataset['maxE']:.3f}"
        said[0] += f"; maximum of the curve averaged over sequences: {curve}"
    for difference in report.differences:
        comparison = difference.comparison
        lost = comparison.sequences[comparison.worst]
        of = f" of {difference.method.name}" if len(report.methods) > 1 else ""
        figures = ", ".join(f"{key} {lost[key]:+.3f}" for key in ("S", "maxF", "MAE"))
        said.append(f"worst sequence{of} {comparison.worst}: {figures}")
    return said


def _row(words: list[str], columns: Sequence[Figure], figures: Figures, *, signed: bool = False) -> tuple[Cell, ...]:
    return (*map(Cell, words), *(_cell(figure, figures[figure.key], signed) for figure in columns))


def _cell(figure: Figure, value: float, signed: bool) -> Cell:
    if not signed:
        return Cell(f"{value:.3f}")
    gain = value if figure.higher_is_better else -value
    return Cell(f"{value:+.3f}", colour="green" if gain >= 0.0005 else "red" if gain <= -0.0005 else "")


def _with_arrow(figure: Figure) -> str:
    return f"{figure.key}{'↑' if figure.higher_is_better else '↓'}"
