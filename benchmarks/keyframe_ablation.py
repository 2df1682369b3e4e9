"""What each part of keyframe is worth: tables III, IV and V of the plug-and-play paper, for any target.

    python benchmarks/keyframe_ablation.py DAVIS MAPS --step 3 --json keyframe.json
    python benchmarks/keyframe_ablation.py DAVIS lite --tables 3

III: the target, the low-level saliency (motion times target, Eq. 6), the paper's result (the twin times that, Eq. 9),
and ``keyframe`` itself, before and after the gate. IV: λ, iterations a keyframe. V: the threshold of the ratio of
non-overlap, with the number of keyframes. IV and V are the paper's booster's; ``--fast`` makes them of ``keyframe``.
Perception and the target's maps are made once a sequence and shared by all rows; figures are means over sequences.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from mqp_ablation import FirstFrames, Replay, Score, Truths, add_all, at_size, means

from vsodboost.boosters.keyframe.low_level import low_level_saliency
from vsodboost.data.video import VideoSource
from vsodboost.datasets.inputs import open_inputs
from vsodboost.decision.fusion import fuse, predict
from vsodboost.metrics.grey_files import read_truth
from vsodboost.metrics.protocols import ALL
from vsodboost.metrics.sequences import common_sequences, truth_sequences
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.options import Options
from vsodboost.pipeline.plan import Plan, make_plan, set_up
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Request

LAMBDAS = (1, 5, 8, 10)
THRESHOLDS = (0.3, 0.5, 0.6, 0.75, 0.85)
SHOWN = ("maxF", "S", "MAE", "J")
Outcome = Literal["target", "low-level", "boosted", "final"]
"""Whose maps a row scores: the target's, the low-level saliency, the booster's before the gate, the result."""


@dataclass(frozen=True)
class Row:
    """A row of a table. Rows of the same ``booster`` and ``options`` share their tuning; None: nothing is tuned."""

    table: str
    name: str
    outcome: Outcome
    booster: str | None = None
    options: tuple[tuple[str, str], ...] = ()


def rows_of(tables: Sequence[str], ablated: str = "keyframe-paper") -> list[Row]:
    """The rows of the tables asked for; IV and V are made of the booster ``ablated``."""
    rows: list[Row] = []
    if "3" in tables:
        rows += [
            Row("III", "target", "target"),
            Row("III", "low-level saliency (Eq. 6)", "low-level"),
            Row("III", "paper (Eq. 9)", "final", "keyframe-paper"),
            Row("III", "keyframe, before the gate", "boosted", "keyframe"),
            Row("III", "keyframe", "final", "keyframe"),
        ]
    if "4" in tables:
        rows += [Row("IV", f"λ = {n}", "final", ablated, (("lambda", str(n)),)) for n in LAMBDAS]
    if "5" in tables:
        rows += [Row("V", f"NR < {bar}", "final", ablated, (("threshold", str(bar)),)) for bar in THRESHOLDS]
    return rows


@dataclass
class Measured:
    """Figures and numbers of keyframes, by row and sequence."""

    rows: dict[Row, dict[str, dict[str, float]]] = field(default_factory=dict)
    keyframes: dict[Row, dict[str, int]] = field(default_factory=dict)


def measure(plan: Plan, rows: Sequence[Row], source: VideoSource, truths: Truths, into: Measured) -> None:
    """Boost one video in every way and score it."""
    made = list(Engine(plan).scenes(source))
    scores = {row: Score() for row in rows}
    for row in (row for row in rows if row.booster is None):
        for _, scene, target in made:
            low_level = at_size(low_level_saliency(scene.motion_maps, scene.target), target)
            add_all(scores[row], scene, target if row.outcome == "target" else low_level, truths)
    runs = dict.fromkeys((row.booster, row.options) for row in rows if row.booster is not None)
    for name, options in runs:
        sharing = [row for row in rows if (row.booster, row.options) == (name, options)]
        wanted = Request(options=dict(options), device=plan.device, seed=plan.options.seed)
        booster, card = plan.registry.build("boosters", str(name), wanted)
        engine = Replay(set_up(replace(plan, booster=booster, booster_card=card)), made)
        keyframes = 0
        for buffer in engine.boost(source):
            keyframes += len(buffer.mined)
            for row in sharing:
                maps = buffer.maps
                if row.outcome == "boosted":
                    maps = at_size(fuse(buffer.scene, predict(engine.plan.student, buffer.scene)), buffer.target)
                add_all(scores[row], buffer.scene, maps, truths)
        for row in sharing:
            into.keyframes.setdefault(row, {})[source.name] = keyframes
    for row, score in scores.items():
        into.rows.setdefault(row, {})[source.name] = score.figures()


def report(measured: Measured, say: Callable[[str], None] = print) -> None:
    """Print the tables."""
    for table in dict.fromkeys(row.table for row in measured.rows):
        say(f"\nTable {table}\n{'':30}" + "".join(f"{key:>7}" for key in SHOWN) + "  keyframes")
        for row, by_sequence in measured.rows.items():
            if row.table == table:
                figures, found = means(by_sequence), measured.keyframes.get(row)
                cells = "".join(f"{figures[key]:7.3f}" for key in SHOWN)
                say(f"{row.name:30}{cells}" + (f"{sum(found.values()) / len(found):11.1f}" if found else ""))


def as_json(measured: Measured, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Everything measured, with what was asked."""
    tables: dict[str, Any] = {}
    for row, by_sequence in measured.rows.items():
        entry: dict[str, Any] = {"mean": means(by_sequence), "sequences": by_sequence}
        if row in measured.keyframes:
            entry["keyframes"] = measured.keyframes[row]
        tables.setdefault(row.table, {})[row.name] = entry
    return {"asked": {k: str(v) if isinstance(v, Path) else v for k, v in asked.items()}, "tables": tables}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="DAVIS-like root: JPEGImages and Annotations")
    parser.add_argument("target", help="folder of the target's maps, one folder a sequence; or any --target of wrap")
    parser.add_argument("--tables", nargs="+", default=["3", "4", "5"], choices=["3", "4", "5"])
    parser.add_argument(
        "--fast", action="store_true", help="tables IV and V of keyframe instead of the paper's booster"
    )
    parser.add_argument("--step", type=int, default=1, help="score every n-th frame")
    parser.add_argument("--only", nargs="+", metavar="SEQ", help="sequences to use (default: all that have maps)")
    parser.add_argument("--frames", type=int, help="use the first frames of each sequence only")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    options = parser.parse_args(arguments)

    is_folder = Path(options.target).is_dir()
    target = f"maps:{options.target}" if is_folder else options.target
    plan = make_plan(Options(target=target, device=options.device, seed=options.seed), Registry.load())
    truths = truth_sequences(options.data)
    names = common_sequences(options.data, [Path(options.target)]) if is_folder else list(truths)
    names = [name for name in names if options.only is None or name in options.only]
    rows = rows_of(options.tables, "keyframe" if options.fast else "keyframe-paper")
    measured, started = Measured(), time.perf_counter()
    for source in open_inputs([options.data]):
        if source.name in names:
            masks = {mask.stem: read_truth(mask) for mask in ALL.scored(truths[source.name], options.step)}
            video = FirstFrames(source, options.frames) if options.frames else source
            measure(plan, rows, video, masks, measured)
            print(f"[{time.perf_counter() - started:6.0f} s] {source.name}", file=sys.stderr, flush=True)
    print(f"{target}; {', '.join(names)}")
    report(measured)
    if options.json:
        text = json.dumps(as_json(measured, vars(options)), indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
