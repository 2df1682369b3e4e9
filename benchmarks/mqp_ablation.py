"""What each part of mqp is worth: tables I, II and III of the motion-quality paper, for any target's maps.

    python benchmarks/mqp_ablation.py DAVIS MAPS --step 3 --json ablation.json

III: the motion saliency maps alone (MS); a spatial model tuned on them on random frames (-MQPM), on as many frames of
high motion quality (+MQPM); on the target's maps of the filtered ones (+filter); and the product, before and after the
gate. II: the filter's window, T = 1 (no filter) to 1/10. I: the target's maps on frames of high motion quality and on
the others. Figures are means over sequences (I: over frames) by protocol ``all``. Perception, the target's maps and the
fusion network's predictions are made once a sequence and shared by all rows; each row mines, tunes and predicts anew.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.scene import Mined, Scene
from vsodboost.data.types import Clip, Maps
from vsodboost.data.video import Frame, VideoSource
from vsodboost.datasets.inputs import open_inputs
from vsodboost.decision.fusion import fuse, predict
from vsodboost.io.buffers import START, Position
from vsodboost.metrics.curves import CurveMean
from vsodboost.metrics.f_measure import f_measure
from vsodboost.metrics.grey_files import read_truth
from vsodboost.metrics.jaccard import jaccard
from vsodboost.metrics.mae import mae
from vsodboost.metrics.protocols import ALL
from vsodboost.metrics.s_measure import s_measure
from vsodboost.metrics.sequences import common_sequences, truth_sequences
from vsodboost.ops.resize import resize_maps, working_size
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.options import choose
from vsodboost.pipeline.plan import Plan, make_plan, set_up
from vsodboost.registry.booster import Booster
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Request

WINDOWS = (1, 2, 3, 4, 5, 10)
Made = Sequence[tuple[Clip, Scene, Maps]]
"""The scenes of a video with the target's maps at the source size."""
Outcome = Literal["target", "motion", "student", "boosted", "final"]
"""Whose maps a row scores: the target's, the motion network's, the tuned model's (which does not see the target's), the
product's before the gate, the product's."""


class MotionTeaches(Booster):
    """Frames of high motion quality, or as many at random, with their motion saliency maps as pseudo ground truth; no
    filter."""

    def __init__(self, bar: float, *, at_random: bool, seed: int = 0) -> None:
        self.bar, self.at_random, self.seed = bar, at_random, seed

    def mine(self, scene: Scene) -> Mined:
        """Every frame of at least that quality (where none is, the best third of those that move)."""
        moving = ~scene.static
        if not moving.any():
            return Mined.nothing(scene, reason="nothing moves")
        high = moving & (scene.quality >= self.bar)
        if not high.any():
            high = moving & (scene.quality >= np.quantile(scene.quality[moving], 2 / 3))
        chosen = np.flatnonzero(high)
        if self.at_random:
            rng = np.random.default_rng([self.seed, zlib.crc32(scene.video.encode()), scene.first])
            chosen = np.sort(rng.choice(len(scene), len(chosen), replace=False))
        return Mined(chosen, scene.motion_maps[chosen], np.ones(len(chosen), np.float32))


@dataclass(frozen=True)
class Row:
    """A row of a table: ``booster`` None where nothing is tuned. Rows of one ``run`` share its tuning."""

    table: str
    name: str
    outcome: Outcome
    run: str = ""
    booster: Booster | None = None


def rows_of(plan: Plan, tables: Sequence[str]) -> list[Row]:
    """The rows of tables II and III for the plan's profile."""
    registry, name, paper = plan.registry, plan.options.booster, plan.options.profile == "paper"

    def built(**changes: str) -> Booster:
        options = {**plan.options.booster_options, **{k.replace("_", "-"): v for k, v in changes.items()}}
        wanted = Request(options=options, device=plan.device, seed=plan.options.seed)
        booster: Booster = registry.build("boosters", name, wanted)[0]
        return booster

    rows: list[Row] = []
    if "3" in tables:
        bar, seed = quality_bar(plan), plan.options.seed
        filtered = built() if paper else built(pseudo_truth="target")
        rows += [
            Row("III", "target", "target"),
            Row("III", "MS", "motion"),
            Row("III", "MS -MQPM", "student", "random", MotionTeaches(bar, at_random=True, seed=seed)),
            Row("III", "MS +MQPM", "student", "quality", MotionTeaches(bar, at_random=False)),
            Row("III", "MS +MQPM +filter, target teaches", "student", "filter", filtered),
        ]
        if not paper:
            rows += [
                Row("III", "product, before the gate", "boosted", "window 5", built(window="5")),
                Row("III", "product, +gate", "final", "window 5", built(window="5")),
            ]
    if "2" in tables:
        for window in WINDOWS:
            label = "T = 1 (no filter)" if window == 1 else f"T = 1/{window}"
            run, booster = f"window {window}", built(window=str(window))
            rows.append(Row("II", label, "final", run, booster))
            if not paper:
                rows.append(Row("II, the tuned model alone", label, "student", run, booster))
    return rows


