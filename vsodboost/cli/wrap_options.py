"""The options of ``vsodboost wrap``, in the order in which its help lists them."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import click

from vsodboost.cli.completion import names
from vsodboost.cli.config import with_config
from vsodboost.cli.help import HOW, INTO, MORE, OUT, option
from vsodboost.cli.part import SIZE, TIME
from vsodboost.cli.repeating import with_like
from vsodboost.io.limits import MAX_PIXELS

PATH = click.Path(path_type=Path)


def _part(kind: str, default: str, words: str) -> Any:
    """The option that names a part of the pipeline: ``kind`` as the registry calls it, in the singular."""
    flag = "--" + kind.replace("_", "-")
    return option(
        flag, shell_complete=names(f"{kind}s"),
        group=HOW, expert=True, metavar="NAME", default=default, show_default=True, help=words,
    )  # fmt: skip


def _values(flag: str, words: str, group: str = HOW) -> Any:
    """An option that takes NAME=VALUE, any number of times."""
    return option(flag, group=group, expert=True, metavar="NAME=VALUE", multiple=True, help=words)


WHAT_GOES_IN = (
    option(
        "--target", "-t", shell_complete=names("targets"),
        group=INTO, metavar="NAME", default="lite", show_default=True,
        help="Target model, or maps:DIR, onnx:FILE, torch:module:callable.",
    ),
    option(
        "--labels", group=INTO, type=PATH,
        help="Labels of some frames, DIR/<video>/<frame>.png: the labels booster carries them to all the others.",
    ),
    option("--list", "listed_in", group=INTO, type=PATH, help="More inputs from a file, a line each."),
    option(
        "--missing", group=INTO, expert=True, type=click.Choice(["fail", "fill"]),
        help="Frames without a map of the target (maps:DIR): fail the video, or leave them to the student.  [default: "
        "fill up to a fifth, and where every N-th frame has a map]",
    ),
    option(
        "--layout", group=INTO, expert=True, metavar="NAME",
        help="Layout of INPUT: davis, davsod, fbms ...  [default: recognised]",
    ),
    option("--from", "start", group=INTO, type=TIME, metavar="TIME", help="Begin there: 75, 1:15 or 0:01:15.5."),
    option("--to", "stop", group=INTO, type=TIME, metavar="TIME", help="End there."),
    option("--max-frames", group=INTO, type=click.IntRange(min=1), help="At most so many frames of each video."),
    option("--every", group=INTO, type=click.IntRange(min=1), help="Only every so many-th frame."),
    option(
        "--size", group=INTO, type=SIZE, metavar="SIZE",
        help="Work on smaller frames, and write them so: 640 (the long side), 640x360 or 480p (the short side).",
    ),
)  # fmt: skip
WHAT_COMES_OUT = (
    option("-o", "--out", group=OUT, type=PATH, default=Path("boosted"), show_default=True, help="Output folder."),
    option(
        "--write", "extras", shell_complete=names("writers", several=True),
        group=OUT, metavar="NAME[,NAME...]", multiple=True,
        help="Also write these: overlay (a video), alpha (a film with transparency and sound), cutout (RGBA pictures), "
        "sheet (a contact sheet) ...; vsodboost plugins lists all.",
    ),
    option(
        "--background", group=OUT, metavar="COLOUR|FILE|blur",
        help="Lay the cutout on a colour, a picture, a video, or its own blurred background; also as cutout.mp4.",
    ),
    option(
        "--solid", group=OUT, is_flag=True,
        help="Hard masks, too (masks/), without specks, threads and small holes; cutouts are made by them. The maps "
        "stay as they are.",
    ),
    option(
        "--largest", group=OUT, metavar="N", type=click.IntRange(min=1), help="As --solid; the N largest parts only."
    ),
    option("--keep-thin", group=OUT, is_flag=True, help="As --solid, but legs, tails and strings are kept."),
    option(
        "--name-template", group=OUT, expert=True, metavar="TEXT",
        help="How the videos' folders are called: {name}, {parent}, {index:03d}; default {name}.",
    ),
    _values("--write-option", "Option of the writers that know it; vsodboost plugins lists them.", OUT),
)  # fmt: skip
PROFILE = option(
    "--profile", group=HOW, type=click.Choice(["fast", "quick", "paper"]), default="fast", show_default=True,
    help="quick: nothing is learned of the video, for previews and long ones. paper: the booster's paper to the "
    "letter, which chooses the other options that are not given.",
)  # fmt: skip
HOW_IT_IS_DONE = (
    PROFILE,
    option("--device", group=HOW, default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 ..."),
    option(
        "--resume", group=HOW, is_flag=True,
        help="Keep finished videos, go on with the others; what --write names and they lack is made of their maps.",
    ),
    option("--overwrite", group=HOW, is_flag=True, help="Make existing results anew."),
    option(
        "--dry-run", group=HOW, is_flag=True, help="Say what would be done, and check everything that can be checked."
    ),
    _part("booster", "mqp", "How to choose what to learn from."),
    _part("flow", "dis", "Optical flow estimator."),
    _part("detector", "blobs", "Object proposals, for boosters that want some."),
    _part("spatial_model", "lite", "The student that is fine-tuned."),
    _part("fusion_network", "lite", "The network that improves the target's map by frame and motion."),
    option(
        "--motion", shell_complete=names("motion_models"),
        group=HOW, expert=True, metavar="NAME", default="mqpm", show_default=True,
        help="Motion saliency and its quality.",
    ),
    _part("decision", "region-gate", "Target's or boosted map: who decides."),
    _part("executor", "local", "Where the videos are worked on."),
    option(
        "--scope", group=HOW, expert=True, type=click.Choice(["video", "dataset"]), default="video", show_default=True,
        help="Fine-tune per video, or once over all of them (the papers' protocol).",
    ),
    _values("--target-option", "Option of the target; vsodboost plugins lists them."),
    _values("--booster-option", "Option of the booster."),
    _values("--flow-option", "Option of the flow estimator."),
    _values("--detector-option", "Option of the detector."),
    option("--steps", group=HOW, expert=True, type=click.IntRange(min=1), help="Fine-tuning steps a buffer."),
    option(
        "--buffer", group=HOW, expert=True, type=click.IntRange(min=2), default=100, show_default=True,
        help="Frames resident at once, at most: fewer of frames larger than 960x540.",
    ),
    option(
        "--max-pixels", group=HOW, expert=True, type=click.IntRange(min=1), default=MAX_PIXELS, show_default=True,
        help="Refuse larger frames before they are decoded.",
    ),
    option(
        "--seed", group=HOW, expert=True, type=click.IntRange(0, 2**32 - 1), default=0, show_default=True,
        help="Seeded runs on the CPU are bit-identical.",
    ),
    option(
        "--carry-over", group=HOW, expert=True, is_flag=True,
        help="Keep the student from one video to the next, as the papers' scripts do.",
    ),
)  # fmt: skip
MANY_VIDEOS = (
    option(
        "--workers", group=HOW, expert=True, type=click.IntRange(min=1),
        help="Videos at a time, in processes; chooses --executor process.",
    ),
    option(
        "--timeout", group=HOW, expert=True, metavar="TIME",
        help="What a buffer may take, as 10m or 90; chooses --executor process.",
    ),
    option(
        "--memory", group=HOW, expert=True, metavar="SIZE",
        help="What a worker may hold, as 6G; chooses --executor process.",
    ),
    _values("--executor-option", "Option of the executor."),
    option(
        "--shard", group=HOW, expert=True, metavar="I/N",
        help="Do the I-th of N parts of the videos; auto: as a SLURM array job says. vsodboost merge joins them.",
    ),
)  # fmt: skip
MORE_STILL = (
    option("--no-plugin", group=MORE, expert=True, metavar="NAME", multiple=True, help="Do not load this plugin."),
    option(
        "--config", group=MORE, type=PATH, callback=with_config, is_eager=True, expose_value=False,
        help="Options from a TOML file; the command line wins.",
    ),
    option(
        "--like", group=MORE, type=PATH, callback=with_like, is_eager=True, expose_value=False, metavar="RUN.JSON",
        help="Repeat a run: its video and settings; the command line wins.",
    ),
    option("--json", "as_json", group=MORE, is_flag=True, help="The run's summary as JSON on standard output."),
    option("--quiet", group=MORE, is_flag=True, help="No progress on standard error."),
)  # fmt: skip


def wrap_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all of them."""
    every = (*WHAT_GOES_IN, *WHAT_COMES_OUT, *HOW_IT_IS_DONE, *MANY_VIDEOS, *MORE_STILL)
    return reduce(lambda made, decorate: decorate(made), reversed(every), command)
