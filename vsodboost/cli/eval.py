"""``vsodboost eval``: score saliency maps against truth."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import click

from vsodboost.cli.streams import answer, answering, answers

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from vsodboost.cli.eval_methods import Difference, Method
    from vsodboost.metrics.evaluate import Progress
    from vsodboost.metrics.figures import Figure

Format = Literal["table", "csv", "json", "latex", "markdown"]
FORMATS = ("table", "csv", "json", "latex", "markdown")
SUFFIXES: dict[str, Format] = {".json": "json", ".csv": "csv", ".tex": "latex", ".md": "markdown", ".txt": "table"}
FOLDER = click.Path(path_type=Path)


@click.command("eval", short_help="Score saliency maps against truth.")
@click.argument("truth", metavar="GT", type=FOLDER)
@click.argument("predictions", metavar="PRED...", nargs=-1, required=True)
@click.option("--base", metavar="PRED", help="Maps to compare with: adds the differences and names the worst sequence.")
@click.option("--layout", metavar="NAME", help="Layout of GT: davis, davsod, fbms ...  [default: recognised]")
@click.option("--protocol", type=click.Choice(["all", "davsod"]), default="all", show_default=True)
@click.option("--common", is_flag=True, help="Score only the sequences that every folder has.")
@click.option("--common-frames", is_flag=True, help="Score only the frames of which every folder has a map.")
@click.option("--only", metavar="NAME", multiple=True, help="Score this sequence only; may be repeated.")
@click.option("--step", type=click.IntRange(min=1), default=1, show_default=True, help="Score every N-th frame.")
@click.option("--figures", metavar="LIST", help="Columns of the tables, such as maxF,S,MAE.")
@click.option("--attributes", type=FOLDER, help="CSV of sequences and their attributes: adds the means of each.")
@click.option("--curves", type=FOLDER, help="Write PR and F-measure curves to this folder, as PNG, SVG and CSV.")
@click.option(
    "--bootstrap",
    type=click.IntRange(min=0),
    default=10_000,
    show_default=True,
    help="Resamples for the intervals of differences; 0: none.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Of the intervals.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the resamples.")
@click.option("--no-plugin", metavar="NAME", multiple=True, help="Do not load this plugin.")
@click.option("--jobs", type=click.IntRange(min=1), help="Worker processes.  [default: one a core]")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="[default: table, or by the suffix of -o]")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("-o", "--output", type=FOLDER, help="Write the report to this file instead of standard output.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
@answering
def eval_command(
    truth: Path,
    predictions: tuple[str, ...],
    *,
    base: str | None,
    layout: str | None,
    protocol: str,
    common: bool,
    common_frames: bool,
    only: tuple[str, ...],
    step: int,
    figures: str | None,
    attributes: Path | None,
    curves: Path | None,
    bootstrap: int,
    confidence: float,
    seed: int,
    no_plugin: tuple[str, ...],
    jobs: int | None,
    format_: Format | None,
    as_json: bool,
    output: Path | None,
    quiet: bool,
) -> None:
    """Score the saliency maps in each PRED against the masks in GT.

    GT is a data set as it is published (DAVIS, DAVSOD, FBMS-59, SegTrack-v2, ViSal, VOS ...), a folder with a folder a
    sequence, or one such folder; docs/inputs.md lists the layouts. PRED holds a folder a sequence with an 8- or 16-bit
    map a frame, named as the frame or by its number; maps of another size are resized to the truth. Only frames that
    have truth are scored; one of them without a map is an error, or with --common-frames left out for every PRED.

    Several PRED are set side by side, the best of each figure in bold (a star where nothing can be bold); NAME=PRED
    names one. Differences to --base, or else to the first PRED, come with paired bootstrap intervals over sequences.

    Figures a sequence, and their mean over sequences: maxF, meanF and adpF (F-measure, beta² = .3), S, maxE, meanE and
    adpE (E-measure), wF (weighted F-measure), MAE, and DAVIS' J (IoU at .5), F (contour) and J&F.

    Protocol "all" scores every frame. Protocol "davsod" follows the DAVSOD toolbox: the first and last mask of a
    sequence are skipped (a sequence of two is left out, and named), maps are resized bicubically, and the mean maxF is
    the maximum of the curve averaged over sequences. Both stretch each map to its full range before all figures but J
    and F, which "all" takes from the map as it is written.

    Exit code: 0 all done, 1 a map is missing or a file cannot be read, 2 wrong use.
    """
    from vsodboost.cli.eval_methods import Method, Report, notes
    from vsodboost.cli.eval_report import rendered
    from vsodboost.data.errors import UsageError
    from vsodboost.datasets import registered_layouts
    from vsodboost.io.atomic import write_text
    from vsodboost.metrics.attributes import read_attributes, unlisted
    from vsodboost.metrics.evaluate import evaluate_all
    from vsodboost.metrics.sequences import common_sequences, scored_dataset
    from vsodboost.registry.discovery import Registry

    if as_json and format_ not in (None, "json"):
        raise UsageError(f"--json and --format {format_} exclude each other; give one")
    chosen = "json" if as_json else format_ or _format_of(output)
    columns = None if figures is None else _figures(figures)
    table = None if attributes is None else read_attributes(attributes)
    named = _named([*([] if base is None else [base]), *predictions])
    layouts = registered_layouts(Registry.load(no_plugin=no_plugin))
    dataset = scored_dataset(truth, layout, layouts)
    names = list(only) or None
    if common:
        shared = common_sequences(dataset, [place.folder for place in named])
        names = shared if names is None else [name for name in names if name in shared]
        if not names:
            raise UsageError(f"none of --only {', '.join(only)} is in every folder; they share {', '.join(shared)}")
    with _progress(quiet) as progress:
        evaluations = evaluate_all(
            dataset,
            [n.folder for n in named],
            protocol,
            step=step,
            only=names,
            common_frames=common_frames,
            jobs=jobs or _cores(),
            progress=progress,
        )
    scored = [Method(n.name, str(n.folder), e) for n, e in zip(named, evaluations, strict=True)]
    methods = tuple(scored if base is None else scored[1:])
    report = Report(
        truth=str(truth),
        methods=methods,
        differences=_differences(scored, bootstrap, confidence, seed),
        base=None if base is None else scored[0],
        step=step,
        common_frames=common_frames,
        figures=columns,
        attributes=table,
        confidence=confidence,
    )
    for note in notes(report):
        click.echo(f"note: {note}", err=True)
    if table is not None and (unknown := unlisted(evaluations[0], table)):
        click.echo(f"note: {attributes} says nothing of {', '.join(unknown)}", err=True)
    if curves is not None:
        from vsodboost.cli.eval_curves import write_curves

        write_curves({method.name: method.evaluation for method in scored}, curves)
    if output is None:
        answer(rendered(report, chosen, colour=answers().isatty()), nl=False)
    else:
        write_text(output, rendered(report, chosen, colour=False))


class _Named(NamedTuple):
    name: str
    folder: Path


def _named(given: Sequence[str]) -> list[_Named]:
    """Folders of maps by name: the one given as ``NAME=FOLDER``, else as much of the path's end as tells them apart."""
    from vsodboost.data.errors import UsageError

    asked: list[tuple[str | None, Path]] = []
    for text in given:
        word, sign, rest = text.partition("=")
        asked.append((word, Path(rest)) if sign and word and rest and not Path(text).exists() else (None, Path(text)))
    parts = [folder.resolve().parts for _, folder in asked]
    found: list[_Named] = []
    for place, (name, folder) in enumerate(asked):
        others = {other for k, other in enumerate(parts) if asked[k][0] is None and other != parts[place]}
        ends = range(1, len(parts[place]))
        end = next((n for n in ends if all(other[-n:] != parts[place][-n:] for other in others)), 1)
        word = name or "/".join(parts[place][-end:])
        before = sum(n.folder.resolve() == folder.resolve() for n in found) if name is None else 0
        found.append(_Named(f"{word} ({before + 1})" if before else word, folder))
    twice = [n.name for n in found if [m.name for m in found].count(n.name) > 1]
    if twice:
        raise UsageError(f"two folders of maps are called {twice[0]}; give them names of their own: NAME=FOLDER")
    return found


