"""Precision-recall and F-measure curves of methods, as pictures and as data."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodboost.io.atomic import write_png, write_text
from vsodboost.metrics.evaluate import Evaluation
from vsodboost.writers.line_chart import Curve, chart_pixels, chart_svg


def write_curves(evaluations: Mapping[str, Evaluation], folder: Path) -> list[Path]:
    """Write ``pr`` and ``f`` as PNG, SVG and CSV to ``folder``; all curves are means over sequences.

    The CSV has a line a threshold, 0 to 255 (a pixel of an 8-bit map is salient from there on), and columns a method.

    Returns:
        The files, which are replaced if they exist.

    Raises:
        VsodboostError: a file cannot be written.
    """
    thresholds = np.arange(256)
    pr: dict[str, Curve] = {}
    f: dict[str, Curve] = {}
    pr_data: dict[str, NDArray[np.float64]] = {}
    f_data: dict[str, NDArray[np.float64]] = {}
    for name, evaluation in evaluations.items():
        precision, recall, f_measure = (evaluation.curve(key)[::-1] for key in ("precision", "recall", "f_curve"))
        pr[name] = recall, precision
        f[name] = thresholds / 255, f_measure
        pr_data |= {f"{name} precision": precision, f"{name} recall": recall}
        f_data[name] = f_measure
    written = []
    for stem, curves, data, axes in (
        ("pr", pr, pr_data, ("recall", "precision")),
        ("f", f, f_data, ("threshold", "F-measure")),
    ):
        write_png(folder / f"{stem}.png", chart_pixels(curves, *axes))
        write_text(folder / f"{stem}.svg", chart_svg(curves, *axes))
        write_text(folder / f"{stem}.csv", _csv(data))
        written += [folder / f"{stem}.{suffix}" for suffix in ("png", "svg", "csv")]
    return written


def _csv(columns: Mapping[str, NDArray[np.float64]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["threshold", *columns])
    for threshold, values in enumerate(zip(*columns.values(), strict=True)):
        writer.writerow([threshold, *(f"{value:.6f}" for value in values)])
    return text.getvalue()
