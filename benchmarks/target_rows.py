"""Networks of one table, trained alike and scored: what the scripts that train targets share."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import UsageError
from vsodboost.data.types import Clip, FlowField, Frames
from vsodboost.datasets.inputs import open_inputs
from vsodboost.io.atomic import write_png
from vsodboost.metrics.evaluate import Evaluation
from vsodboost.ops.resize import resize_frames
from vsodboost.perception.perceive import pair_flow
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import FlowEstimator, Request
from vsodboost.targets.network_target import Layout, NetworkTarget, run_target
from vsodboost.training.loop import Batch, Loop, Schedule

SHOWN = ("maxF", "S", "MAE", "J", "wF")
LONG_SIDE = 432
"""px at which flow is estimated, in training and in test."""
Say = Callable[[str], None]
Loss = Callable[[nn.Module, Batch], Tensor]


@dataclass(frozen=True)
class Variant:
    """A row of the table: ``name`` of its files, its label in the paper, its network; ``card`` and ``layout`` say how
    it runs."""

    name: str
    label: str
    build: Callable[[], nn.Module]
    card: TargetCard
    layout: Layout = "batch"
    loss: Loss | None = None
    """What it learns by; None: by what the others do."""


@dataclass
class Row:
    """What became of a variant."""

    label: str
    parameters: int
    seconds: float
    """Of its training: processor time, or on a GPU the clock's."""
    loss: float
    """Mean over the last tenth of the steps."""
    scores: dict[str, Evaluation] = field(default_factory=dict)
    """``held out`` and ``test``."""


def forward_flow(estimator: FlowEstimator, frames: Frames) -> FlowField:
    """``float32[T, h, w, 2]`` of T >= 2 frames at LONG_SIDE: t to t+1, the last reversed from T-1 to T-2."""
    height, width = frames.shape[1:3]
    scale = min(1.0, LONG_SIDE / max(height, width))
    small = resize_frames(frames, (round(height * scale), round(width * scale)))
    there = pair_flow(estimator, small[:-1], small[1:], "flow")
    return np.concatenate([there, -pair_flow(estimator, small[-1:], small[-2:-1], "flow")])


@dataclass(frozen=True)
class Budget:
    """How a stage is trained: Adam at a rate that rises over a twentieth of the steps and falls to zero by a cosine."""

    steps: int
    rate: float
    weight_decay: float = 0.0
    bfloat16: bool = False
    device: str = "cpu"
    workers: int = 0

    @classmethod
    def of(cls, options: argparse.Namespace, steps: int, rate: float, weight_decay: float = 0.0) -> Budget:
        """So many steps at such a rate, on the device that was asked for."""
        return cls(steps, rate, weight_decay, options.bfloat16, options.device, options.workers)