def _differences(scored: Sequence[Method], resamples: int, confidence: float, seed: int) -> tuple[Difference, ...]:
    """Every method minus the first of ``scored``."""
    from vsodboost.cli.eval_methods import Difference
    from vsodboost.metrics.bootstrap import paired_bootstrap

    first = scored[0]
    found = []
    for method in scored[1:]:
        new, old = method.evaluation, first.evaluation
        intervals = (
            paired_bootstrap(new, old, resamples=resamples, confidence=confidence, seed=seed) if resamples else None
        )
        found.append(Difference(method, first, intervals))
    return tuple(found)


def _format_of(output: Path | None) -> Format:
    """The format that a file's suffix asks for; without a file or a suffix the table."""
    from vsodboost.data.errors import UsageError

    suffix = "" if output is None else output.suffix.lower()
    if suffix and suffix not in SUFFIXES:
        raise UsageError(
            f"-o {output}: no report is written as {suffix}; give one of {', '.join(SUFFIXES)}, or --format"
        )
    return SUFFIXES.get(suffix, "table")


def _figures(text: str) -> tuple[Figure, ...]:
    from vsodboost.data.errors import UsageError
    from vsodboost.metrics.figures import FIGURES

    by_key = {figure.key.lower(): figure for figure in FIGURES}
    wanted = [word.strip().lower() for word in text.split(",") if word.strip()]
    unknown = [word for word in wanted if word not in by_key]
    if unknown or not wanted:
        word = unknown[0] if unknown else text
        raise UsageError(f"--figures: no figure {word!r}; there are {', '.join(f.key for f in FIGURES)}")
    return tuple(by_key[word] for word in dict.fromkeys(wanted))


def _cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _progress(quiet: bool) -> AbstractContextManager[Progress | None]:
    """A bar on standard error, where that is a terminal."""
    from vsodboost.cli.eval_report import ProgressBar

    return nullcontext() if quiet else ProgressBar("scoring", unit="frames")
