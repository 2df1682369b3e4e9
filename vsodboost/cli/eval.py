"""``vsodboost eval``: score saliency maps against truth."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from vsodboost.metrics.evaluate import Progress

Format = Literal["table", "csv", "json"]
FORMATS = ("table", "csv", "json")
FOLDER = click.Path(path_type=Path)


@click.command("eval", short_help="Score saliency maps against truth.")
@click.argument("truth", metavar="GT", type=FOLDER)
@click.argument("predictions", metavar="PRED", type=FOLDER)
@click.option("--base", type=FOLDER, help="Maps to compare with: adds the differences and names the worst sequence.")
@click.option("--protocol", type=click.Choice(["all", "davsod"]), default="all", show_default=True)
@click.option("--common", is_flag=True, help="Score only the sequences that every folder has.")
@click.option("--only", metavar="NAME", multiple=True, help="Score this sequence only; may be repeated.")
@click.option("--step", type=click.IntRange(min=1), default=1, show_default=True, help="Score every N-th frame.")
@click.option("--jobs", type=click.IntRange(min=1), help="Worker processes.  [default: one a core]")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="[default: table, or by the suffix of -o]")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("-o", "--output", type=FOLDER, help="Write the report to this file instead of standard output.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
def eval_command(
    truth: Path,
    predictions: Path,
    *,
    base: Path | None,
    protocol: str,
    common: bool,
    only: tuple[str, ...],
    step: int,
    jobs: int | None,
    format_: Format | None,
    as_json: bool,
    output: Path | None,
    quiet: bool,
) -> None:
    """Score the saliency maps in PRED against the masks in GT.

    GT is a DAVIS root, its Annotations, a folder with a folder a sequence, or one such folder. PRED holds a folder a
    sequence with an 8- or 16-bit map a frame, named as the frame; maps of another size are resized to the truth. A
    scored frame without a map is an error.

    Figures a sequence, and their mean over sequences: maxF, meanF and adpF (F-measure, beta² = .3), S, maxE, meanE and
    adpE (E-measure), wF (weighted F-measure), MAE, and DAVIS' J (IoU at .5), F (contour) and J&F.

    Protocol "all" scores every frame. Protocol "davsod" follows the DAVSOD toolbox: the first and last frame of a
    sequence are skipped, maps are resized bicubically, and the mean maxF is the maximum of the curve averaged over
    sequences. Both stretch each map to its full range before all figures but J and F, which "all" takes from the map
    as it is written.
    """
    from vsodboost.cli.eval_report import Report, rendered
    from vsodboost.data.errors import UsageError
    from vsodboost.io.atomic import write_text
    from vsodboost.metrics.evaluate import evaluate_all
    from vsodboost.metrics.sequences import common_sequences

    if as_json and format_ not in (None, "json"):
        raise UsageError(f"--json and --format {format_} exclude each other; give one")
    chosen = "json" if as_json else format_ or _format_by_suffix(output)
    folders = [predictions] if base is None else [predictions, base]
    names = list(only) or None
    if common:
        shared = common_sequences(truth, folders)
        names = shared if names is None else [name for name in names if name in shared]
        if not names:
            raise UsageError(f"none of --only {', '.join(only)} is in every folder; they share {', '.join(shared)}")
    with _progress(quiet) as progress:
        evaluations = evaluate_all(
            truth, folders, protocol, step=step, only=names, jobs=jobs or _cores(), progress=progress
        )
    for evaluation in evaluations:
        for sequence in evaluation.sequences:
            for note in sequence.notes:
                click.echo(f"vsodboost: {sequence.name}: {note}", err=True)
    report = Report(
        truth=str(truth),
        predictions=str(predictions),
        evaluation=evaluations[0],
        base=None if base is None else str(base),
        base_evaluation=evaluations[1] if base is not None else None,
        step=step,
    )
    if output is None:
        click.echo(rendered(report, chosen, colour=sys.stdout.isatty()), nl=False)
    else:
        write_text(output, rendered(report, chosen, colour=False))


def _format_by_suffix(output: Path | None) -> Format:
    match output.suffix.lower() if output else "":
        case ".json":
            return "json"
        case ".csv":
            return "csv"
        case _:
            return "table"


def _cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _progress(quiet: bool) -> AbstractContextManager[Progress | None]:
    """A bar on standard error, where that is a terminal."""
    from vsodboost.cli.eval_report import ProgressBar

    return nullcontext() if quiet else ProgressBar("scoring", unit="frames")
