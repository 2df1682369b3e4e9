"""``vsodboost wrap``: boost a target model on videos."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from vsodboost.cli.closing import once, print_closing
from vsodboost.cli.dry_run import describe_run
from vsodboost.cli.help import GroupedCommand
from vsodboost.cli.mends import refuse_mistakes
from vsodboost.cli.pairs import names_in, pairs
from vsodboost.cli.repeating import inputs_of, namer, still_meant
from vsodboost.cli.scale import Scale
from vsodboost.cli.streams import answer, answering
from vsodboost.cli.wrap_options import wrap_options
from vsodboost.data.errors import UsageError

if TYPE_CHECKING:
    from vsodboost.data.video import VideoSource
    from vsodboost.datasets.inputs import Inputs
    from vsodboost.pipeline.options import Options
    from vsodboost.pipeline.plan import Plan
    from vsodboost.pipeline.run import Progress, Report
    from vsodboost.pipeline.writing import OutputOptions
    from vsodboost.registry.discovery import Kind, Registry


@click.command("wrap", cls=GroupedCommand, short_help="Boost a target model on videos.")
@click.argument("inputs", metavar="INPUT...", nargs=-1)
@wrap_options
@answering
def wrap_command(inputs: tuple[str, ...], *, out: Path, resume: bool, overwrite: bool, **given: Any) -> None:
    """Boost a target model on every video of INPUT.

    INPUT is a video file, a folder of frames, a DAVIS root, a folder of videos or a glob; several may be given.
    Each video gets a folder in -o: a map for every frame (8-bit grey PNG at the source size), frames.csv with the trust
    of every frame, and run.json.

    \b
    vsodboost wrap clip.mp4 --write overlay                        the maps, and a video to look at
    vsodboost wrap clip.mp4 --write alpha --from 0:10 --to 0:25    a part of it, cut out, for an editor
    vsodboost wrap --target maps:my_maps/ DAVIS/ -o out            maps that you have, made better

    Exit code: 0 all done, 1 some videos failed, 2 wrong use.
    """
    from vsodboost.io.output_paths import printable, refuse_unwritable

    if resume and overwrite:
        raise UsageError("--resume and --overwrite exclude each other; give one")
    context = click.get_current_context()
    inputs = inputs_of(inputs, given["listed_in"], context)
    rename = None if given["name_template"] is None else namer(given["name_template"])
    from vsodboost.registry.discovery import Registry

    registry = Registry.load(no_plugin=given["no_plugin"])
    refuse_mistakes(inputs, out, registry)
    refuse_unwritable(out)
    from vsodboost.datasets import registered_layouts
    from vsodboost.datasets.inputs import Inputs, open_inputs
    from vsodboost.pipeline.options import choose

    given["write_option"] = still_meant(given["write_option"], given["extras"], context, registry)
    quiet, as_json = given["quiet"], given["as_json"]
    scale, chosen = Scale.of(given), _chosen(context, given)
    scale.choose(chosen)
    if given["missing"] is not None:
        chosen["target_options"] = _with_missing(given["missing"], given["target"], chosen, registry)
    sources = open_inputs(
        list(inputs), given["max_pixels"], rename, layout=given["layout"], layouts=registered_layouts(registry)
    )
    options = choose(chosen, registry)
    scale.check(options)
    total = len(sources)
    parts = [options.part.of(source) for source in scale.share(sources)]
    sources = Inputs(parts, sources.notes, sources.data_sets)
    if not quiet:
        for broken in registry.broken:
            click.echo(f"vsodboost: plugin {broken.plugin} is left out: {broken.reason}", err=True)
    _look_up(options, given["extras"], registry)
    if not quiet and not given["dry_run"]:  # what follows imports networks, which takes seconds
        more = f" and {len(inputs) - 1} more" if len(inputs) > 1 else ""
        click.echo(printable(f"vsodboost: loading {given['target']} for {inputs[0]}{more}"), err=True)
    from vsodboost.pipeline.plan import make_plan

    writing = _writing(out, resume, overwrite, given)
    for line in () if given["dry_run"] or quiet else sources.data_sets:
        click.echo(f"vsodboost: {printable(line)}", err=True)
    for note in () if given["dry_run"] else sources.notes:
        click.echo(f"vsodboost: {note}", err=True)
    plan = make_plan(options, registry)
    for note in plan.notes:
        click.echo(f"vsodboost: {note}", err=True)
    if given["dry_run"]:
        sys.exit(describe_run(sources, plan, writing, as_json))
    from vsodboost.pipeline.run import run

    with _progress(plan, sources, writing, quiet) as progress:
        watched = _with_tracebacks(progress) if (context.find_root().obj or {}).get("debug") else progress
        report = run(plan, sources, writing, watched)
    scale.conclude(out, report, sources, total)
    if "report" in writing.writers:
        from vsodboost.writers.report.index import write_index

        write_index(out, report.failed)
    _conclude(report, out, sources.notes, as_json, quiet)
    sys.exit(1 if report.failed or report.refused else 0)


@contextmanager
def _progress(plan: Plan, sources: Inputs, writing: OutputOptions, quiet: bool) -> Iterator[Progress]:
    from vsodboost.cli.signals import check
    from vsodboost.pipeline.progress import shown
    from vsodboost.pipeline.run import Progress
    from vsodboost.pipeline.writing import ALWAYS

    if quiet:
        yield Progress(started=lambda source: check(), frames=lambda source, count: check())
        return
    with shown(plan, sources, writers=(*ALWAYS, *writing.writers), check=check) as progress:
        yield progress


def _with_tracebacks(progress: Progress) -> Progress:
    """Return the same progress, which says of each video that fails where it did."""

    def failed(source: VideoSource, error: Exception) -> None:
        progress.failed(source, error)
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)

    return replace(progress, failed=failed)


def _chosen(context: click.Context, given: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, by the names of ``pipeline.options.Options``."""
    from dataclasses import fields

    from vsodboost.pipeline.options import LEARNING, Options

    choices = {field.name: given[field.name] for field in fields(Options) if field.name in given}
    source = context.get_parameter_source
    chosen = {k: v for k, v in choices.items() if source(k) is not ParameterSource.DEFAULT}
    if chosen.get("profile") == "quick" and source("profile") is ParameterSource.COMMANDLINE:
        # What --like and --config say of learning gives way to it.
        chosen = {k: v for k, v in chosen.items() if k not in LEARNING or source(k) is not ParameterSource.DEFAULT_MAP}
    for kind in ("target", "booster", "flow", "detector"):
        if given[f"{kind}_option"]:
            chosen[f"{kind}_options"] = pairs(given[f"{kind}_option"], f"--{kind}-option")
    if given["labels"] is not None:
        chosen["booster_options"] = {**chosen.get("booster_options", {}), "labels": str(given["labels"])}
        chosen.setdefault("booster", "labels")
    return chosen


