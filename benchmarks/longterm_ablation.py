"""What each part of longterm is worth, and costs: tables II, III, V, VI and VIII of the long-term mining paper.

    python benchmarks/longterm_ablation.py DAVIS MAPS --tables 2 8 --json longterm.json

II: motion saliency alone; the untuned spatial model; FS of the first clusters (+SOPM MAX), with the classifier (+BC),
pasted by averages (AVE); the student tuned on random frames (+OLF) and on keyframes (+KFS); the product before and
after the gate, and mqp's. III: FS and student after 0 to 3 mining iterations. V: K clusters. VI: B frames a keyframe.
VIII: seconds a frame by stage, beside mqp's. Figures are means over sequences by protocol ``all``; perception and the
target's maps are made once a sequence for tables II to VI, and anew for each booster in VIII.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from mqp_ablation import SHOWN, FirstFrames, Replay, Score, Truths, add_all, at_size, means

from vsodboost.boosters.longterm import mining, survey, teaching
from vsodboost.boosters.longterm.booster import Longterm
from vsodboost.data.types import Maps
from vsodboost.data.video import VideoSource
from vsodboost.datasets.inputs import open_inputs
from vsodboost.decision.fusion import fuse, predict
from vsodboost.metrics.grey_files import read_truth
from vsodboost.metrics.protocols import ALL
from vsodboost.metrics.sequences import common_sequences, truth_sequences
from vsodboost.pipeline.engine import Engine, PredictedBuffer
from vsodboost.pipeline.options import choose
from vsodboost.pipeline.plan import Plan, make_plan, set_up
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Request

CLUSTERS = (4, 6, 8, 10)
BATCHES = (3, 5, 8, 10)
Outcome = Literal["target", "motion", "spatial", "fs", "student", "boosted", "final"]
"""Whose maps a row scores: the target's, the motion network's, the untuned spatial model's, FS, the tuned student's of
the frame alone, the product's before the gate, the product's."""


@dataclass(frozen=True)
class Row:
    """A row of a table. Rows with equal ``booster`` and ``options`` share one run; without a booster nothing is run."""

    table: str
    name: str
    outcome: Outcome
    booster: str = ""
    options: tuple[tuple[str, str], ...] = ()

    @property
    def run(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What is to be run for it."""
        return self.booster, self.options


def rows_of(tables: Sequence[str], booster: str = "longterm") -> list[Row]:
    """The rows of the tables asked for."""
    rows: list[Row] = []

    def add(table: str, name: str, outcome: Outcome, **options: str) -> None:
        rows.append(Row(table, name, outcome, booster, tuple(sorted(options.items()))))

    if "2" in tables:
        rows += [
            Row("II", "target", "target"),
            Row("II", "motion saliency (Eq. 7)", "motion"),
            Row("II", "spatial model, untuned", "spatial"),
        ]
        add("II", "+SOPM(MAX)", "fs", classifier="none")
        add("II", "+SOPM(MAX)+BC", "fs")
        add("II", "+SOPM(AVE)+BC", "fs", paste="mean")
        add("II", "+SOPM(MAX)+BC+OLF", "student", keyframes="random")
        add("II", "+SOPM(MAX)+BC+OLF(KFS)", "student")
        add("II", "product, before the gate", "boosted")
        add("II", "product", "final")
        by_motion = {"motion-value": "mean", "keyframe-truth": "binary"}
        add("II", "product, clusters and keyframes by motion alone", "final", **by_motion)
        rows += [
            Row("II", "mqp, before the gate", "boosted", "mqp"),
            Row("II", "mqp", "final", "mqp"),
        ]
    if "3" in tables:
        for rounds in range(4):
            given = {} if rounds == 3 else {"rounds": str(rounds)}
            add("III", f"iteration {rounds}, FS", "fs", **given)
            add("III", f"iteration {rounds}, student", "student", **given)
    for number, name, values, standard in (("5", "clusters", CLUSTERS, 8), ("6", "batch", BATCHES, 5)):
        if number in tables:
            table, letter = ("V", "K") if number == "5" else ("VI", "B")
            for value in values:
                given = {} if value == standard else {name: str(value)}
                add(table, f"{letter} = {value}, student", "student", **given)
                add(table, f"{letter} = {value}, product", "final", **given)
    return rows


@dataclass
class Measured:
    """Figures by (table, row) and sequence; seconds a frame by booster and stage; frames timed."""

    rows: dict[tuple[str, str], dict[str, dict[str, float]]] = field(default_factory=dict)
    seconds: dict[str, dict[str, float]] = field(default_factory=dict)
    frames: dict[str, int] = field(default_factory=dict)


