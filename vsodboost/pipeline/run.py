"""A run over many videos: each boosted, written and marked as done; one that fails loses nothing but itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from vsodboost.data.errors import InputError, UsageError, VideoError
from vsodboost.data.training_set import TrainingSet
from vsodboost.data.video import VideoSource
from vsodboost.io.lock import InUse, VideoLocks
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
from vsodboost.targets.network_target import check_source
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
    noted: Callable[[str], None] = lambda line: None
    """A line about the run itself."""


@dataclass(frozen=True)
class OutputOptions:
    """Where and what to write: names of ``writers`` beside maps and table, and their ``options``, each for those that
    know it; ``resume`` skips finished videos, ``overwrite`` redoes."""

    out: Path
    writers: tuple[str, ...] = ()
    resume: bool = False
    overwrite: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


def run(plan: Plan, sources: Sequence[VideoSource], output: OutputOptions, progress: Progress | None = None) -> Report:
    """Boost every source and write ``<out>/<video>/``: maps, frames.csv, run.json and what other writers make.

    All videos are checked before work on the first begins.

    Raises:
        UsageError: a writer of that name does not exist, the output folder cannot be written, or another run is writing
            all that is left to do.
        VsodboostError: the disk is full.
    """
    with VideoLocks(output.out) as locks:
        return _Run(plan, output, progress or Progress(), locks).of(sources)


class _Run:
    """One run, while it holds the locks of its videos."""

    def __init__(self, plan: Plan, output: OutputOptions, progress: Progress, locks: VideoLocks) -> None:
        self.plan, self.output, self.progress, self.locks = plan, output, progress, locks
        self.report = Report()
        self._fingerprint = plan.options.fingerprint(version=__version__, weights=shipped_hash())

    def of(self, sources: Sequence[VideoSource]) -> Report:
        """Check, then boost, every source that is not done."""
        writers = build_writers(self.plan, self.output.writers, self.output.options)
        waiting = self._waiting(sources)
        for owner in dict.fromkeys(self.locks.taken_over.values()):
            videos = [video for video, left_by in self.locks.taken_over.items() if left_by == owner]
            who = f" ({owner})" if owner else ""
            more = f" and {len(videos) - 1} more" if len(videos) > 1 else ""
            self.progress.noted(f"took over from a run that is gone{who}: {videos[0]}{more}")
        notes = self._checked(waiting)
        engine = Engine(self.plan)
        weights = None
        if self.plan.options.scope == "dataset":
            weights = _tune_on_all(engine, [s for s in waiting if s.name in notes], self._fail)
        work = VideoWork(
            engine, self.output.out, writers, self._fingerprint, weights, self.progress.frames, self.locks, notes
        )

        def boost_and_write(source: VideoSource) -> dict[str, Any]:
            self.progress.started(source)
            return work(source)

        left = [s for s in waiting if s.name in notes and s.name not in self.report.failed]
        with guarded(self.plan.name("executor")):
            for outcome in self.plan.executor.run(boost_and_write, left):
                if outcome.summary is None:
                    self._fail(outcome.source, outcome.error or VideoError("the executor says nothing of it"))
                    continue
                self.locks.release(outcome.source.name)
                self.report.done.append(outcome.summary)
                self.progress.finished(outcome.summary)
        return self.report

    def _fail(self, source: VideoSource, error: Exception) -> None:
        self.report.failed[source.name] = str(error)
        self.progress.failed(source, error)
        self.locks.release(source.name)

    def _checked(self, waiting: Sequence[VideoSource]) -> dict[str, list[str]]:
        """What the target says of each video before any work; one that it cannot do fails here."""
        notes = {}
        for source in waiting:
            try:
                notes[source.name] = check_source(self.plan.target, source, self.plan.name("target"))
            except VideoError as error:
                self._fail(source, error)
        return notes

    def _waiting(self, sources: Sequence[VideoSource]) -> list[VideoSource]:
        """The videos that are to be done, each of them locked; what stands in the way of one is its own failure."""
        waiting: list[VideoSource] = []
        in_use: list[InUse] = []
        for source in sources:
            try:
                if self._is_kept(source):
                    self.report.skipped.append(source.name)
                    continue
                self.locks.take(source.name)
                if self._is_kept(source):  # another run finished it just now
                    self.locks.release(source.name)
                    self.report.skipped.append(source.name)
                    continue
                _refuse_results(source, self.output, self._fingerprint)
            except VideoError as error:
                self._fail(source, error)
                in_use += [error] if isinstance(error, InUse) else []
                continue
            waiting.append(source)
        if in_use and len(in_use) + len(self.report.skipped) == len(sources):
            more = f" (so it is with {len(in_use)} videos)" if len(in_use) > 1 else ""
            raise UsageError(f"{in_use[0]}{more}")
        return waiting

    def _is_kept(self, source: VideoSource) -> bool:
        """Whether the video is finished and is to be kept. Raises InputError when its folder cannot be used."""
        out = self.output.out
        folder = video_folder(out, source.name)
        refuse_output_over_input(out, source.name, source.path)
        if folder.exists() and not folder.is_dir():
            raise InputError(
                f"{folder} is a file; the maps of {source.name!r} want a folder there: move it, or choose another -o"
            )
        return self.output.resume and VideoState.check(out, source.name, self._fingerprint) == "done"


def build_writers(plan: Plan, names: Sequence[str], options: Mapping[str, str]) -> dict[str, Writer]:
    """Return the writers of every run and those of ``names``, by name; each gets the ``options`` that are on its card.

    Raises:
        UsageError: there is no such writer, one does not take its options, or none of them knows an option.
    """
    registry, unknown = plan.registry, set(options)
    writers: dict[str, Writer] = {}
    for name in dict.fromkeys((*ALWAYS, *names)):
        known = registry.card("writers", name.partition(":")[0]).options
        own = {option: value for option, value in options.items() if option in known}
        unknown -= set(own)
        request = Request(options=own, device=plan.device, seed=plan.options.seed)
        writers[name] = registry.build("writers", name, request)[0]
    if unknown:
        raise UsageError(f"none of the writers {', '.join(writers)} knows the option '{min(unknown)}'")
    return writers


def _refuse_results(source: VideoSource, output: OutputOptions, fingerprint: str) -> None:
    """Raise InputError where there are results that were not asked to be replaced."""
    folder = video_folder(output.out, source.name)
    state = VideoState.check(output.out, source.name, fingerprint)
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


def _tune_on_all(
    engine: Engine, sources: Sequence[VideoSource], fail: Callable[[VideoSource, Exception], None]
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
            fail(source, error)
    if not pool:
        return None
    plan = engine.plan
    with own_world():
        plan.student.reset()
        tune(plan.student, pool[0], plan.dataset_tuning(len(pool[0])), plan.options.seed)
        return plan.student.state()
