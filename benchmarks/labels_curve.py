"""How good maps become with how many labels: figure 7 of the pseudo-label paper, on the video that is labelled.

    python benchmarks/labels_curve.py DAVIS MAPS --step 3 --json labels.json

Every n-th frame is labelled; only frames without a label are scored. Compared are the target's own maps, the nearest
label copied, labels propagated by flow alone (the mean of both sides), the pseudo-labels, the student tuned on the
labels, and the booster; ``--on-pseudo-labels`` adds the student tuned on labels and all pseudo-labels, the paper's way.
``--single`` adds one label in all, in the middle. Figures are means over sequences by protocol ``all``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from mqp_ablation import FirstFrames, Made, Replay, Score, Truths, add_all, at_size, means

from vsodboost.boosters.labels.booster import Labels
from vsodboost.boosters.labels.labelled_frames import VideoLabels, read_video_labels
from vsodboost.boosters.labels.propagation import propagate
from vsodboost.boosters.labels.reading import LabelFolder
from vsodboost.data.scene import Scene
from vsodboost.data.types import Clip, Maps
from vsodboost.data.video import VideoSource
from vsodboost.datasets.inputs import open_inputs
from vsodboost.decision.fusion import predict
from vsodboost.io.atomic import write_png
from vsodboost.metrics.grey_files import read_truth
from vsodboost.metrics.protocols import ALL
from vsodboost.metrics.sequences import common_sequences, truth_sequences
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.options import Options
from vsodboost.pipeline.plan import Plan, make_plan, set_up
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Request
from vsodboost.training.fgplg import Remembering

SPACINGS = (2, 5, 10, 20, 40)
SINGLE = 0
"""Stands for one label in all."""
ON_PSEUDO_LABELS = "student tuned on pseudo-labels"
WAYS = ("target", "nearest label", "flow alone", "pseudo-labels", "student", "labels", ON_PSEUDO_LABELS)
SHOWN = ("maxF", "S", "MAE", "J")
Figures = dict[tuple[int, str], dict[str, dict[str, float]]]
"""By spacing and way, then by sequence."""


def labelled_frames(count: int, spacing: int) -> list[int]:
    """Every ``spacing``-th of ``count`` frames, the first one half a spacing in; ``SINGLE``: the middle one."""
    if spacing == SINGLE:
        return [count // 2]
    return list(range(min(spacing // 2, count - 1), count, spacing))


def nearest_label(scene: Scene, labels: VideoLabels) -> Maps:
    """The label of the frame nearest in time, as it is, whatever shot it lies in."""
    apart = np.abs(np.arange(len(scene))[:, None] + scene.first - np.array(labels.indices)[None])
    return np.stack([labels.frames[int(i)].map for i in apart.argmin(axis=1)])


def propagated_alone(scene: Scene, labels: VideoLabels, plan: Plan) -> Maps:
    """Labels propagated from both sides, averaged; empty where no label reaches."""
    clip = Clip(scene.frames, scene.names, scene.video, scene.first)
    propagated = propagate(clip, labels, plan.flow, plan.name("flow"), "best")
    maps = np.zeros_like(scene.target)
    maps[propagated.indices] = (propagated.left + propagated.right) / 2
    return maps


def measure(
    plan: Plan,
    made: Made,
    source: VideoSource,
    spacing: int,
    truths: Truths,
    every: Truths,
    into: Figures,
    *,
    on_pseudo_labels: bool = False,
) -> None:
    """Label a video at one spacing, and score the frames of ``truths`` that got no label; ``every`` has all masks.
    ``on_pseudo_labels`` also tunes a student on all of those."""
    names = [name for _, scene, _ in made for name in scene.names]
    chosen = {names[t] for t in labelled_frames(len(names), spacing)}
    left = {name: truth for name, truth in truths.items() if name not in chosen}
    if not left:
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            write_png(Path(folder) / f"{name}.png", every[name].astype(np.uint8) * 255)
        labels = read_video_labels(source, LabelFolder(folder), plan.options.buffer, plan.working)
        engine = engine_of(plan, made, {"labels": folder})
        booster = engine.plan.booster
        assert isinstance(booster, Labels)
        scores = {way: Score() for way in WAYS if on_pseudo_labels or way != ON_PSEUDO_LABELS}
        for buffer in engine.boost(source):
            scene, target = buffer.scene, buffer.target
            found = {
                "target": target,
                "nearest label": at_size(nearest_label(scene, labels), target),
                "flow alone": at_size(propagated_alone(scene, labels, plan), target),
                "pseudo-labels": at_size(booster.pseudo_labels(scene), target),
                "student": at_size(predict(engine.plan.student, scene).unguided, target),
                "labels": buffer.maps,
            }
            for way, maps in found.items():
                add_all(scores[way], scene, maps, left)
        if on_pseudo_labels:
            engine = engine_of(plan, made, {"labels": folder, "between": "all"})
            for buffer in engine.boost(source):
                maps = at_size(predict(engine.plan.student, buffer.scene).unguided, buffer.target)
                add_all(scores[ON_PSEUDO_LABELS], buffer.scene, maps, left)
    for way, score in scores.items():
        into.setdefault((spacing, way), {})[source.name] = score.figures()


def engine_of(plan: Plan, made: Made, options: dict[str, str]) -> Replay:
    """The booster ``labels`` with these options on scenes made before."""
    wanted = Request(options=options, device=plan.device, seed=plan.options.seed)
    booster, card = plan.registry.build("boosters", "labels", wanted)
    return Replay(set_up(replace(plan, booster=booster, booster_card=card)), made)


def report(figures: Figures, say: Callable[[str], None] = print) -> None:
    """Print the curves as tables, a spacing each."""
    for spacing in dict.fromkeys(spacing for spacing, _ in figures):
        share = "one label in all" if spacing == SINGLE else f"1 label in {spacing} ({1 / spacing:.1%})"
        say(f"\n{share:34}" + "".join(f"{key:>7}" for key in SHOWN))
        for (found, way), by_sequence in figures.items():
            if found == spacing:
                mean = means(by_sequence)
                say(f"{way:34}" + "".join(f"{mean[key]:7.3f}" for key in SHOWN))


def as_json(figures: Figures, asked: dict[str, Any]) -> dict[str, Any]:
    """Everything measured, with what was asked."""
    curves: dict[str, dict[str, Any]] = {}
    for (spacing, way), by_sequence in figures.items():
        curves.setdefault(str(spacing), {})[way] = {"mean": means(by_sequence), "sequences": by_sequence}
    return {"asked": {k: str(v) if isinstance(v, Path) else v for k, v in asked.items()}, "spacings": curves}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="DAVIS-like root: JPEGImages and Annotations")
    parser.add_argument("target", help="folder of the target's maps, one folder a sequence; or any --target of wrap")
    parser.add_argument("--spacings", nargs="+", type=int, default=list(SPACINGS), metavar="N", help="1 label in N")
    parser.add_argument("--single", action="store_true", help="also one label in all")
    parser.add_argument(
        "--on-pseudo-labels", action="store_true", help="also tune on all pseudo-labels, the paper's way"
    )
    parser.add_argument("--step", type=int, default=1, help="score every n-th frame")
    parser.add_argument("--only", nargs="+", metavar="SEQ", help="sequences to use (default: all that have maps)")
    parser.add_argument("--frames", type=int, help="use the first frames of each sequence only")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    options = parser.parse_args(arguments)
    if min(options.spacings) < 2:
        parser.error("a spacing is at least 2: with 1 every frame is labelled")

    is_folder = Path(options.target).is_dir()
    target = f"maps:{options.target}" if is_folder else options.target
    plan = make_plan(Options(target=target, device=options.device, seed=options.seed), Registry.load())
    masks = truth_sequences(options.data)
    names = common_sequences(options.data, [Path(options.target)]) if is_folder else list(masks)
    names = [name for name in names if options.only is None or name in options.only]
    figures: Figures = {}
    started = time.perf_counter()
    for source in open_inputs([options.data]):
        if source.name not in names:
            continue
        every = {mask.stem: read_truth(mask) for mask in ALL.scored(masks[source.name], 1)}
        truths = {mask.stem: every[mask.stem] for mask in ALL.scored(masks[source.name], options.step)}
        video = FirstFrames(source, options.frames) if options.frames else source
        made = list(Engine(plan).scenes(video))
        remembering = replace(plan, flow=Remembering(plan.flow))  # spacings ask for the same neighbours
        for spacing in [*options.spacings, *([SINGLE] if options.single else [])]:
            measure(
                remembering, made, video, spacing, truths, every, figures, on_pseudo_labels=options.on_pseudo_labels
            )
        print(f"[{time.perf_counter() - started:6.0f} s] {source.name}", file=sys.stderr, flush=True)
    print(f"{target}; {', '.join(names)}; frames without a label")
    report(figures)
    if options.json:
        text = json.dumps(as_json(figures, vars(options)), indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