def with_booster(plan: Plan, name: str, options: Mapping[str, str]) -> Plan:
    """The plan with another booster, tuned as that one says; the plan's own booster options count where it is its own
    kind."""
    common = plan.options.booster_options if name == plan.options.booster else {}
    request = Request(options={**common, **options}, device=plan.device, seed=plan.options.seed)
    booster, card = plan.registry.build("boosters", name, request)
    before = plan.booster.context.tuning  # what longterm made of it is not for the others
    return set_up(replace(plan, booster=booster, booster_card=card, tuning=before))


def measure(plan: Plan, rows: Sequence[Row], source: VideoSource, truths: Truths, into: Measured) -> None:
    """Boost one video in every way and score it."""
    made = list(Engine(plan).scenes(source))
    scores = {(row.table, row.name): Score() for row in rows}
    for row in (row for row in rows if not row.booster):
        for _, scene, target in made:
            maps = {"target": scene.target, "motion": scene.motion_maps}.get(row.outcome)
            if maps is None:
                plan.student.reset()
                maps = plan.student.predict(scene.frames)
            add_all(
                scores[row.table, row.name], scene, target if row.outcome == "target" else at_size(maps, target), truths
            )
    for run in dict.fromkeys(row.run for row in rows if row.booster):
        sharing = [row for row in rows if row.run == run]
        wanted = {row.outcome for row in sharing}
        engine = Replay(with_booster(plan, run[0], dict(run[1])), made)
        if wanted == {"fs"}:  # nothing to learn for that
            engine.plan = replace(engine.plan, tuning=replace(engine.plan.tuning, steps=0, passes=None))
        for found, predicted in outcomes(engine, source, wanted):
            for row in sharing:
                add_all(scores[row.table, row.name], predicted.scene, found[row.outcome], truths)
    for key, score in scores.items():
        into.rows.setdefault(key, {})[source.name] = score.figures()


def outcomes(
    engine: Engine, source: VideoSource, wanted: set[Outcome]
) -> Iterator[tuple[dict[str, Maps], PredictedBuffer]]:
    """The maps wanted of every buffer, at the source size."""
    for predicted in engine.predict(source):
        scene, target = predicted.scene, predicted.target
        found: dict[str, Maps] = {}
        if "fs" in wanted and isinstance(engine.plan.booster, Longterm):
            found["fs"] = at_size(engine.plan.booster.saliency(scene), target)
        if "student" in wanted:
            found["student"] = at_size(engine.plan.student.predict(scene.frames), target)
        if "boosted" in wanted:
            predictions = predicted.predictions or predict(engine.plan.student, scene)
            found["boosted"] = at_size(fuse(scene, predictions), target)
        if "final" in wanted:
            found["final"] = engine.decide(predicted).maps
        yield found, predicted


# Table VIII

STAGES = (
    ("perceive", "optical flow and motion saliency"),
    ("target", "target"),
    ("fuse", "first predictions"),
    ("look", "spatial model's look at the frames"),
    ("propose", "object proposals"),
    ("survey, rest", "features and the pool"),
    ("cluster and mine", "clustering, ranking and binary classifier"),
    ("patches", "patchwise refiner"),
    ("mine", "keyframes"),
    ("tune", "framewise refiner: fine-tuning"),
    ("predict", "framewise refiner: prediction"),
    ("decide", "gate"),
)


