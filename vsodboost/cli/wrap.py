"""``vsodboost wrap``: boost a target model on videos."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from vsodboost.cli.config import with_config
from vsodboost.data.errors import UsageError

if TYPE_CHECKING:
    from vsodboost.datasets.inputs import Inputs
    from vsodboost.pipeline.plan import Plan
    from vsodboost.pipeline.run import Report


def pairs(values: tuple[str, ...], option: str) -> dict[str, str]:
    """``NAME=VALUE`` texts as a dictionary. Raises UsageError for anything else."""
    found = {}
    for value in values:
        name, sign, setting = value.partition("=")
        if not sign or not name:
            raise UsageError(f"{option} {value} is no NAME=VALUE")
        found[name.strip()] = setting.strip()
    return found


@click.command("wrap", short_help="Boost a target model on videos.")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option(
    "--target",
    "-t",
    metavar="NAME",
    default="lite",
    show_default=True,
    help="Target model, or maps:DIR, onnx:FILE, torch:module:callable.",
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), default=Path("boosted"), show_default=True, help="Output folder."
)
@click.option(
    "--profile",
    type=click.Choice(["fast", "paper"]),
    default="fast",
    show_default=True,
    help="paper: the booster's paper to the letter, which chooses the other options that are not given.",
)
@click.option("--booster", metavar="NAME", default="mqp", show_default=True, help="How to choose what to learn from.")
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    help="Labels of some frames, DIR/<video>/<frame>.png: the labels booster carries them to all the others.",
)
@click.option("--flow", metavar="NAME", default="dis", show_default=True, help="Optical flow estimator.")
@click.option(
    "--detector",
    metavar="NAME",
    default="blobs",
    show_default=True,
    help="Object proposals, for boosters that want some.",
)
@click.option(
    "--spatial-model", metavar="NAME", default="lite", show_default=True, help="The student that is fine-tuned."
)
@click.option(
    "--fusion-network",
    metavar="NAME",
    default="lite",
    show_default=True,
    help="The network that improves the target's map by frame and motion.",
)
@click.option("--motion", metavar="NAME", default="mqpm", show_default=True, help="Motion saliency and its quality.")
@click.option(
    "--decision", metavar="NAME", default="trust-gate", show_default=True, help="Target's or boosted map: who decides."
)
@click.option("--executor", metavar="NAME", default="local", show_default=True, help="Where the videos are worked on.")
@click.option(
    "--scope",
    type=click.Choice(["video", "dataset"]),
    default="video",
    show_default=True,
    help="Fine-tune per video, or once over all of them (the papers' protocol).",
)
@click.option(
    "--target-option", metavar="NAME=VALUE", multiple=True, help="Option of the target; vsodboost plugins lists them."
)
@click.option("--booster-option", metavar="NAME=VALUE", multiple=True, help="Option of the booster.")
@click.option("--flow-option", metavar="NAME=VALUE", multiple=True, help="Option of the flow estimator.")
@click.option("--detector-option", metavar="NAME=VALUE", multiple=True, help="Option of the detector.")
@click.option(
    "--write",
    "extras",
    metavar="NAME[,NAME...]",
    multiple=True,
    help="Also write these: overlay (a video), sheet (a contact sheet); vsodboost plugins lists all.",
)
@click.option("--steps", type=click.IntRange(min=1), help="Fine-tuning steps a buffer.")
@click.option("--buffer", type=click.IntRange(min=2), default=100, show_default=True, help="Frames resident at once.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 ...")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Seeded runs on the CPU are bit-identical.",
)
@click.option(
    "--carry-over", is_flag=True, help="Keep the student from one video to the next, as the papers' scripts do."
)
@click.option("--resume", is_flag=True, help="Keep finished videos, go on with the others.")
@click.option("--overwrite", is_flag=True, help="Make existing results anew.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and check everything that can be checked.")
@click.option("--no-plugin", metavar="NAME", multiple=True, help="Do not load this plugin.")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    callback=with_config,
    is_eager=True,
    expose_value=False,
    help="Options from a TOML file; the command line wins.",
)
@click.option("--json", "as_json", is_flag=True, help="The run's summary as JSON on standard output.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
def wrap_command(
    inputs: tuple[str, ...],
    *,
    target: str,
    out: Path,
    profile: Any,
    booster: str,
    labels: Path | None,
    flow: str,
    detector: str,
    spatial_model: str,
    fusion_network: str,
    motion: str,
    decision: str,
    executor: str,
    scope: Any,
    target_option: tuple[str, ...],
    booster_option: tuple[str, ...],
    flow_option: tuple[str, ...],
    detector_option: tuple[str, ...],
    extras: tuple[str, ...],
    steps: int | None,
    buffer: int,
    device: str,
    seed: int,
    carry_over: bool,
    resume: bool,
    overwrite: bool,
    dry_run: bool,
    no_plugin: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Boost a target model on every video of INPUT.

    INPUT is a video file, a folder of frames, a DAVIS root, a folder of videos or a glob; several may be given.
    Each video gets a folder in -o: a map for every frame (8-bit grey PNG at the source size), frames.csv with the trust
    of every frame, and run.json.

    Exit code: 0 all done, 1 some videos failed, 2 wrong use.
    """
    from vsodboost.io.output_paths import refuse_unwritable

    if resume and overwrite:
        raise UsageError("--resume and --overwrite exclude each other; give one")
    refuse_unwritable(out)
    from vsodboost.datasets.inputs import open_inputs
    from vsodboost.pipeline.options import choose
    from vsodboost.pipeline.plan import make_plan
    from vsodboost.registry.discovery import Registry

    choices: dict[str, Any] = {
        "target": target,
        "profile": profile,
        "booster": booster,
        "flow": flow,
        "detector": detector,
        "spatial_model": spatial_model,
        "fusion_network": fusion_network,
        "motion": motion,
        "decision": decision,
        "executor": executor,
        "scope": scope,
        "buffer": buffer,
        "steps": steps,
        "device": device,
        "seed": seed,
        "carry_over": carry_over,
        "target_options": pairs(target_option, "--target-option"),
        "booster_options": pairs(booster_option, "--booster-option"),
        "flow_options": pairs(flow_option, "--flow-option"),
        "detector_options": pairs(detector_option, "--detector-option"),
    }
    context = click.get_current_context()
    given = {k: v for k, v in choices.items() if context.get_parameter_source(k) is not ParameterSource.DEFAULT}
    if labels is not None:
        given["booster_options"] = {**choices["booster_options"], "labels": str(labels)}
        given.setdefault("booster", "labels")
    sources = open_inputs(list(inputs))
    registry = Registry.load(no_plugin=no_plugin)
    options = choose(given, registry)
    if not quiet:
        for broken in registry.broken:
            click.echo(f"vsodboost: plugin {broken.plugin} is left out: {broken.reason}", err=True)
    for note in () if dry_run else sources.notes:
        click.echo(f"vsodboost: {note}", err=True)
    plan = make_plan(options, registry)
    for note in plan.notes:
        click.echo(f"vsodboost: {note}", err=True)
    if dry_run:
        sys.exit(_describe(sources, plan, as_json))
    from vsodboost.cli.progress import shown
    from vsodboost.pipeline.run import OutputOptions, run

    writers = tuple(name.strip() for listed in extras for name in listed.split(",") if name.strip())
    writing = OutputOptions(out, writers, resume=resume, overwrite=overwrite)
    with shown(sources, quiet=quiet) as progress:
        report = run(plan, sources, writing, progress)
    if "report" in writers:
        from vsodboost.writers.report.index import write_index

        write_index(out, report.failed)
    _conclude(report, out, sources.notes, as_json, quiet)
    sys.exit(1 if report.failed else 0)


