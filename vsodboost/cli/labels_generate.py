"""``vsodboost labels generate``: labels and pseudo-labels for a data set."""

from __future__ import annotations

import json
from pathlib import Path

import click

from vsodboost.cli.streams import answer, answering

REPORT = "labels.json"


@click.command("generate", short_help="Make dense pseudo-labels for a data set that is labelled sparsely.")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--every", "-l", metavar="L", type=click.IntRange(min=1), default=5, show_default=True,
              help="Keep every L-th label of a sequence.")  # fmt: skip
@click.option("--between", "-m", metavar="M", default="1", show_default=True,
              help="Pseudo-labels between two labels: a number, or all.")  # fmt: skip
@click.option("--out", "-o", required=True, type=click.Path(path_type=Path), help="Folder of the new data set.")
@click.option("--network", metavar="NAME", default="fgplg", show_default=True,
              help="Spatial model of seven channels that makes them (fgplg-rcrnet is the paper's).")  # fmt: skip
@click.option("--weights", type=click.Path(path_type=Path),
              help="Weights of it that vsodboost train fgplg wrote.  [default: its own]")  # fmt: skip
@click.option("--flow", metavar="NAME", default="dis", show_default=True, help="Flow estimator (paper: flownet2).")
@click.option("--route", type=click.Choice(["direct", "chain", "best"]), default="direct", show_default=True,
              help="How labels are carried: directly (the paper), frame by frame, or the better of both.")  # fmt: skip
@click.option("--without", metavar="A,B", default="", help="Sequences to leave out.")
@click.option("--layout", metavar="NAME", help="Layout of DATASET.  [default: recognised]")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 ...")
@click.option("--no-plugin", metavar="NAME", multiple=True, help="Do not load this plugin.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
@answering
def generate_command(
    dataset: Path,
    *,
    every: int,
    between: str,
    out: Path,
    network: str,
    weights: Path | None,
    flow: str,
    route: str,
    without: str,
    layout: str | None,
    device: str,
    no_plugin: tuple[str, ...],
    quiet: bool,
) -> None:
    """Make a data set of labels and pseudo-labels of one that is labelled (Yan et al., ICCV 2019).

    Of every sequence of DATASET each L-th label is kept, and M pseudo-labels are made between two of them. The folder
    that comes out holds frames and masks as DAVIS does; train on it: vsodboost train rcrnet OUT.

    Exit code: 0 all done, 1 a frame or mask cannot be read, 2 wrong use.
    """
    from functools import partial

    from vsodboost.data.errors import UsageError
    from vsodboost.datasets import read_dataset, registered_layouts
    from vsodboost.io.atomic import write_text
    from vsodboost.registry.device import resolve_device
    from vsodboost.registry.discovery import Registry
    from vsodboost.registry.interfaces import Request
    from vsodboost.training.files import list_files
    from vsodboost.training.pseudo_labels import Density, PseudoLabeller, generator, write_labels

    if between != "all" and not between.isdecimal():
        raise UsageError(f"--between {between}: a number of frames, or all")
    if not dataset.is_dir():
        raise UsageError(f"{dataset} is no folder")
    if (out / REPORT).exists() or out.resolve() == dataset.resolve():
        raise UsageError(f"{out} holds a data set already; choose another -o")
    registry = Registry.load(no_plugin=no_plugin)
    device = resolve_device(device)
    maker = generator(registry, network, weights, device)
    estimator, _ = registry.build("flows", flow, Request(device=device))
    labeller = PseudoLabeller(maker, estimator, f"flow estimator '{flow}'", route)  # type: ignore[arg-type]
    read = partial(read_dataset, layout=layout, layouts=registered_layouts(registry))
    left_out = set(without.split(","))
    videos = [video for video in list_files([dataset], out / "masks", read).videos if video.name not in left_out]
    if not videos:
        raise UsageError(f"{dataset} has no labelled sequence of video to make pseudo-labels for")
    density = Density(every, None if between == "all" else int(between))
    rows = []
    for video in videos:
        rows.append(write_labels(video, labeller.labels(video, density), out))
        if not quiet:
            click.echo(f"{video.name}: {rows[-1].labels} labels, {rows[-1].pseudo_labels} pseudo-labels", err=True)
    chosen = {"every": every, "between": between, "network": network, "flow": flow, "route": route}
    write_text(out / REPORT, json.dumps({**chosen, "sequences": [vars(row) for row in rows]}, indent=1) + "\n")
    labels, pseudo, frames = (sum(getattr(row, name) for row in rows) for name in ("labels", "pseudo_labels", "frames"))
    answer(
        f"{out}: {len(rows)} sequences, {frames} frames, {labels} labels ({labels / frames:.0%}), "
        f"{pseudo} pseudo-labels ({pseudo / frames:.0%})"
    )
