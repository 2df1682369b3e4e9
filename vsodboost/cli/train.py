"""``vsodboost train``: the project's own networks, and target models whose card has a trainer."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import click

from vsodboost.cli.streams import answer, answering


@click.command("train", short_help="Train a network on annotated data.")
@click.argument("name")
@click.argument("data", metavar="DATA...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Checkpoints and result.  [default: runs/NAME]")
@click.option("--layout", metavar="NAME", help="Layout of DATA: davis, davsod, duts ...  [default: recognised]")
@click.option(
    "--model", metavar="NAME", help="For motion and patch-refiner: the colour model that learns.  [default: cpd]"
)
@click.option("--option", metavar="NAME=VALUE", multiple=True, help="Option of the trainer (steps=..., batch=...).")
@click.option("--config", "config", type=click.Path(path_type=Path), help="Trainer options from a TOML file.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda ...")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--resume", is_flag=True, help="Go on from the checkpoints in -o.")
@click.option(
    "--workers",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Processes that make batches ahead, for a GPU and many cores.  [default: a thread of this one]",
)
@click.option("--no-plugin", metavar="NAME", multiple=True, help="Do not load this plugin.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
@answering
def train(
    name: str,
    data: tuple[Path, ...],
    *,
    out: Path | None,
    layout: str | None,
    model: str | None,
    option: tuple[str, ...],
    config: Path | None,
    device: str,
    seed: int,
    resume: bool,
    workers: int,
    no_plugin: tuple[str, ...],
    quiet: bool,
) -> None:
    """Train NAME on DATA: data sets of videos or stills as they are published, or arranged alike.

    NAME is one of the project's own networks (lite, mqpm, trust, fgplg; mqpm-paper and spatial-paper for --profile
    paper), motion or patch-refiner (--model NAME: any colour model made one) or a target model that says how it is
    trained. The file that comes out is named at the end.

    Exit code: 0 all done, 1 a file cannot be read or the training went wrong, 2 wrong use.
    """
    from vsodboost.cli.config import read_pairs
    from vsodboost.cli.pairs import pairs
    from vsodboost.data.errors import UsageError
    from vsodboost.datasets import read_dataset, registered_layouts
    from vsodboost.registry.device import resolve_device
    from vsodboost.registry.discovery import Registry
    from vsodboost.training.own import TRAINERS
    from vsodboost.training.recipe import TrainingRequest

    for root in data:
        if not root.is_dir():
            raise UsageError(f"the training data {root} is no folder")
    trainer, registry = TRAINERS.get(name), Registry.load(no_plugin=no_plugin)
    if trainer is None:
        trainable = [n for n, e in registry.entries["targets"].items() if getattr(e.card, "trainer", None)]
        trainer = getattr(registry.entries["targets"][name].card, "trainer", None) if name in trainable else None
    if trainer is None:
        raise UsageError(f"'{name}' cannot be trained; these can: {', '.join([*TRAINERS, *sorted(trainable)])}")
    options = read_pairs(config) if config else {}
    options.update(pairs(option, "--option"))
    if model is not None and name not in ("motion", "patch-refiner"):
        raise UsageError(f"--model is for vsodboost train motion and patch-refiner; '{name}' is the model itself")
    options.update({} if model is None else {"model": model})
    folder = out or Path("runs") / name
    if (folder / f"{name}.safetensors").exists() and not resume:
        raise UsageError(f"{folder} holds a finished training; choose another -o, or --resume")
    started = time.perf_counter()

    def say(message: str) -> None:
        if not quiet:
            click.echo(f"[{time.perf_counter() - started:7.0f} s] {message}", err=True)

    device = resolve_device(device)
    build = registry.builder(device, seed)
    read = partial(read_dataset, layout=layout, layouts=registered_layouts(registry))
    made = trainer(TrainingRequest(data, folder, say, options, device, seed, resume, workers, build, read, registry))
    answer(str(made))
