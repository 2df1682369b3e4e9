"""Does it matter where motion comes from? Table VI of the motion-quality paper and VII of the long-term mining one.

    python benchmarks/motion_sources.py DAVIS MAPS --weights spynet=spynet-sintel-final.pt --step 3 --json sources.json

Every row is a boost of its own: by mqp for detector ``none`` (table VI), by longterm with that detector otherwise
(table VII), each with every flow estimator. Figures are means over sequences by protocol ``all``, with the difference
to the target and the S of the sequence that gains least. Beside them stand the motion saliency maps alone, which show
what the estimator changes before the boost. The target's maps and perception are made once a flow and sequence and
shared by its detectors. What has no weights here is listed and left out; ``--random`` runs flow networks all the same,
with random weights, to see that they run. Last comes the share of optical flow in the time of an mqp boost.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import flow_estimators
import torch
from mqp_ablation import SHOWN, FirstFrames, Replay, Score, Truths, add_all, at_size, means

from vsodboost.data.errors import UnknownPlugin, UsageError, WeightsError
from vsodboost.data.types import Clip, FlowField, Frames
from vsodboost.data.video import VideoSource
from vsodboost.datasets.inputs import open_inputs
from vsodboost.metrics.grey_files import read_truth
from vsodboost.metrics.protocols import ALL
from vsodboost.metrics.sequences import common_sequences, truth_sequences
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.options import Options
from vsodboost.pipeline.plan import Plan, make_plan, set_up
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import FlowEstimator, NamedFlowEstimator, Request

FLOWS = (
    "dis:ultrafast", "dis:fast", "dis:medium", "farneback",
    "spynet", "pwcnet", "liteflownet", "flownet2", "raft-small", "raft",
)  # fmt: skip
DETECTORS = ("none", "blobs", "efficientdet:d7", "yolov4:yolov4.cfg", "torchvision:fasterrcnn_resnet50_fpn_v2")
TARGET, MOTION = "target", "motion alone"
"""Rows that stand where others name their detector: the target's maps, and the motion saliency maps."""


class Timed:
    """A flow estimator whose seconds are counted."""

    def __init__(self, estimator: FlowEstimator) -> None:
        self.estimator, self.seconds = estimator, 0.0

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        """What the estimator says."""
        started = time.perf_counter()
        flow = self.estimator.estimate(first, second)
        self.seconds += time.perf_counter() - started
        return flow


class TimedNamed(Timed):
    """The same for one that wants to know which frames it gets."""

    estimator: NamedFlowEstimator

    def estimate_named(self, first: Clip, second: Clip) -> FlowField:
        """What the estimator says."""
        started = time.perf_counter()
        flow = self.estimator.estimate_named(first, second)
        self.seconds += time.perf_counter() - started
        return flow


@dataclass(frozen=True)
class Flow:
    """A flow estimator that runs here; ``trained`` is False for one with random weights."""

    name: str
    estimator: Timed
    trained: bool = True