def _look_up(options: Options, writers: Sequence[str], registry: Registry) -> None:
    """Raise UnknownPlugin where a name is nobody's, before anything heavy is imported to build what it names."""
    kinds: tuple[tuple[Kind, str], ...] = (
        ("targets", options.target),
        ("boosters", options.booster),
        ("flows", options.flow),
        ("detectors", options.detector),
        ("motion_models", options.motion),
        *(("writers", name) for name in names_in(writers)),
    )
    for kind, name in kinds:
        registry.find(kind, name.partition(":")[0])


def _with_missing(missing: str, target: str, chosen: dict[str, Any], registry: Registry) -> dict[str, str]:
    """The target's options with ``--missing`` put in. Raises UsageError where it has no such option, or another value
    of it was given, too."""
    name, options = target.partition(":")[0], chosen.get("target_options", {})
    if "missing" not in registry.card("targets", name).options:
        raise UsageError(f"--missing {missing}: target '{name}' gives a map for every frame; leave it out")
    if options.get("missing", missing) != missing:
        raise UsageError(f"--missing {missing} and --target-option missing={options['missing']}: give one of them")
    return {**options, "missing": missing}


def _writing(out: Path, resume: bool, overwrite: bool, given: dict[str, Any]) -> OutputOptions:
    """What is to be written: ``--background`` means a cutout, hard masks mean masks."""
    from vsodboost.pipeline.writing import OutputOptions

    writers = names_in(given["extras"])
    options = pairs(given["write_option"], "--write-option")
    if given["background"] is not None:
        options["background"] = given["background"]
        writers += [] if "cutout" in writers else ["cutout"]
    hard = {"solid": given["solid"], "keep-thin": given["keep_thin"]}
    options |= {name: "on" for name, wanted in hard.items() if wanted}
    if given["largest"] is not None:
        options["largest"] = str(given["largest"])
    if {"solid", "keep-thin", "largest"} & set(options):
        writers.append("masks")
    return OutputOptions(out, tuple(dict.fromkeys(writers)), resume, overwrite, options)


def _conclude(report: Report, out: Path, notes: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    from vsodboost.io.output_paths import printable
    from vsodboost.pipeline.occupied import in_lines

    if as_json:
        summary: dict[str, Any] = {"out": str(out), "done": report.done, "skipped": report.skipped}
        summary |= {"added": report.added, "failed": report.failed, "passed_over": list(notes)}
        summary["refused"] = {video: str(error) for video, error in report.refused.items()}
        answer(json.dumps(summary, indent=1, default=dict))
    for line in once((done["video"], warning) for done in report.done for warning in done["warnings"]):
        click.echo(printable(f"vsodboost: {line}"), err=True)
    for video, reason in report.failed.items():
        click.echo(printable(f"vsodboost: {video}: {reason}"), err=True)
    for line in in_lines(report.refused.values()):
        click.echo(printable(f"vsodboost: {line}"), err=True)
    if quiet or as_json:
        return
    print_closing(report.done)
    counts = (
        [f"{len(report.done)} done", f"{len(report.skipped)} kept"] if report.skipped else [f"{len(report.done)} done"]
    )
    counts += [f"{len(report.failed)} failed"] if report.failed else []
    counts += [f"{len(report.refused)} refused"] if report.refused else []
    where = f"; maps, frames.csv and run.json are in {out}/" if report.done or report.skipped else ""
    click.echo(f"{', '.join(counts)}{where}", err=True)
