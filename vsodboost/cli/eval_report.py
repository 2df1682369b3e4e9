"""What ``vsodboost eval`` writes: tables for people and papers, CSV and JSON for programs."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vsodboost.cli.eval_grid import as_latex, as_markdown, for_terminal
from vsodboost.cli.eval_methods import Difference, Method, Report, best_of, notes
from vsodboost.cli.eval_tables import grids, lines
from vsodboost.metrics.attributes import attribute_means
from vsodboost.metrics.figures import FIGURES, Figures

MEAN = "mean"


def rendered(report: Report, format_: str, *, colour: bool) -> str:
    """The report as text that ends with a newline; ``colour`` is for tables on a terminal."""
    match format_:
        case "json":
            return json.dumps(as_dictionary(report), indent=1) + "\n"
        case "csv":
            return as_csv(report)
        case "markdown":
            return as_markdown(list(grids(report)), lines(report))
        case "latex":
            return as_latex(list(grids(report)), lines(report))
        case _:
            return for_terminal(list(grids(report)), lines(report), colour=colour)


def as_dictionary(report: Report) -> dict[str, Any]:
    """Everything there is to know, ready for JSON; of one method its rows stand at the top, of several by name."""
    first = report.methods[0]
    result: dict[str, Any] = {
        "truth": report.truth,
        "layout": first.evaluation.layout,
        "protocol": first.evaluation.protocol,
        "step": report.step,
        "frames": first.evaluation.frames,
        "common_frames": report.common_frames,
        "left_out": dict(first.evaluation.left_out),
        "notes": notes(report),
    }
    if len(report.methods) == 1:
        result |= {"predictions": first.predictions, **_rows(report, first)}
        for difference in report.differences:
            result["base"] = {"predictions": difference.base.predictions, **_rows(report, difference.base)}
            result |= _difference(difference)
        return result
    result["methods"] = {m.name: {"predictions": m.predictions, **_rows(report, m)} for m in report.rows}
    result["best"] = {
        figure.key: [m.name for m, best in zip(report.rows, best_of(report.rows, figure), strict=True) if best]
        for figure in FIGURES
    }
    result["differences"] = [
        {"method": d.method.name, "base": d.base.name, **_difference(d)} for d in report.differences
    ]
    return result


def as_csv(report: Report) -> str:
    """A line a sequence and one for the mean; with a base, the differences follow as ``d_…`` columns.

    Of several methods the first column says which, and the base is one of them.
    """
    keys = [figure.key for figure in FIGURES]
    several = len(report.methods) > 1
    against = {d.method.name: d.comparison for d in report.differences if report.base is not None}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    head = ["method"] if several else []
    writer.writerow([*head, "sequence", "frames", *keys, *(f"d_{key}" for key in keys if against)])

    def line(method: Method, name: str, frames: int, figures: Figures, difference: Figures | None) -> None:
        values = [f"{figures[key]:.6f}" for key in keys]
        if against:
            values += [f"{difference[key]:.6f}" if difference else "" for key in keys]
        writer.writerow([*([method.name] if several else []), name, frames, *values])

    for method in report.rows if several else report.methods:
        comparison = against.get(method.name)
        for row in method.evaluation.sequences:
            difference = comparison.sequences[row.name] if comparison else None
            line(method, row.name, row.frames, row.figures, difference)
        mean = comparison.mean if comparison else None
        line(method, MEAN, method.evaluation.frames, method.evaluation.mean, mean)
    return text.getvalue()


def _rows(report: Report, method: Method) -> dict[str, Any]:
    scores = method.evaluation
    rows: dict[str, Any] = {
        "sequences": {s.name: {"frames": s.frames, **s.figures} for s in scores.sequences},
        "mean": scores.mean,
        "dataset": scores.dataset,
    }
    if report.attributes is not None:
        means = attribute_means(scores, report.attributes)
        rows["attributes"] = {name: {"sequences": len(e.sequences), **e.mean} for name, e in means.items()}
    return rows


def _difference(difference: Difference) -> dict[str, Any]:
    comparison = difference.comparison
    found: dict[str, Any] = {
        "delta": {
            "sequences": comparison.sequences,
            "mean": comparison.mean,
            "dataset": comparison.dataset,
        },
        "worst": {"sequence": comparison.worst, **comparison.sequences[comparison.worst]},
    }
    if difference.intervals is not None:
        found["intervals"] = {key: asdict(interval) for key, interval in difference.intervals.items()}
    return found


class ProgressBar:
    """A bar on standard error while the block runs, shown only where that is a terminal; call it with (done, total)."""

    def __init__(self, label: str, unit: str) -> None:
        columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
        console = Console(stderr=True)
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._progress.add_task(label, total=None)

    def __enter__(self) -> ProgressBar:
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def __call__(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)