def quality_bar(plan: Plan) -> float:
    """The motion quality from which the plan's booster takes a frame."""
    return float(getattr(getattr(plan.booster, "settings", None), "quality", 0.5))


class Replay(Engine):
    """An engine whose scenes were made before."""

    def __init__(self, plan: Plan, made: Made) -> None:
        super().__init__(plan)
        self._made = made

    def _scenes(self, source: VideoSource, start: Position = START) -> Iterator[tuple[Clip, Scene, Maps]]:
        for made in self._made:
            self.memory.position = self.memory.position.after(made[0].frames)  # the engine counts by it
            yield made


@dataclass
class Score:
    """Figures of the frames added so far."""

    f: CurveMean = field(default_factory=CurveMean)
    sums: dict[str, float] = field(default_factory=lambda: dict.fromkeys(("S", "MAE", "J", "frame maxF"), 0.0))

    def add(self, saliency: NDArray[np.float32], truth: NDArray[np.bool_]) -> None:
        """Take in a map ``float32[H, W]`` in [0, 1] as its 8-bit file would be scored."""
        levels = np.rint(saliency * 255).astype(np.uint8)
        grey, written = ALL.prepared(levels, (truth.shape[0], truth.shape[1]))
        curve = f_measure(grey, truth)
        self.f.add(curve)
        self.sums["frame maxF"] += float(curve.curve.max())
        self.sums["S"] += s_measure(grey, truth)
        self.sums["MAE"] += mae(grey, truth)
        self.sums["J"] += jaccard(written, truth)

    def figures(self) -> dict[str, float]:
        """maxF (of the mean curve), S, MAE, J and the mean of the frames' own maxF."""
        return {"maxF": self.f.max, **{key: value / self.f.count for key, value in self.sums.items()}}


Truths = Mapping[str, NDArray[np.bool_]]
"""Masks of a sequence's scored frames, by the frame's name."""


@dataclass
class Measured:
    """Everything measured: figures by row and sequence, and the target's by motion quality over all frames."""

    rows: dict[tuple[str, str], dict[str, dict[str, float]]] = field(default_factory=dict)
    mined: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    high: Score = field(default_factory=Score)
    low: Score = field(default_factory=Score)


def measure(plan: Plan, rows: Sequence[Row], source: VideoSource, truths: Truths, into: Measured) -> None:
    """Boost one video in every way and score it."""
    made = list(Engine(plan).scenes(source))
    bar = quality_bar(plan)
    for _, scene, target in made:
        for t, name in enumerate(scene.names):
            if name in truths:
                (into.high if scene.quality[t] >= bar else into.low).add(target[t], truths[name])
    scores = {(row.table, row.name): Score() for row in rows}
    for row in rows:
        if row.booster is None:
            for _, scene, target in made:
                maps = target if row.outcome == "target" else at_size(scene.motion_maps, target)
                add_all(scores[row.table, row.name], scene, maps, truths)
    for run, booster in {row.run: row.booster for row in rows if row.booster is not None}.items():
        sharing = [row for row in rows if row.run == run]
        engine = Replay(set_up(replace(plan, booster=booster)), made)
        mined = 0
        for buffer in engine.boost(source):
            mined += len(buffer.mined)
            wanted = {row.outcome for row in sharing}
            found = {"final": buffer.maps}
            if wanted & {"student", "boosted"}:
                predictions = predict(engine.plan.student, buffer.scene)
                found["student"] = at_size(predictions.unguided, buffer.target)
                found["boosted"] = at_size(fuse(buffer.scene, predictions), buffer.target)
            for row in sharing:
                add_all(scores[row.table, row.name], buffer.scene, found[row.outcome], truths)
        for row in sharing:
            into.mined.setdefault((row.table, row.name), {})[source.name] = mined
    for key, score in scores.items():
        into.rows.setdefault(key, {})[source.name] = score.figures()


def add_all(score: Score, scene: Scene, maps: Maps, truths: Truths) -> None:
    """Score those of a scene's frames that have a truth."""
    for t, name in enumerate(scene.names):
        if name in truths:
            score.add(maps[t], truths[name])


def at_size(maps: Maps, like: Maps) -> Maps:
    """Maps at the size of others, still in [0, 1]."""
    return np.clip(resize_maps(maps, (int(like.shape[1]), int(like.shape[2]))), 0, 1)


@dataclass(frozen=True)
class FirstFrames:
    """The beginning of a video."""

    source: VideoSource
    count: int

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    @property
    def length(self) -> int | None:
        return None if self.source.length is None else min(self.count, self.source.length)

    def frames(self) -> Iterator[Frame]:
        """At most ``count`` frames."""
        return islice(self.source.frames(), self.count)


