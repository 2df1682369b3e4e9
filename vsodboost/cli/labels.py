"""``vsodboost labels``: help with labelling a few frames, and pseudo-labels for a data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from vsodboost.cli.labels_generate import generate_command
from vsodboost.cli.streams import answer, answering

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vsodboost.boosters.labels.suggesting import Suggestion
    from vsodboost.data.video import VideoSource
    from vsodboost.registry.discovery import Registry

FOLDER = click.Path(path_type=Path)


@click.group(short_help="Find the frames whose labels would help most; make pseudo-labels for a data set.")
def labels() -> None:
    """Find the frames whose labels would help most, and make pseudo-labels for a data set.

    Draw a mask for each frame that suggest names (white: salient), save it under the frame's name, and run
    vsodboost wrap VIDEO --labels DIR.
    """


labels.add_command(generate_command)


@labels.command("suggest")
@click.argument("video")
@click.option("-n", "count", type=click.IntRange(min=1), default=5, show_default=True, help="How many frames.")
@click.option("--target", "-t", metavar="NAME", default="lite", show_default=True, help="Target model to be boosted.")
@click.option("--results", type=FOLDER, help="Output folder of an earlier wrap; without it, the video is boosted now.")
@click.option("--labels", "given", type=FOLDER, help="Labels there are already: DIR/<video>/<frame>.png.")
@click.option("--copy-to", type=FOLDER, help="Also copy the frames there as PNG, to draw on; what is there stays.")
@click.option("--layout", metavar="NAME", help="Layout of VIDEO, a folder of a data set.  [default: recognised]")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 ...")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--no-plugin", metavar="NAME", multiple=True, help="Do not load this plugin.")
@click.option("--json", "as_json", is_flag=True, help="The list as JSON on standard output.")
@answering
def suggest_command(
    video: str,
    *,
    count: int,
    target: str,
    results: Path | None,
    given: Path | None,
    copy_to: Path | None,
    layout: str | None,
    device: str,
    seed: int,
    no_plugin: tuple[str, ...],
    as_json: bool,
) -> None:
    """Name the frames of VIDEO whose labels would help most, the best first.

    Frames are chosen by how little the boosted maps are to be trusted around them, and by how little they have in
    common. VIDEO is a video file or a folder of frames.

    Exit code: 0 all done, 1 the video or its results cannot be read, 2 wrong use.
    """
    from vsodboost.boosters.labels.suggesting import suggest
    from vsodboost.data.errors import UsageError
    from vsodboost.datasets import registered_layouts
    from vsodboost.datasets.inputs import open_inputs
    from vsodboost.registry.discovery import Registry

    registry = Registry.load(no_plugin=no_plugin)
    sources = open_inputs([video], layout=layout, layouts=registered_layouts(registry))
    if len(sources) != 1:
        raise UsageError(f"{video} holds {len(sources)} videos; name one of them")
    source = sources[0]
    if copy_to is not None and source.path.resolve() == copy_to.resolve():
        raise UsageError(f"--copy-to {copy_to} holds the frames of the video itself; choose another folder")
    seen = _with_earlier_trust(source, results) if results else _boosted(source, target, device, seed, registry)
    labelled = _labelled(source.name, seen.names, given) if given else []
    found = suggest(seen.trust, seen.looks, seen.cuts, count, labelled)
    if copy_to is not None:
        _copy(source, {seen.names[s.index] for s in found}, copy_to)
    _report(found, seen.names, as_json)


class _Seen(NamedTuple):
    names: list[str]
    trust: NDArray[np.float32]
    looks: NDArray[np.float32]
    cuts: list[int]


def _boosted(source: VideoSource, target: str, device: str, seed: int, registry: Registry) -> _Seen:
    import numpy as np

    from vsodboost.boosters.labels.suggesting import looks_of
    from vsodboost.pipeline.engine import Engine
    from vsodboost.pipeline.options import Options
    from vsodboost.pipeline.plan import make_plan

    engine = Engine(make_plan(Options(target=target, device=device, seed=seed), registry))
    names: list[str] = []
    trust, looks = [], []
    for buffer in engine.boost(source):
        names += buffer.scene.names
        trust.append(buffer.decision.trust)
        looks.append(looks_of(buffer.scene.frames))
    return _Seen(names, np.concatenate(trust), np.concatenate(looks), engine.cuts)


def _with_earlier_trust(source: VideoSource, results: Path) -> _Seen:
    import csv

    import numpy as np

    from vsodboost.boosters.labels.suggesting import looks_of
    from vsodboost.data.errors import UsageError
    from vsodboost.io.buffers import buffers
    from vsodboost.io.output_paths import video_folder
    from vsodboost.perception.shots import CutDetector

    path = video_folder(results, source.name) / "frames.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            known = {row["frame"]: float(row["trust"]) for row in csv.DictReader(file)}
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        raise UsageError(f"{path} is not the frames.csv of an earlier wrap ({error}); leave --results out") from error
    detector = CutDetector()
    names: list[str] = []
    looks, cuts = [], []
    for clip in buffers(source):
        cuts += [clip.first + cut for cut in detector.cuts(clip.frames)]
        names += clip.names
        looks.append(looks_of(clip.frames))
    missing = [name for name in names if name not in known]
    if missing:
        raise UsageError(f"{path} has no row for frame {missing[0]}; it is of another video, or unfinished")
    return _Seen(names, np.array([known[name] for name in names], np.float32), np.concatenate(looks), cuts)


def _labelled(video: str, names: list[str], folder: Path) -> list[int]:
    from vsodboost.io.map_folder import MapFolder

    labels = MapFolder(folder, use="label")
    return [t for t, name in enumerate(names) if labels.file(video, name) is not None]


def _copy(source: VideoSource, wanted: set[str], folder: Path) -> None:
    """Copy frames into a folder; where there is an image of that name already, perhaps painted on, it stays."""
    from vsodboost.io.atomic import png_bytes, write_bytes
    from vsodboost.io.image_file import is_image
    from vsodboost.io.output_paths import printable, safe_name

    there = {file.stem: file for file in sorted(folder.iterdir()) if is_image(file)} if folder.is_dir() else {}
    for frame in source.frames():
        if frame.name not in wanted:
            continue
        data, known = png_bytes(frame.image), there.get(frame.name)
        if known is None:
            write_bytes(folder / f"{safe_name(frame.name)}.png", data)
        elif not known.is_file() or known.read_bytes() != data:
            click.echo(f"vsodboost: {printable(known)} is there already and stays; move it for a fresh copy", err=True)


def _report(found: list[Suggestion], names: list[str], as_json: bool) -> None:
    rows = [
        {"frame": names[s.index], "index": s.index, "trust": round(s.trust, 4), "gain": round(s.gain, 4)} for s in found
    ]
    if as_json:
        answer(json.dumps(rows, indent=1))
        return
    for row in rows:
        answer(f"{row['frame']}  trust {row['trust']:.2f}  would settle {row['gain']:.0%} of the doubt")