@dataclass(frozen=True)
class Detector:
    """A detector that runs here, as ``--detector`` and ``--detector-option``; ``none`` is the mqp booster."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)


def flows_here(
    names: Sequence[str], weights: Mapping[str, str], registry: Registry, device: str, *, random: bool
) -> tuple[list[Flow], dict[str, str]]:
    """The estimators that run here, and why the others do not.

    Raises:
        UnknownPlugin: there is no estimator of that name.
        WeightsError: a file in ``weights`` does not fit.
    """
    found: list[Flow] = []
    absent: dict[str, str] = {}
    for name in names:
        word, _, rest = name.partition(":")
        card = registry.card("flows", word)
        spec, options = (name, {}) if card.argument or not rest else (word, {"preset": rest})
        options |= {"weights": weights[name]} if name in weights else {}
        try:
            found.append(Flow(name, timed(registry.build("flows", spec, Request(options=options, device=device))[0])))
        except (WeightsError, UsageError) as error:
            if random and card.weights is not None and name not in weights:
                torch.manual_seed(0)
                found.append(Flow(f"{name}, random", timed(flow_estimators.built(name, {})[0]), trained=False))
            else:
                absent[name] = why_not(error, is_given=name in weights)
    return found, absent


def detectors_here(
    names: Sequence[str], weights: Mapping[str, str], registry: Registry
) -> tuple[list[Detector], dict[str, str]]:
    """The detectors that run here, and why the others do not. Raises as ``flows_here`` does."""
    found: list[Detector] = []
    absent: dict[str, str] = {}
    for name in names:
        options = {"weights": weights[name]} if name in weights else {}
        try:
            if name != "none":
                registry.build("detectors", name, Request(options=options))
            found.append(Detector(name, options))
        except (WeightsError, UsageError) as error:
            absent[name] = why_not(error, is_given=name in weights)
    return found, absent


def why_not(error: WeightsError | UsageError, *, is_given: bool) -> str:
    """Why something is left out. An unknown name or a wrong file is no reason but a mistake, and is raised again."""
    if isinstance(error, UnknownPlugin) or is_given:
        raise error
    return f"no weights here: {error}" if isinstance(error, WeightsError) else f"cannot run here: {error}"


def timed(estimator: FlowEstimator) -> Timed:
    """The estimator with a clock."""
    return TimedNamed(estimator) if isinstance(estimator, NamedFlowEstimator) else Timed(estimator)


Rows = dict[tuple[str, str], dict[str, dict[str, float]]]


@dataclass
class Measured:
    """Figures by (detector, flow) and sequence; seconds of optical flow and of the whole mqp boost by flow, and the
    frames timed."""

    rows: Rows = field(default_factory=dict)
    seconds: dict[str, dict[str, float]] = field(default_factory=dict)
    frames: dict[str, int] = field(default_factory=dict)

    def add_time(self, flow: str, flow_seconds: float, boost_seconds: float, frames: int) -> None:
        """One more video."""
        spent = self.seconds.setdefault(flow, {"flow": 0.0, "boost": 0.0})
        spent["flow"] += flow_seconds
        spent["boost"] += boost_seconds
        self.frames[flow] = self.frames.get(flow, 0) + frames


def measure(
    plan: Plan, flow: Flow, detectors: Sequence[Detector], source: VideoSource, truths: Truths, into: Measured
) -> None:
    """Boost one video with one flow and every detector, and score it."""
    seeing = replace(plan, flow=flow.estimator, options=replace(plan.options, flow=flow.name))
    flow.estimator.seconds, started = 0.0, time.perf_counter()
    made = list(Engine(seeing).scenes(source))
    making = time.perf_counter() - started
    target, motion = Score(), Score()
    for _, scene, maps in made:
        add_all(target, scene, maps, truths)
        add_all(motion, scene, at_size(scene.motion_maps, maps), truths)
    scores = {TARGET: target, MOTION: motion}
    for detector in detectors:
        score, scoring, started = scores.setdefault(detector.name, Score()), 0.0, time.perf_counter()
        for buffer in Replay(with_detector(seeing, detector), made).boost(source):
            paused = time.perf_counter()
            add_all(score, buffer.scene, buffer.maps, truths)
            scoring += time.perf_counter() - paused
        if detector.name == "none":
            boosting = time.perf_counter() - started - scoring
            into.add_time(flow.name, flow.estimator.seconds, making + boosting, sum(len(scene) for _, scene, _ in made))
    for name, score in scores.items():
        into.rows.setdefault((name, flow.name), {})[source.name] = score.figures()


def with_detector(plan: Plan, detector: Detector) -> Plan:
    """The plan of that row: mqp, or longterm with the detector."""
    name = "mqp" if detector.name == "none" else "longterm"
    options = replace(plan.options, booster=name)
    if name == "longterm":
        options = replace(options, detector=detector.name, detector_options=detector.options)
    booster, card = plan.registry.build("boosters", name, Request(device=plan.device, seed=options.seed))
    return set_up(replace(plan, options=options, booster=booster, booster_card=card))


def differences(rows: Rows, detector: str, flow: str) -> dict[str, float]:
    """Each figure's mean less the target's, and ``worst``: the least gain of S in a sequence."""
    own, target = rows[detector, flow], rows[TARGET, flow]
    mean, before = means(own), means(target)
    worst = min(figures["S"] - target[name]["S"] for name, figures in own.items())
    return {**{key: mean[key] - before[key] for key in SHOWN}, "worst": worst}


def spread(rows: Rows, detector: str, flows: Sequence[str]) -> dict[str, float]:
    """How far the flows lie apart, highest less lowest mean; ``one``: in S, in the sequence where they differ most."""
    found = [means(rows[detector, flow]) for flow in flows]
    sequences = rows[detector, flows[0]]
    values = [[rows[detector, flow][name]["S"] for flow in flows] for name in sequences]
    return {
        **{key: max(mean[key] for mean in found) - min(mean[key] for mean in found) for key in SHOWN},
        "one": max(max(row) - min(row) for row in values),
    }


def report(
    measured: Measured,
    untrained: Sequence[str] = (),
    absent: Mapping[str, Mapping[str, str]] | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Print the tables. ``untrained`` names flows with random weights; ``absent`` gives the reasons of those left out,
    under ``flows`` and ``detectors``."""
    rows, left_out = measured.rows, absent or {}
    flows = list(dict.fromkeys(flow for _, flow in rows))
    found = [name for name in dict.fromkeys(name for name, _ in rows) if name not in (TARGET, MOTION)]
    head = "".join(f"{key:>7}" for key in SHOWN)
    change = "".join(f"{'d ' + key:>8}" for key in SHOWN) + f"{'worst dS':>10}"

    def block(title: str, detector: str) -> Iterator[str]:
        yield f"\n{title}\n{'':24}{head}  {change}"
        yield from target_lines(rows, flows)
        for flow in flows:
            mean, gain = means(rows[detector, flow]), differences(rows, detector, flow)
            cells = "".join(f"{mean[key]:7.3f}" for key in SHOWN)
            yield f"{flow:24}{cells}  " + "".join(f"{gain[key]:+8.3f}" for key in SHOWN) + f"{gain['worst']:+10.3f}"
        for flow, why in left_out.get("flows", {}).items():
            yield f"{flow:24}  {why.partition(':')[0]}"

    for line in block("Motion saliency maps alone", MOTION):
        say(line)
    for name in found:
        title = "Table VI: mqp" if name == "none" else f"Table VII: longterm, detector {name}"
        for line in block(title, name):
            say(line)
    for name, why in left_out.get("detectors", {}).items():
        say(f"\nTable VII: longterm, detector {name}\n{'':24}  {why.partition(':')[0]}")
    trained = [flow for flow in flows if flow not in untrained]
    if len(trained) > 1:
        say(f"\nHow far {len(trained)} flows lie apart (highest less lowest)\n{'':24}{head}  S in one sequence")
        for name in (MOTION, *found):
            apart = spread(rows, name, trained)
            label = {MOTION: MOTION, "none": "mqp"}.get(name, f"longterm, {name}")
            say(f"{label:24}" + "".join(f"{apart[key]:7.3f}" for key in SHOWN) + f"{apart['one']:19.3f}")
    if measured.seconds:
        say(f"\nOptical flow in an mqp boost\n{'':24}{'flow ms a frame':>16}{'boost ms a frame':>18}{'share':>8}")
        for flow, spent in measured.seconds.items():
            each = {key: 1000 * value / measured.frames[flow] for key, value in spent.items()}
            say(f"{flow:24}{each['flow']:16.1f}{each['boost']:18.1f}{each['flow'] / each['boost']:8.1%}")


