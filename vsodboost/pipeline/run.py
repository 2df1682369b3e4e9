"""A run over many videos: each boosted, written and marked as done; one that fails loses nothing but itself."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from vsodboost.api import BoostedFrame, frames_of
from vsodboost.data.errors import UsageError, VideoError
from vsodboost.io.atomic import write_png, write_text
from vsodboost.io.output_paths import refuse_output_over_input, video_folder
from vsodboost.io.resume import VideoState
from vsodboost.io.video import VideoSource
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.plan import Plan
from vsodboost.spatial.finetune import TrainingSet, tune
from vsodboost.spatial.replay import at_size, join, thin
from vsodboost.version import __version__
from vsodboost.writers.frames_csv import FramesTable
from vsodboost.writers.maps import MapWriter
from vsodboost.writers.overlay import OverlayVideo
from vsodboost.writers.sheet import ContactSheet

EMPTY = 0.5 / 255
"""A map without a higher value is written as black."""
DATASET_FRAMES = 400
"""Mined frames kept for the dataset scope; each takes 1.5 MB."""


@dataclass
class Report:
    """What became of a run: summaries of the videos done, the skipped ones, and why others failed."""

    done: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass
class Progress:
    """What a run tells whoever watches; every part may be left out."""

    started: Callable[[VideoSource], None] = lambda source: None
    frames: Callable[[VideoSource, int], None] = lambda source, count: None
    finished: Callable[[dict[str, Any]], None] = lambda summary: None
    failed: Callable[[VideoSource, Exception], None] = lambda source, error: None


@dataclass(frozen=True)
class OutputOptions:
    """Where and what to write: ``extras`` may hold "overlay"; ``resume`` skips finished videos, ``overwrite``
    redoes."""

    out: Path
    extras: frozenset[str] = frozenset()
    resume: bool = False
    overwrite: bool = False


def run(plan: Plan, sources: Sequence[VideoSource], writing: OutputOptions, progress: Progress | None = None) -> Report:
    """Boost every source and write ``<out>/<video>/``: maps, frames.csv, run.json and what ``extras`` asks for.

    Raises:
        UsageError: the output folder already holds results and neither resume nor overwrite was asked for.
    """
    progress = progress or Progress()
    fingerprint = plan.options.fingerprint()
    report = Report()
    waiting = list(_waiting(sources, writing, fingerprint, report))
    engine = Engine(plan)
    taught = _teach(engine, waiting, report, progress) if plan.options.scope == "dataset" else None
    for source in waiting:
        if source.name in report.failed:
            continue
        progress.started(source)
        try:
            plan.registry.tell("vsodboost_video_started", video=source.name)
            summary = _one(engine, source, writing, fingerprint, progress, taught)
            plan.registry.tell("vsodboost_video_finished", video=source.name, summary=summary)
        except VideoError as error:
            report.failed[source.name] = str(error)
            progress.failed(source, error)
            continue
        report.done.append(summary)
        progress.finished(summary)
    return report


def _waiting(
    sources: Sequence[VideoSource], writing: OutputOptions, fingerprint: str, report: Report
) -> Iterator[VideoSource]:
    for source in sources:
        refuse_output_over_input(writing.out, source.name, source.path)
        state = VideoState.check(writing.out, source.name, fingerprint)
        if writing.resume and state == "done":
            report.skipped.append(source.name)
            continue
        if state != "fresh" and not writing.overwrite and not writing.resume:
            raise UsageError(
                f"{video_folder(writing.out, source.name)} already holds results; "
                "--resume keeps what is done, --overwrite makes it anew, -o chooses another folder"
            )
        if state == "other settings" and writing.resume and not writing.overwrite:
            raise UsageError(
                f"{video_folder(writing.out, source.name)} was made with other settings; "
                "give the same ones to --resume, or --overwrite, or another -o"
            )
        yield source


def _teach(
    engine: Engine, sources: Sequence[VideoSource], report: Report, progress: Progress
) -> dict[str, torch.Tensor] | None:
    """The paper's protocol: one student, tuned once on the mined frames of the whole set."""
    pool: list[TrainingSet] = []
    for source in sources:
        try:
            for training_set in engine.mine_all(source):
                if len(training_set) == 0:
                    continue
                size = (pool[0] if pool else training_set).frames.shape[1:3]
                pool = [thin(join([*pool, at_size(training_set, (int(size[0]), int(size[1])))]), DATASET_FRAMES)]
        except VideoError as error:
            report.failed[source.name] = str(error)
            progress.failed(source, error)
    if not pool:
        return None
    engine.plan.student.reset()
    tune(engine.plan.student, pool[0], engine.plan.dataset_tuning(len(pool[0])), engine.plan.options.seed)
    return engine.plan.student.state()