def _conclude(report: Report, out: Path, notes: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    from vsodboost.io.output_paths import printable

    if as_json:
        summary: dict[str, Any] = {"out": str(out), "done": report.done, "skipped": report.skipped}
        summary |= {"failed": report.failed, "passed_over": list(notes)}
        click.echo(json.dumps(summary, indent=1, default=dict))
    for done in report.done:
        for warning in done["warnings"]:
            click.echo(printable(f"vsodboost: {done['video']}: {warning}"), err=True)
    for video, reason in report.failed.items():
        click.echo(printable(f"vsodboost: {video}: {reason}"), err=True)
    if quiet or as_json:
        return
    counts = (
        [f"{len(report.done)} done", f"{len(report.skipped)} kept"] if report.skipped else [f"{len(report.done)} done"]
    )
    counts += [f"{len(report.failed)} failed"] if report.failed else []
    where = f"; maps, frames.csv and run.json are in {out}/" if report.done or report.skipped else ""
    click.echo(f"{', '.join(counts)}{where}", err=True)


def _describe(sources: Inputs, plan: Plan, as_json: bool) -> int:
    from vsodboost.data.errors import VideoError
    from vsodboost.io.output_paths import printable
    from vsodboost.io.probe import describe
    from vsodboost.targets.network_target import check_source

    videos, code = [], 0
    for source in sources:
        try:
            videos.append({**describe(source), "warnings": check_source(plan.target, source, plan.name("target"))})
        except VideoError as error:
            videos.append({"name": source.name, "path": str(source.path), "error": str(error)})
            code = 1
    options, device = plan.options, plan.device
    if as_json:
        from dataclasses import asdict

        settings = asdict(options)
        summary = {"videos": videos, "passed_over": list(sources.notes), "settings": settings, "device": device}
        click.echo(json.dumps(summary, indent=1, default=dict))
        return code
    for video in videos:
        name = printable(video["name"])
        if "error" in video:
            click.echo(f"{name}: {printable(video['error'])}")
            continue
        frames = video["frames"] if video["frames"] is not None else "?"
        click.echo(f"{name}: {frames} frames, {video['width']}x{video['height']}, {video['fps']:.3g} fps")
        for note in (*video.get("notes", ()), *video["warnings"]):
            click.echo(f"{name}: {printable(note)}")
    for note in sources.notes:
        click.echo(note)
    click.echo(
        f"target {options.target}, booster {options.booster}, flow {options.flow}, device {device}; nothing was written"
    )
    return code