def target_lines(rows: Rows, flows: Sequence[str]) -> Iterator[str]:
    """The target's figures: one line, or one a flow where the target itself reads the flow."""
    found = {flow: means(rows[TARGET, flow]) for flow in flows}
    same = all(mean == found[flows[0]] for mean in found.values())
    for flow in flows[:1] if same else flows:
        yield f"{TARGET if same else f'{TARGET}, {flow}':24}" + "".join(f"{found[flow][key]:7.3f}" for key in SHOWN)


def as_json(
    measured: Measured,
    asked: Mapping[str, Any],
    untrained: Sequence[str] = (),
    absent: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[str, Any]:
    """Everything measured, with what was asked and what was left out."""
    return {
        "asked": {key: str(value) if isinstance(value, Path) else value for key, value in asked.items()},
        "rows": [
            {
                "detector": detector, "flow": flow, "trained": flow not in untrained, "mean": means(by_sequence),
                "difference": differences(measured.rows, detector, flow), "sequences": by_sequence,
            }
            for (detector, flow), by_sequence in measured.rows.items()
        ],
        "absent": absent or {},
        "seconds": measured.seconds,
        "frames": measured.frames,
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="DAVIS-like root: JPEGImages and Annotations")
    parser.add_argument("maps", help="folder of the target's maps, one folder a sequence; or any --target of wrap")
    parser.add_argument("--flows", nargs="+", default=list(FLOWS), help="names as in --flow; dis:PRESET too")
    parser.add_argument("--detectors", nargs="+", default=list(DETECTORS), help="none, and names as in --detector")
    parser.add_argument("--weights", nargs="*", default=[], metavar="NAME=FILE", help="weights of flows and detectors")
    parser.add_argument("--random", action="store_true", help="random weights for flow networks that have none here")
    parser.add_argument("--step", type=int, default=1, help="score every n-th frame")
    parser.add_argument("--only", nargs="+", metavar="SEQ", help="sequences to use (default: all that have maps)")
    parser.add_argument("--frames", type=int, help="use the first frames of each sequence only")
    parser.add_argument("--steps", type=int, help="fine-tuning steps (default: the boosters')")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write every figure to this file, anew after each sequence")
    options = parser.parse_args(arguments)

    registry, weights = Registry.load(), dict(item.split("=", 1) for item in options.weights)
    if strange := set(weights) - {*options.flows, *options.detectors}:
        parser.error(f"--weights {sorted(strange)[0]}=...: neither among --flows nor among --detectors")
    is_folder = Path(options.maps).is_dir()
    target = f"maps:{options.maps}" if is_folder else options.maps
    plan = make_plan(Options(target=target, steps=options.steps, device=options.device, seed=options.seed), registry)
    flows, no_flows = flows_here(options.flows, weights, registry, plan.device, random=options.random)
    detectors, no_detectors = detectors_here(options.detectors, weights, registry)
    absent = {"flows": no_flows, "detectors": no_detectors}
    untrained = [flow.name for flow in flows if not flow.trained]
    for name, why in (no_flows | no_detectors).items():
        print(f"{name} is left out, {why}", file=sys.stderr)
    truths = truth_sequences(options.data)
    names = common_sequences(options.data, [Path(options.maps)]) if is_folder else list(truths)
    names = [name for name in names if options.only is None or name in options.only]
    if not flows or not names:
        parser.error("no flow estimator runs here" if not flows else "none of these sequences has maps")
    measured, began = Measured(), time.perf_counter()
    for source in open_inputs([options.data]):
        if source.name not in names:
            continue
        masks = {mask.stem: read_truth(mask) for mask in ALL.scored(truths[source.name], options.step)}
        video = FirstFrames(source, options.frames) if options.frames else source
        for flow in flows:
            measure(plan, flow, detectors, video, masks, measured)
            print(f"[{time.perf_counter() - began:6.0f} s] {source.name} {flow.name}", file=sys.stderr, flush=True)
        if options.json:
            text = json.dumps(as_json(measured, vars(options), untrained, absent), indent=1)
            options.json.write_text(text + "\n", encoding="utf-8")
    print(f"{target}; {', '.join(names)}")
    report(measured, untrained, absent)


if __name__ == "__main__":
    main()