@contextmanager
def timed(spent: dict[str, float]) -> Iterator[None]:
    """Adds the seconds of longterm's parts to ``spent``, by stage."""
    parts: tuple[tuple[Any, str, str], ...] = (
        (survey, "look", "look"),
        (survey, "propose", "propose"),
        (mining, "k_means", "cluster and mine"),
        (mining, "mine", "cluster and mine"),
        (teaching, "frame_saliency", "patches"),
    )
    before = [(module, name, getattr(module, name)) for module, name, _ in parts]

    def watched(function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                spent[stage] = spent.get(stage, 0.0) + time.perf_counter() - started

        return call

    for (module, name, stage), (_, _, function) in zip(parts, before, strict=True):
        setattr(module, name, watched(function, stage))
    try:
        yield
    finally:
        for module, name, function in before:
            setattr(module, name, function)


def cost(plan: Plan, booster: str, source: VideoSource, into: Measured) -> None:
    """Boost one video from its frames and add up the seconds of every stage."""
    engine = Engine(with_booster(plan, booster, {}))
    inner: dict[str, float] = {}
    frames = 0
    with timed(inner):
        for buffer in engine.boost(source):
            frames += len(buffer.scene)
    spent = dict(engine.seconds.spent)
    if "survey" in spent:
        spent["survey, rest"] = spent.pop("survey") - sum(
            inner.get(k, 0) for k in ("look", "propose", "cluster and mine")
        )
    if "patches" in inner:
        spent["mine"] = spent.get("mine", 0.0) - inner["patches"]
    total = into.seconds.setdefault(booster, {})
    for stage, seconds in {**spent, **inner}.items():
        total[stage] = total.get(stage, 0.0) + seconds
    into.frames[booster] = into.frames.get(booster, 0) + frames


def report(measured: Measured, say: Callable[[str], None] = print) -> None:
    """Print the tables."""
    for table in dict.fromkeys(table for table, _ in measured.rows):
        say(f"\nTable {table}\n{'':34}" + "".join(f"{key:>7}" for key in SHOWN))
        for (found, name), by_sequence in measured.rows.items():
            if found == table:
                figures = means(by_sequence)
                say(f"{name:34}" + "".join(f"{figures[key]:7.3f}" for key in SHOWN))
    ours, theirs, target = (measured.rows.get(("II", name)) for name in ("product", "mqp", "target"))
    if ours and theirs and target:
        say(f"\n{'S by sequence':22}{'target':>8}{'mqp':>8}{'longterm':>9}{'difference':>11}{'maxF diff.':>11}")
        for name in sorted(ours, key=lambda n: theirs[n]["S"] - ours[n]["S"]):
            s, t, u = ours[name], theirs[name], target[name]
            gains = f"{s['S'] - t['S']:+11.3f}{s['maxF'] - t['maxF']:+11.3f}"
            say(f"{name:22}{u['S']:8.3f}{t['S']:8.3f}{s['S']:9.3f}{gains}")
    if measured.seconds:
        say("\nTable VIII: milliseconds a frame\n" + f"{'':44}" + "".join(f"{name:>12}" for name in measured.seconds))
        known = [stage for stage, _ in STAGES]
        others = sorted({stage for spent in measured.seconds.values() for stage in spent} - set(known))
        for stage, label in (*STAGES, *((stage, stage) for stage in others)):
            cells = [1000 * s.get(stage, 0.0) / measured.frames[n] for n, s in measured.seconds.items()]
            if any(cells):
                say(f"{label:44}" + "".join(f"{cell:12.1f}" for cell in cells))
        sums = [1000 * sum(s.values()) / measured.frames[n] for n, s in measured.seconds.items()]
        say(f"{'total':44}" + "".join(f"{cell:12.1f}" for cell in sums))


def as_json(measured: Measured, options: argparse.Namespace) -> dict[str, Any]:
    """Everything measured, with what was asked."""
    tables: dict[str, Any] = {}
    for (table, name), by_sequence in measured.rows.items():
        tables.setdefault(table, {})[name] = {"mean": means(by_sequence), "sequences": by_sequence}
    asked = {k: str(v) if isinstance(v, Path) else v for k, v in vars(options).items()}
    return {"asked": asked, "tables": tables, "seconds": measured.seconds, "frames": measured.frames}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="DAVIS-like root: JPEGImages and Annotations")
    parser.add_argument("maps", help="folder of the target's maps, one folder a sequence; or any --target of wrap")
    parser.add_argument("--tables", nargs="+", default=["2"], choices=["2", "3", "5", "6", "8"])
    parser.add_argument("--step", type=int, default=1, help="score every n-th frame")
    parser.add_argument("--only", nargs="+", metavar="SEQ", help="sequences to use (default: all that have maps)")
    parser.add_argument("--frames", type=int, help="use the first frames of each sequence only")
    parser.add_argument("--booster", default="longterm", choices=["longterm", "longterm-paper"])
    parser.add_argument("--option", nargs="*", default=[], metavar="NAME=VALUE", help="booster options of every row")
    parser.add_argument("--detector", default="blobs")
    parser.add_argument("--flow", default="dis")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    options = parser.parse_args(arguments)

    registry = Registry.load()
    given = {k: v for k, v in vars(options).items() if k in ("booster", "detector", "flow", "device", "seed")}
    is_folder = Path(options.maps).is_dir()
    given["target"] = f"maps:{options.maps}" if is_folder else options.maps
    given["booster_options"] = dict(item.split("=", 1) for item in options.option)
    plan = make_plan(choose(given, registry), registry)
    truths = truth_sequences(options.data)
    names = common_sequences(options.data, [Path(options.maps)]) if is_folder else list(truths)
    names = [name for name in names if options.only is None or name in options.only]
    measured, started = Measured(), time.perf_counter()
    rows = rows_of(options.tables, options.booster)
    for source in open_inputs([options.data]):
        if source.name not in names:
            continue
        video = FirstFrames(source, options.frames) if options.frames else source
        if rows:
            masks = {mask.stem: read_truth(mask) for mask in ALL.scored(truths[source.name], options.step)}
            measure(plan, rows, video, masks, measured)
        if "8" in options.tables:
            for booster in ("mqp", options.booster):
                cost(plan, booster, video, measured)
        print(f"[{time.perf_counter() - started:6.0f} s] {source.name}", file=sys.stderr, flush=True)
    print(f"{given['target']}; booster {options.booster}, detector {options.detector}; {', '.join(names)}")
    report(measured)
    if options.json:
        options.json.write_text(json.dumps(as_json(measured, options), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