def means(by_sequence: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Each figure's mean over sequences."""
    keys = next(iter(by_sequence.values())).keys()
    return {key: float(np.mean([figures[key] for figures in by_sequence.values()])) for key in keys}


SHOWN = ("maxF", "S", "MAE", "J")


def report(measured: Measured, say: Callable[[str], None] = print) -> None:
    """Print the tables."""
    if measured.high.f.count or measured.low.f.count:
        say("\nTable I: the target's maps by motion quality")
        say(f"{'':34}" + "".join(f"{key:>7}" for key in SHOWN) + f"{'frame F':>9}  frames")
        for name, score in (("high motion quality", measured.high), ("low motion quality", measured.low)):
            if not score.f.count:
                say(f"{name:34}{'no frame':>7}")
                continue
            figures = score.figures()
            cells = "".join(f"{figures[key]:7.3f}" for key in SHOWN)
            say(f"{name:34}{cells}{figures['frame maxF']:9.3f}  {score.f.count}")
    for table in dict.fromkeys(table for table, _ in measured.rows):
        say(f"\nTable {table}\n{'':34}" + "".join(f"{key:>7}" for key in SHOWN) + "   mined")
        for (found, name), by_sequence in measured.rows.items():
            if found == table:
                figures = means(by_sequence)
                mined = measured.mined.get((found, name))
                cells = "".join(f"{figures[key]:7.3f}" for key in SHOWN)
                say(f"{name:34}{cells}" + (f"{np.mean(list(mined.values())):8.1f}" if mined else ""))


def as_json(measured: Measured, options: argparse.Namespace) -> dict[str, Any]:
    """Everything measured, with what was asked."""
    tables: dict[str, Any] = {}
    for (table, name), by_sequence in measured.rows.items():
        row = {"mean": means(by_sequence), "sequences": by_sequence}
        if (table, name) in measured.mined:
            row["mined"] = measured.mined[table, name]
        tables.setdefault(table, {})[name] = row
    groups = {"high": measured.high, "low": measured.low}
    tables["I"] = {k: {"frames": s.f.count, **(s.figures() if s.f.count else {})} for k, s in groups.items()}
    asked = {k: str(v) if isinstance(v, Path) else v for k, v in vars(options).items()}
    return {"asked": asked, "tables": tables}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="DAVIS-like root: JPEGImages and Annotations")
    parser.add_argument("maps", help="folder of the target's maps, one folder a sequence; or any --target of wrap")
    parser.add_argument("--tables", nargs="+", default=["1", "2", "3"], choices=["1", "2", "3"])
    parser.add_argument("--step", type=int, default=1, help="score every n-th frame")
    parser.add_argument("--only", nargs="+", metavar="SEQ", help="sequences to use (default: all that have maps)")
    parser.add_argument("--frames", type=int, help="use the first frames of each sequence only")
    parser.add_argument("--profile", choices=["fast", "paper"], default="fast")
    parser.add_argument("--option", nargs="*", default=[], metavar="NAME=VALUE", help="booster options of every row")
    parser.add_argument("--flow", help="flow estimator (default: the profile's)")
    parser.add_argument("--pixels", type=int, help="pixels a network sees of a frame (fast only)")
    parser.add_argument("--steps", type=int, help="fine-tuning steps (default: the profile's)")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write every figure to this file, anew after each sequence")
    options = parser.parse_args(arguments)

    registry = Registry.load()
    given: dict[str, Any] = {
        k: v for k, v in vars(options).items() if k in ("profile", "flow", "steps", "device", "seed")
    }
    is_folder = Path(options.maps).is_dir()
    given["target"] = f"maps:{options.maps}" if is_folder else options.maps
    given["booster_options"] = dict(item.split("=", 1) for item in options.option)
    chosen = choose({k: v for k, v in given.items() if v is not None}, registry)
    plan = make_plan(chosen, registry)
    if options.pixels is not None:
        if chosen.profile == "paper":
            parser.error("--pixels: the paper's networks say at what size they work (training option side)")
        plan = replace(plan, working=partial(working_size, pixels=options.pixels))
    truths = truth_sequences(options.data)
    names = common_sequences(options.data, [Path(options.maps)]) if is_folder else list(truths)
    names = [name for name in names if options.only is None or name in options.only]
    measured, started = Measured(), time.perf_counter()
    rows = rows_of(plan, options.tables)
    for source in open_inputs([options.data]):
        if source.name in names:
            masks = {mask.stem: read_truth(mask) for mask in ALL.scored(truths[source.name], options.step)}
            video = FirstFrames(source, options.frames) if options.frames else source
            measure(plan, rows, video, masks, measured)
            print(f"[{time.perf_counter() - started:6.0f} s] {source.name}", file=sys.stderr, flush=True)
            if "1" not in options.tables:
                measured.high, measured.low = Score(), Score()
            if options.json:
                options.json.write_text(json.dumps(as_json(measured, options), indent=1) + "\n", encoding="utf-8")
    print(
        f"{chosen.target}; profile {chosen.profile}, booster {chosen.booster}, flow {chosen.flow}; {', '.join(names)}"
    )
    report(measured)


if __name__ == "__main__":
    main()