def _one(
    engine: Engine,
    source: VideoSource,
    writing: OutputOptions,
    fingerprint: str,
    progress: Progress,
    taught: dict[str, torch.Tensor] | None,
) -> dict[str, Any]:
    started = time.perf_counter()
    plan = engine.plan
    folder = video_folder(writing.out, source.name)
    writer = MapWriter(writing.out, source.name)
    names: list[str] = []
    losses: list[float] = []
    tally = RunSummary()
    sheet = ContactSheet() if "overlay" in writing.extras else None
    with ExitStack() as stack:
        table: FramesTable | None = None
        overlay: OverlayVideo | None = None
        for buffer in engine.boost(source, taught=taught):
            first = buffer.scene.first
            if table is None:  # nothing is touched before the first buffer has succeeded
                VideoState.begin(writing.out, source.name, fingerprint)
                table = stack.enter_context(FramesTable(folder / "frames.csv"))
                if sheet is not None:
                    size = (int(buffer.frames.shape[1]), int(buffer.frames.shape[2]))
                    overlay = stack.enter_context(OverlayVideo(folder / "overlay.mp4", source.fps, size))
            mined = [first + int(i) for i in buffer.mined.indices]
            plan.registry.tell("vsodboost_video_mined", video=source.name, first=first, mined=mined)
            if buffer.losses:
                losses_here = list(buffer.losses)
                plan.registry.tell("vsodboost_video_tuned", video=source.name, first=first, losses=losses_here)
                losses.append(buffer.losses[-1])
            with engine.seconds.of("write"):
                for frame in frames_of(buffer):
                    writer.write(frame.name, frame.map)
                    table.add(_row(frame))
                    names.append(frame.name)
                    tally.add(frame)
                    if overlay is not None:
                        overlay.write(buffer.frames[frame.index - first], frame.map)
                tally.said += [w for w in buffer.mined.notes.get("warnings", ()) if w not in tally.said]
                tally.empty += int((buffer.target.max(axis=(1, 2)) < EMPTY).sum())
                if sheet is not None:
                    sheet.add(buffer)
            progress.frames(source, len(buffer.scene))
            del buffer  # before the next one is made: one at a time is resident
    if sheet is not None:
        write_png(folder / "contact_sheet.png", sheet.draw())
    summary = {
        "video": source.name,
        "path": str(source.path),
        "frames": len(names),
        **tally.summary(),
        "cuts": engine.cuts,
        "warnings": tally.warnings(plan),
        "losses": [round(loss, 5) for loss in losses],
        "seconds": {k: round(v, 3) for k, v in engine.seconds.spent.items()},
        "seconds_total": round(time.perf_counter() - started, 3),
        "settings": asdict(plan.options),
        "device": plan.device,
        "versions": _versions(),
    }
    write_text(folder / "run.json", json.dumps(summary, indent=1, default=dict) + "\n")
    VideoState.finish(writing.out, source.name, fingerprint, names)
    return summary


@dataclass
class RunSummary:
    frames: int = 0
    mined: int = 0
    trust: float = 0.0
    target_trust: float = 0.0
    empty: int = 0
    flags: dict[str, int] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    """The booster's own warnings."""

    def warnings(self, plan: Plan) -> list[str]:
        """What the user should hear of although nothing failed."""
        whole = self.frames > 0 and self.empty == self.frames
        empty = [f"the maps of {plan.target_name} are empty in all {self.frames} frames"] if whole else []
        return empty + self.said

    def add(self, frame: BoostedFrame) -> None:
        self.frames += 1
        self.mined += frame.mined
        self.trust += frame.trust
        self.target_trust += frame.target_trust
        if frame.flag:
            self.flags[frame.flag] = self.flags.get(frame.flag, 0) + 1

    def summary(self) -> dict[str, Any]:
        count = max(self.frames, 1)
        return {
            "mined": self.mined,
            "trust": round(self.trust / count, 4),
            "target_trust": round(self.target_trust / count, 4),
            "flags": self.flags,
        }


def _row(frame: BoostedFrame) -> dict[str, Any]:
    return {
        "frame": frame.name,
        "mined": frame.mined,
        "quality": round(frame.quality, 5),
        "consistency": round(frame.consistency, 5),
        "trust": round(frame.trust, 5),
        "target_trust": round(frame.target_trust, 5),
        "flag": frame.flag,
    }


def _versions() -> dict[str, str]:
    versions = {"vsodboost": __version__, "python": platform.python_version()}
    for name in ("torch", "timm", "numpy", "opencv-python-headless", "opencv-python", "av"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
