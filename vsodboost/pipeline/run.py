"""A run over many videos: each boosted, written and marked as done; one that fails loses nothing but itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from vsodboost.data.errors import InputError, VideoError, VsodboostError
from vsodboost.data.training_set import TrainingSet
from vsodboost.data.video import VideoSource
from vsodboost.io.output_paths import refuse_output_over_input, video_folder
from vsodboost.io.resume import VideoState
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.one_video import VideoWork
from vsodboost.pipeline.plan import Plan
from vsodboost.registry.guard import guarded
from vsodboost.registry.interfaces import Request
from vsodboost.registry.world import own_world
from vsodboost.registry.writer import Writer
from vsodboost.spatial.finetune import tune
from vsodboost.spatial.replay import at_size, thin
from vsodboost.version import __version__
from vsodboost.weights.shipped import shipped_hash

DATASET_FRAMES = 400
"""Mined frames kept for the dataset scope; each takes 1.5 MB."""
ALWAYS = ("maps", "table")
"""Writers of every run."""


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
    """Where and what to write: names of ``writers`` beside maps and table; ``resume`` skips finished videos,
    ``overwrite`` redoes."""

    out: Path
    writers: tuple[str, ...] = ()
    resume: bool = False
    overwrite: bool = False


def run(plan: Plan, sources: Sequence[VideoSource], output: OutputOptions, progress: Progress | None = None) -> Report:
    """Boost every source and write ``<out>/<video>/``: maps, frames.csv, run.json and what other writers make.

    Raises:
        UsageError: a writer of that name does not exist.
        VsodboostError: nothing can be written any more (a full disk).
    """
    progress = progress or Progress()
    fingerprint = plan.options.fingerprint(version=__version__, weights=shipped_hash())
    report = Report()
    writers = build_writers(plan, output.writers)
    waiting = list(_waiting(sources, output, fingerprint, report, progress))
    engine = Engine(plan)
    weights = None
    if plan.options.scope == "dataset":
        weights = _tune_on_all(engine, waiting, report, progress)
    work = VideoWork(engine, output.out, writers, fingerprint, weights, progress.frames)

    def work_on(source: VideoSource) -> dict[str, Any]:
        progress.started(source)
        return work(source)

    with guarded(plan.name("executor")):
        for outcome in plan.executor.run(work_on, [s for s in waiting if s.name not in report.failed]):
            if outcome.error is not None:
                _failed(report, progress, outcome.source, outcome.error)
            elif outcome.summary is not None:
                report.done.append(outcome.summary)
                progress.finished(outcome.summary)
    return report


def build_writers(plan: Plan, names: Sequence[str]) -> dict[str, Writer]:
    """Return the writers of every run and those of ``names``, by name. Raises UsageError for an unknown one."""
    request = Request(device=plan.device, seed=plan.options.seed)
    chosen = dict.fromkeys((*ALWAYS, *names))
    return {name: plan.registry.build("writers", name, request)[0] for name in chosen}


def _failed(report: Report, progress: Progress, source: VideoSource, error: Exception) -> None:
    report.failed[source.name] = str(error)
    progress.failed(source, error)


def _waiting(
    sources: Sequence[VideoSource], output: OutputOptions, fingerprint: str, report: Report, progress: Progress
) -> Iterator[VideoSource]:
    """Yield the videos that are to be boosted; what stands in the way of one is its own failure."""
    for source in sources:
        try:
            if _is_done(source, output, fingerprint):
                report.skipped.append(source.name)
                continue
        except VsodboostError as error:
            _failed(report, progress, source, error)
            continue
        yield source


def _is_done(source: VideoSource, output: OutputOptions, fingerprint: str) -> bool:
    """Whether the video is finished and is to be kept. Raises VsodboostError when its folder cannot be used."""
    folder = video_folder(output.out, source.name)
    refuse_output_over_input(output.out, source.name, source.path)
    if folder.exists() and not folder.is_dir():
        raise InputError(
            f"{folder} is a file; the maps of {source.name!r} want a folder there: move it, or choose another -o"
        )
    state = VideoState.check(output.out, source.name, fingerprint)
    if output.resume and state == "done":
        return True
    if state != "fresh" and not output.overwrite and not output.resume:
        raise InputError(
            f"{folder} already holds results; "
            "--resume keeps what is done, --overwrite makes it anew, -o chooses another folder"
        )
    if state == "other settings" and output.resume and not output.overwrite:
        raise InputError(
            f"{folder} was made with other settings, weights or another version; "
            "give the same ones to --resume, or --overwrite, or another -o"
        )
    return False


def _tune_on_all(
    engine: Engine, sources: Sequence[VideoSource], report: Report, progress: Progress
) -> dict[str, torch.Tensor] | None:
    """Return the student's weights by the papers' protocol: tuned once on the mined frames of the whole set."""
    pool: list[TrainingSet] = []
    for source in sources:
        try:
            for found in engine.mined_frames(source):
                if len(found) == 0:
                    continue
                size = (pool[0] if pool else found).frames.shape[1:3]
                both = TrainingSet.concat([*pool, at_size(found, (int(size[0]), int(size[1])))])
                pool = [thin(both, DATASET_FRAMES)]
        except VideoError as error:
            _failed(report, progress, source, error)
    if not pool:
        return None
    plan = engine.plan
    with own_world():
        plan.student.reset()
        tune(plan.student, pool[0], plan.dataset_tuning(len(pool[0])), plan.options.seed)
        return plan.student.state()
