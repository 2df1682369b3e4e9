"""What a few painted frames are worth: those that ``labels suggest`` names, against as many at equal distance.

    python benchmarks/suggested_labels.py DAVIS MAPS --only libby blackswan --json suggested.json

Labels are the truth's masks, as a careful person would paint them. Scored by protocol ``all`` are the frames that
neither way labels, every ``--step``-th of them; figures are means over sequences. Perception and the target's maps are
made once a sequence.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from labels_curve import engine_of
from mqp_ablation import Made, Replay, Score, Truths, add_all, means

from vsodboost.boosters.labels.suggesting import looks_of, suggest
from vsodboost.data.types import Maps
from vsodboost.data.video import VideoSource
from vsodboost.datasets.inputs import open_inputs
from vsodboost.io.atomic import write_png
from vsodboost.io.part import Part
from vsodboost.metrics.grey_files import read_truth
from vsodboost.metrics.protocols import ALL
from vsodboost.metrics.sequences import common_sequences, truth_sequences
from vsodboost.ops.resize import PIXELS, working_size
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.options import Options
from vsodboost.pipeline.plan import Plan, make_plan
from vsodboost.registry.discovery import Registry
from vsodboost.training.fgplg import Remembering

WAYS = ("target", "boosted", "suggested", "equal distance")
SHOWN = ("maxF", "S", "MAE", "J")
Figures = dict[str, dict[str, dict[str, float]]]
"""By way, then by sequence."""


def at_equal_distance(total: int, count: int) -> list[int]:
    """``count`` of ``total`` frames, each in the middle of its share."""
    return [int((i + 0.5) * total / count) for i in range(count)]


def suggested(plan: Plan, made: Made, source: VideoSource, count: int) -> tuple[list[int], list[Maps]]:
    """The frames that ``labels suggest`` names after a boost without labels, and that boost's maps by buffer."""
    engine = Replay(plan, made)
    trust, looks, maps, firsts = [], [], [], []
    for buffer in engine.boost(source):
        trust.append(buffer.decision.trust)
        looks.append(looks_of(buffer.scene.frames))
        maps.append(buffer.maps)
        firsts += [buffer.scene.first + start for start, _ in buffer.scene.shots if buffer.scene.first + start]
    found = suggest(np.concatenate(trust), np.concatenate(looks), sorted(set(firsts)), count)
    return sorted(s.index for s in found), maps


def measure(
    plan: Plan, made: Made, source: VideoSource, truths: Truths, count: int, step: int, into: Figures
) -> dict[str, list[int]]:
    """Boost a video without labels and with those of both ways; return the frames that each labels."""
    names = [name for _, scene, _ in made for name in scene.names]
    chosen, boosted = suggested(plan, made, source, count)
    labelled = {"suggested": chosen, "equal distance": at_equal_distance(len(names), count)}
    known = {names[t] for frames in labelled.values() for t in frames}
    left = {name: truths[name] for name in names[::step] if name not in known}
    found: dict[str, Iterable[Maps]] = {"target": [target for _, _, target in made], "boosted": boosted}
    for way, frames in labelled.items():
        found[way] = with_labels(plan, made, source, {names[t]: truths[names[t]] for t in frames})
    for way, buffers in found.items():
        score = Score()
        for (_, scene, _), maps in zip(made, buffers, strict=True):
            add_all(score, scene, maps, left)
        into.setdefault(way, {})[source.name] = score.figures()
    return labelled


def with_labels(plan: Plan, made: Made, source: VideoSource, masks: Mapping[str, Any]) -> list[Maps]:
    """The maps of a boost with these labels, by buffer."""
    with tempfile.TemporaryDirectory() as folder:
        for name, mask in masks.items():
            write_png(Path(folder) / f"{name}.png", mask.astype(np.uint8) * 255)
        return [buffer.maps for buffer in engine_of(plan, made, {"labels": folder}).boost(source)]


def report(figures: Figures) -> None:
    """Print a row a way, and S of every sequence."""
    print(f"{'frames without a label':24}" + "".join(f"{key:>8}" for key in SHOWN))
    for way, by_sequence in figures.items():
        mean = means(by_sequence)
        print(f"{way:24}" + "".join(f"{mean[key]:8.3f}" for key in SHOWN))
    print(f"\n{'S':24}" + "".join(f"{way:>16}" for way in figures))
    for name in figures["target"]:
        print(f"{name:24}" + "".join(f"{by_sequence[name]['S']:16.3f}" for by_sequence in figures.values()))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="DAVIS-like root: JPEGImages and Annotations")
    parser.add_argument("maps", type=Path, help="the target's maps, a folder a sequence")
    parser.add_argument("-n", "--labels", type=int, default=3, help="frames that are labelled")
    parser.add_argument("--only", nargs="+", metavar="SEQ", help="sequences to use (default: all that have maps)")
    parser.add_argument("--step", type=int, default=1, help="score every n-th frame")
    parser.add_argument("--every", type=int, default=1, help="use every n-th frame only: quicker, and motion is faster")
    parser.add_argument("--pixels", type=int, default=PIXELS, help="pixels a network sees of a frame")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    options = parser.parse_args(arguments)
    plan = make_plan(Options(target=f"maps:{options.maps}", device=options.device, seed=options.seed), Registry.load())
    plan = replace(plan, working=partial(working_size, pixels=options.pixels))
    masks = truth_sequences(options.data)
    names = [n for n in common_sequences(options.data, [options.maps]) if options.only is None or n in options.only]
    figures: Figures = {}
    frames: dict[str, dict[str, list[int]]] = {}
    started = time.perf_counter()
    for whole in open_inputs([options.data]):
        if whole.name not in names:
            continue
        source = Part(every=options.every).of(whole)
        truths = {mask.stem: read_truth(mask) for mask in ALL.scored(masks[source.name], 1)}
        made = list(Engine(plan).scenes(source))
        remembering = replace(plan, flow=Remembering(plan.flow))  # both ways ask for the same neighbours
        frames[source.name] = measure(remembering, made, source, truths, options.labels, options.step, figures)
        print(f"[{time.perf_counter() - started:6.0f} s] {source.name}", file=sys.stderr, flush=True)
        if options.json:  # after each: the figures of a run that is ended are not lost
            text = json.dumps({"frames": frames, "figures": figures}, indent=1)
            options.json.write_text(text + "\n", encoding="utf-8")
    report(figures)


if __name__ == "__main__":
    main()
