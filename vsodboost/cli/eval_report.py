"""What ``vsodboost eval`` prints: a table for people, CSV and JSON for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from vsodboost.metrics.compare import Comparison, compare
from vsodboost.metrics.evaluate import Evaluation
from vsodboost.metrics.figures import FIGURES, Figure, Figures

IN_TABLE = tuple(figure for figure in FIGURES if figure.key not in ("adpE", "J&F"))
"""The table has the columns that fit on a screen; CSV and JSON have all."""
MEAN = "mean"
WIDEST = 250
"""Columns of text a table may take; it takes what it needs, which a pipe or file has room for."""


@dataclass(frozen=True)
class Report:
    """An evaluation, what it was made from, and the one it is compared with."""

    truth: str
    predictions: str
    evaluation: Evaluation
    base: str | None
    base_evaluation: Evaluation | None
    step: int

    @cached_property
    def comparison(self) -> Comparison | None:
        """Differences to the base, if there is one."""
        return None if self.base_evaluation is None else compare(self.evaluation, self.base_evaluation)


def rendered(report: Report, format_: str, *, colour: bool) -> str:
    """The report as text that ends with a newline; ``colour`` is for tables on a terminal."""
    if format_ == "json":
        return json.dumps(as_dictionary(report), indent=1) + "\n"
    if format_ == "csv":
        return as_csv(report)
    return as_table(report, colour=colour)


def as_dictionary(report: Report) -> dict[str, Any]:
    """Everything there is to know, ready for JSON."""
    scores, base, comparison = report.evaluation, report.base_evaluation, report.comparison
    result: dict[str, Any] = {
        "truth": report.truth,
        "predictions": report.predictions,
        "protocol": scores.protocol,
        "step": report.step,
        "frames": scores.frames,
        **_rows(scores),
    }
    if base is not None and comparison is not None:
        result["base"] = {"predictions": report.base, **_rows(base)}
        result["delta"] = {
            "sequences": comparison.sequences,
            "mean": comparison.mean,
            "dataset": comparison.dataset,
        }
        result["worst"] = {"sequence": comparison.worst, **comparison.sequences[comparison.worst]}
    return result


def _rows(scores: Evaluation) -> dict[str, Any]:
    return {
        "sequences": {s.name: {"frames": s.frames, **s.figures} for s in scores.sequences},
        "mean": scores.mean,
        "dataset": scores.dataset,
    }


def as_csv(report: Report) -> str:
    """A line a sequence and one for the mean; with a base, the differences follow as ``d_…`` columns."""
    keys = [figure.key for figure in FIGURES]
    comparison = report.comparison
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["sequence", "frames", *keys, *(f"d_{key}" for key in keys if comparison)])

    def line(name: str, frames: int, figures: Figures, difference: Figures | None) -> None:
        values = [figures[key] for key in keys] + ([difference[key] for key in keys] if difference else [])
        writer.writerow([name, frames, *(f"{value:.6f}" for value in values)])

    for row in report.evaluation.sequences:
        line(row.name, row.frames, row.figures, comparison.sequences[row.name] if comparison else None)
    line(MEAN, report.evaluation.frames, report.evaluation.mean, comparison.mean if comparison else None)
    return text.getvalue()


def as_table(report: Report, *, colour: bool) -> str:
    """Tables of the figures and, with a base, of the differences, and what they were made from."""
    scores, comparison = report.evaluation, report.comparison
    text = io.StringIO()
    console = Console(
        file=text, width=WIDEST, force_terminal=colour, no_color=None if colour else True, highlight=False
    )
    figures = {row.name: row.figures for row in scores.sequences}
    counts = {row.name: row.frames for row in scores.sequences} | {MEAN: scores.frames}
    console.print(_table(report.predictions, figures, scores.mean, counts, signed=False))
    if comparison is not None:
        title = f"{report.predictions} minus {report.base}"
        console.print(_table(title, comparison.sequences, comparison.mean, counts, signed=True))
    count = f"{len(figures)} sequence{'' if len(figures) == 1 else 's'}"
    step = "" if report.step == 1 else f", step {report.step}"
    console.print(
        f"{count}, protocol {scores.protocol}{step}; maximum of the curve averaged over sequences: "
        f"maxF {scores.dataset['maxF']:.3f}, maxE {scores.dataset['maxE']:.3f}"
    )
    if comparison is not None:
        lost = comparison.sequences[comparison.worst]
        console.print(
            f"worst sequence {comparison.worst}: S {lost['S']:+.3f}, maxF {lost['maxF']:+.3f}, MAE {lost['MAE']:+.3f}"
        )
    return "".join(line.rstrip() + "\n" for line in text.getvalue().splitlines())


def _table(title: str, rows: Mapping[str, Figures], mean: Figures, counts: Mapping[str, int], *, signed: bool) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("sequence", no_wrap=True)
    table.add_column("frames", justify="right")
    for figure in IN_TABLE:
        table.add_column(figure.key, justify="right", no_wrap=True)
    for name, figures in rows.items():
        table.add_row(name, str(counts[name]), *(_cell(f, figures[f.key], signed) for f in IN_TABLE))
    table.add_section()
    table.add_row(MEAN, str(counts[MEAN]), *(_cell(f, mean[f.key], signed) for f in IN_TABLE), style="bold")
    return table


def _cell(figure: Figure, value: float, signed: bool) -> Text:
    if not signed:
        return Text(f"{value:.3f}")
    gain = value if figure.higher_is_better else -value
    style = "green" if gain >= 0.0005 else "red" if gain <= -0.0005 else ""
    return Text(f"{value:+.3f}", style=style)


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