def fit(
    network: nn.Module,
    budget: Budget,
    batch: Callable[[int], Batch],
    loss: Loss,
    folder: Path,
    say: Say,
) -> tuple[float, float]:
    """Train ``network`` in place; returns (processor seconds, mean loss over the last tenth of the steps).

    A GPU trains in bfloat16, as ``Loop`` does, and its time is the clock's."""
    losses: list[Tensor] = []

    def measured(inner: nn.Module, values: Batch) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=budget.bfloat16):
            value = loss(inner, values)
        losses.append(value.detach())
        return value

    for weight in network.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)  # a third faster on a CPU
    optimizer = torch.optim.Adam(network.parameters(), lr=budget.rate, weight_decay=budget.weight_decay, fused=True)
    clock = time.process_time if budget.device == "cpu" else time.perf_counter
    started = clock()
    loop = Loop(
        network, optimizer, Schedule(budget.steps, warmup=max(1, budget.steps // 20)), batch, measured, folder, say,
        budget.device, average=0.0, every=budget.steps + 1, workers=budget.workers,
    )  # fmt: skip
    network.load_state_dict(loop.run())
    loop.checkpoint.unlink()  # several times the weights, and a bounded training is short
    last = torch.stack(losses[-max(1, budget.steps // 10) :])
    return clock() - started, float(last.mean())


def write_maps(
    network: nn.Module, variant: Variant, root: Path, out: Path, size: int, only: Sequence[str], device: str
) -> None:
    """The network's maps of every frame of those sequences (all if none is named) below ``out``."""
    card = replace(variant.card, input_size=(size, size))
    target = NetworkTarget(network, card, Request(device=device), layout=variant.layout)
    estimator = dis()
    for source in open_inputs([root]):
        if only and source.name not in only:
            continue
        read = list(source.frames())
        clip = Clip(np.stack([f.image for f in read]), tuple(f.name for f in read), source.name)
        if card.needs_flow:
            clip = replace(clip, flow=forward_flow(estimator, clip.frames))
        maps = run_target(target, card, clip, variant.name)
        (out / source.name).mkdir(parents=True, exist_ok=True)
        for name, one in zip(clip.names, maps, strict=True):
            write_png(out / source.name / f"{name}.png", np.rint(one * 255).astype(np.uint8))


def dis() -> FlowEstimator:
    """The default estimator."""
    estimator: FlowEstimator = Registry.load().build("flows", "dis", Request())[0]
    return estimator


def once(
    options: argparse.Namespace,
    variant: Variant,
    prepare: Callable[[nn.Module], None],
    budget: Budget,
    batch: Callable[[int], Batch],
    loss: Loss,
    say: Say,
) -> tuple[Row, nn.Module]:
    """A variant trained and kept in OUT, or with --reuse the one that is kept there."""
    file, note = options.out / f"{variant.name}.safetensors", options.out / f"{variant.name}.json"
    torch.manual_seed(options.seed)  # both of a pair start alike wherever they have the same parts
    network = variant.build()
    if options.reuse and file.exists() and note.exists():
        say(f"{variant.name}: trained before")
        network.load_state_dict(load_file(file))
        return Row(variant.label, **json.loads(note.read_text(encoding="utf-8"))), network
    say(f"\n{variant.name}: {budget.steps} steps, rate {budget.rate:g}")
    prepare(network)
    torch.manual_seed(options.seed)  # dropout
    seconds, last = fit(network, budget, batch, variant.loss or loss, options.out / variant.name, say)
    moved = sum(p.numel() for p in network.parameters() if p.grad is not None)
    kept = {"parameters": moved, "seconds": seconds, "loss": last}
    say(f"{variant.name}: {seconds:.0f} s, loss {last:.4f}")
    save(network, file)
    note.write_text(json.dumps(kept) + "\n", encoding="utf-8")
    return Row(variant.label, moved, seconds, last), network


def save(network: nn.Module, file: Path) -> None:
    """Write the weights as safetensors."""
    save_file({name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}, file)


def chosen(variants: Sequence[Variant], labels: Sequence[str]) -> list[Variant]:
    """The rows that are asked for; all, where none is named. Raises UsageError for one that there is not."""
    known = [variant.label for variant in variants]
    unknown = [label for label in labels if label not in known]
    if unknown:
        raise UsageError(f"--variants {unknown[0]}: there are {', '.join(known)}")
    return [variant for variant in variants if not labels or variant.label in labels]


def report(rows: Sequence[Row], say: Say) -> None:
    """Say the table."""
    for where in dict.fromkeys(place for row in rows for place in row.scores):
        say(f"\n{where:12}" + "".join(f"{key:>7}" for key in SHOWN) + "   params  train s   loss")
        for row in rows:
            figures = row.scores[where].mean
            cells = "".join(f"{figures[key]:7.3f}" for key in SHOWN)
            say(f"{row.label:12}{cells}{row.parameters / 1e6:8.1f}M{row.seconds:9.0f}{row.loss:7.3f}")


def as_json(rows: Sequence[Row], options: argparse.Namespace) -> dict[str, Any]:
    """Everything measured, with what was asked."""
    table = {}
    for row in rows:
        entry: dict[str, Any] = {"parameters": row.parameters, "seconds": row.seconds, "loss": row.loss}
        for where, score in row.scores.items():
            sequences = {s.name: dict(s.figures) for s in score.sequences}
            entry[where] = {"mean": dict(score.mean), "sequences": sequences}
        table[row.label] = entry
    return {"asked": {k: str(v) if isinstance(v, Path) else v for k, v in vars(options).items()}, "rows": table}
