"""``vsodboost bench``: what a boost costs on this machine, beside the least that it could cost."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from vsodboost.cli.streams import answer, answering

if TYPE_CHECKING:
    from vsodboost.pipeline.bench import Cost

PROFILES = ("quick", "fast")


@click.command("bench", short_help="Measure what a boost costs on this machine.")
@click.argument("video", metavar="VIDEO")
@click.option("--target", "-t", metavar="NAME", default="lite", show_default=True, help="As for wrap.")
@click.option("--profile", "profiles", type=click.Choice(PROFILES), multiple=True, default=PROFILES, show_default=True)
@click.option(
    "--frames", type=click.IntRange(min=2), multiple=True, default=(100,), show_default=True,
    help="Of so many frames; several show how cost and memory grow.",
)  # fmt: skip
@click.option("--size", metavar="SIZE", help="Of frames made smaller, as for wrap: 640, 640x360, 480p.")
@click.option("--flow", metavar="NAME", default="dis", show_default=True, help="Optical flow estimator.")
@click.option("--repeat", type=click.IntRange(min=1), default=5, show_default=True, help="Measurements; medians count.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@answering
def bench_command(
    video: str,
    *,
    target: str,
    profiles: tuple[str, ...],
    frames: tuple[int, ...],
    size: str | None,
    flow: str,
    repeat: int,
    as_json: bool,
) -> None:
    """Boost the first frames of VIDEO several times and say what that costs, beside the least it could cost.

    The floor is reading, optical flow both ways, one pass of the network without learning, and a PNG. Ratios are of
    processor seconds of all threads, measured in this one process, so another program's work hardly changes them. Set
    OMP_NUM_THREADS for the number of threads.

    Exit code: 0 all done, 1 the video cannot be boosted, 2 wrong use.
    """
    from vsodboost.cli.table import print_table
    from vsodboost.data.errors import UsageError
    from vsodboost.datasets.inputs import open_inputs
    from vsodboost.pipeline.bench import FLOOR, boosted, floor, peak_memory, typical
    from vsodboost.pipeline.options import choose
    from vsodboost.pipeline.plan import make_plan
    from vsodboost.registry.discovery import Registry

    sources = open_inputs([video])
    if len(sources) != 1:
        raise UsageError(f"{video} holds {len(sources)} videos; give one of them")
    registry = Registry.load()
    report: list[dict[str, Any]] = []
    with TemporaryDirectory(prefix="vsodboost-bench-") as scratch:
        for count in frames:
            given: dict[str, Any] = {"target": target, "flow": flow, "max_frames": count, "size": size}
            plans = [make_plan(choose({**given, "profile": profile}, registry), registry) for profile in profiles]
            source = plans[0].options.part.of(sources[0])
            least = typical(lambda plan=plans[0], part=source: floor(plan, part, Path(scratch)), repeat)  # type: ignore[misc]
            report.append(_line("floor", least, least, peak_memory()))
            for profile, plan in zip(profiles, plans, strict=True):
                cost = typical(lambda plan=plan, part=source: boosted(plan, part, Path(scratch)), repeat)  # type: ignore[misc]
                report.append(_line(profile, cost, least, peak_memory()))
    if as_json:
        answer(json.dumps(report, indent=1))
        return
    stages = [*FLOOR, *dict.fromkeys(name for line in report for name in line["stages"] if name not in FLOOR)]
    rows = [
        (
            line["what"], str(line["frames"]), f"{line['cpu']:.3f}", f"{line['wall']:.3f}", f"{line['overhead']:.2f}",
            f"{line['peak_mb']:.0f}", *(f"{line['stages'].get(name, 0):.3f}" for name in stages),
        )
        for line in report
    ]  # fmt: skip
    print_table(("s a frame", "frames", "cpu", "wall", "x floor", "peak MB", *stages), rows)
    answer("peak MB: the most that this process had so far; stages: seconds on the clock")


def _line(what: str, cost: Cost, least: Cost, peak: float) -> dict[str, Any]:
    rounded = replace(cost, stages={name: round(value, 5) for name, value in cost.stages.items()})
    return {"what": what, **asdict(rounded), "overhead": cost.cpu / least.cpu, "peak_mb": round(peak, 1)}
