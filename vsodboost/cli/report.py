"""``vsodboost report``: pages of results that are there already."""

from __future__ import annotations

from pathlib import Path

import click

from vsodboost.cli.streams import answering

FOLDER = click.Path(path_type=Path)


@click.command("report", short_help="Make pages of results to look at.")
@click.argument("out", type=FOLDER)
@click.option("--truth", type=FOLDER, help="Data set with masks: adds figures, a PR curve and the worst frames.")
@click.option("--only", metavar="NAME", multiple=True, help="This video only; may be repeated.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
@answering
def report_command(out: Path, *, truth: Path | None, only: tuple[str, ...], quiet: bool) -> None:
    """Write OUT/<video>/report.html for every video that vsodboost wrap wrote to OUT, and OUT/index.html over all.

    A page is one file that needs no network. Where wrap was not called with --write report, pages are made of the maps,
    frames.csv and the source, as far as it is still there. docs/report.md says what is on them.

    Exit code: 0 all done, 1 some videos could not be read, 2 wrong use.
    """
    import sys

    from vsodboost.data.errors import UsageError, VideoError
    from vsodboost.io.atomic import write_text
    from vsodboost.io.output_paths import printable
    from vsodboost.metrics.sequences import scored_dataset
    from vsodboost.writers.report.data import as_json
    from vsodboost.writers.report.existing import data_of, result_folders
    from vsodboost.writers.report.index import write_index
    from vsodboost.writers.report.page import report_page
    from vsodboost.writers.report.truth import with_truth

    folders = result_folders(out)
    unknown = sorted(set(only) - {folder.name for folder in folders})
    if unknown:
        raise UsageError(f"{out} has no results of {unknown[0]!r}; it has {', '.join(f.name for f in folders)}")
    dataset = None if truth is None else scored_dataset(truth)
    failed: dict[str, str] = {}
    for folder in folders:
        if only and folder.name not in only:
            continue
        try:
            data = data_of(folder)
            if dataset is not None:
                data = with_truth(data, folder, dataset)
        except VideoError as error:
            failed[folder.name] = str(error)
            click.echo(printable(f"vsodboost: {folder.name}: {error}"), err=True)
            continue
        write_text(folder / "report.json", as_json(data) + "\n")
        write_text(folder / "report.html", report_page(data))
        if dataset is not None and data["truth"] is None and not quiet:
            click.echo(printable(f"vsodboost: {folder.name}: {truth} has no truth of it"), err=True)
        if not quiet:
            click.echo(printable(folder / "report.html"), err=True)
    page = write_index(out, failed)
    if not quiet:
        click.echo(printable(page), err=True)
    sys.exit(1 if failed else 0)
