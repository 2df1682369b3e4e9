"""A run over many videos: each boosted, written and marked as done; one that fails loses nothing but itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from vsodboost.data.errors import UsageError, VideoError
from vsodboost.data.video import VideoSource
from vsodboost.io.checkpoint import Checkpoint, sweep
from vsodboost.io.lock import InUse, VideoLocks
from vsodboost.pipeline.adding import add, lacking
from vsodboost.pipeline.carry_over import CarryOver
from vsodboost.pipeline.dataset_scope import DatasetWeights
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.fingerprint import fingerprint
from vsodboost.pipeline.occupied import Refused, in_lines, is_finished, lost_results, refuse_results
from vsodboost.pipeline.one_video import VideoWork
from vsodboost.pipeline.outcomes import outcomes
from vsodboost.pipeline.plan import Plan
from vsodboost.pipeline.portable import Recipe
from vsodboost.pipeline.writing import OutputOptions, build_writers, writers_identity
from vsodboost.registry.guard import alone
from vsodboost.registry.writer import Writer
from vsodboost.targets.network_target import check_source

__all__ = ["OutputOptions", "Progress", "Report", "run"]


@dataclass
class Report:
    """What became of a run: summaries of the videos done, the skipped ones, and why others failed or were refused."""

    done: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    added: dict[str, list[str]] = field(default_factory=dict)
    """Of skipped videos, what was written of them from their maps."""
    failed: dict[str, str] = field(default_factory=dict)
    refused: dict[str, Refused] = field(default_factory=dict)
    """Videos whose results are in the way, and stay as they are."""


@dataclass
class Progress:
    """What a run tells whoever watches; every part may be left out."""

    started: Callable[[VideoSource], None] = lambda source: None
    frames: Callable[[VideoSource, int], None] = lambda source, count: None
    resumed: Callable[[VideoSource, int], None] = lambda source, count: None
    """The video goes on behind so many frames, which an earlier run wrote; told in its first buffer."""
    finished: Callable[[dict[str, Any]], None] = lambda summary: None
    failed: Callable[[VideoSource, Exception], None] = lambda source, error: None
    noted: Callable[[str], None] = lambda line: None
    """A line about the run itself."""


def run(plan: Plan, sources: Sequence[VideoSource], output: OutputOptions, progress: Progress | None = None) -> Report:
    """Boost every source and write ``<out>/<video>/``: maps, frames.csv, run.json and what other writers make.

    All videos are checked before work on the first begins.

    Raises:
        UsageError: a writer of that name does not exist, the output folder cannot be written, or nothing is left to do
            but what another run is writing, or what would overwrite results.
        VsodboostError: the disk is full.
    """
    with VideoLocks(output.out) as locks:
        return _Run(plan, output, progress or Progress(), locks).of(sources)


class _Run:
    """One run, while it holds the locks of its videos."""

    def __init__(self, plan: Plan, output: OutputOptions, progress: Progress, locks: VideoLocks) -> None:
        self.plan, self.output, self.progress, self.locks = plan, output, progress, locks
        self.report = Report()
        self._fingerprint = ""
        self._sources: dict[str, VideoSource] = {}
        self._lacking: dict[str, list[str]] = {}

    def of(self, sources: Sequence[VideoSource]) -> Report:
        """Check, then boost, every source that is not done."""
        self._sources = {source.name: source for source in sources}
        self._fingerprint = fingerprint(self.plan.options, list(self._sources), self.plan.package_versions())
        writers = build_writers(self.plan, self.output)
        waiting = self._waiting(sources, writers)
        self._note_locks()
        failed = set(self.report.failed)
        notes = None if self._isolates else self._checked(waiting)
        refused = set(self.report.failed) - failed
        left = [s for s in waiting if s.name not in refused]
        engine = Engine(self.plan)
        weights, dataset = None, DatasetWeights(self.output.out, self._fingerprint)
        if self.plan.options.scope == "dataset" and left:
            # Those that cannot be written now are read all the same: the set is what it is.
            weights = dataset.tuned(engine, [s for s in sources if s.name not in refused], self._fail)
        work = VideoWork(
            engine,
            self.output.out,
            writers,
            self._fingerprint,
            weights,
            self.locks.claim,
            self._relay,
            notes,
            resume=self.output.resume,
            carry_over=self._carry_over(sources),
            recipe=self._recipe(),
            identity=writers_identity(self.output),
        )
        left = [s for s in left if s.name not in self.report.failed]
        self._add(writers)
        try:
            self._work_on(left, work)
        finally:
            for source in left:  # of processes that were killed
                sweep(self.output.out, source.name)
        if not self.report.failed and not self.report.refused:
            dataset.clear()
        return self.report

    def _keep(self, source: VideoSource, writers: Mapping[str, Writer]) -> None:
        """Skip a finished video, but note what is to be written of it yet, under its lock."""
        names = lacking(self.plan, self.output, source.name, writers)
        if names:
            self.locks.take(source.name)
            self._lacking[source.name] = names
        self.report.skipped.append(source.name)

    def _add(self, writers: Mapping[str, Writer]) -> None:
        """Write what finished videos lack."""
        for video, names in self._lacking.items():
            source = self._sources[video]
            self.progress.started(source)
            try:
                with alone():
                    add(self.output, source, {name: writers[name] for name in names}, self._relay)
            except VideoError as error:
                self.report.skipped.remove(video)
                self._fail(source, error)
                continue
            self.locks.release(video)
            self.report.added[video] = names
            self.progress.noted(f"{video} was done; {', '.join(names)} made from its maps")

    def _work_on(self, left: Sequence[VideoSource], work: VideoWork) -> None:
        said = outcomes(self.plan.executor, self.plan.name("executor"), work, left)
        with closing(said):
            for outcome in said:
                if outcome.summary is None:
                    self._fail(outcome.source, outcome.error or VideoError("the executor says nothing of it"))
                    continue
                self.locks.release(outcome.source.name)
                self.report.done.append(outcome.summary)
                self.progress.finished(outcome.summary)

    @property
    def _isolates(self) -> bool:
        """Whether the executor works in other processes, so that no plugin sees a video in this one."""
        return bool(getattr(self.plan.executor, "isolates", False))

    def _recipe(self) -> Recipe:
        plan, output = self.plan, self.output
        registry, claim = plan.registry, self.locks.claim
        return Recipe(plan.options, registry.left_out, output, self._fingerprint, claim)

    def _relay(self, event: str, video: str, value: Any) -> None:
        """What happens to a video, as whoever watches hears of it."""
        source = self._sources[video]
        if event == "started":
            self.progress.started(source)
        elif event == "resumed":
            self.progress.noted(f"{video} goes on behind frame {value}, where an earlier run ended")
            self.progress.resumed(source, value)
        elif event == "frames":
            self.progress.frames(source, value)
        elif event == "noted":
            self.progress.noted(f"{video} {value}")

    def _note_locks(self) -> None:
        for owner in dict.fromkeys(self.locks.taken_over.values()):
            videos = [video for video, left_by in self.locks.taken_over.items() if left_by == owner]
            who = f" ({owner})" if owner else ""
            more = f" and {len(videos) - 1} more" if len(videos) > 1 else ""
            self.progress.noted(f"took over from a run that is gone{who}: {videos[0]}{more}")

    def _carry_over(self, sources: Sequence[VideoSource]) -> CarryOver | None:
        """What keeps the student from one video to the next."""
        if not self.plan.options.carry_over:
            return None
        names = [source.name for source in sources]
        return CarryOver(self.output.out, self.plan, self._fingerprint, names, self.report.skipped)

    def _fail(self, source: VideoSource, error: Exception) -> None:
        if source.name in self.report.failed:  # whatever was the matter first
            return
        self.report.failed[source.name] = str(error)
        self.progress.failed(source, error)
        self.locks.release(source.name)

    def _checked(self, waiting: Sequence[VideoSource]) -> dict[str, list[str]]:
        """What the target says of each video before any work; one that it cannot do fails here."""
        notes = {}
        for source in waiting:
            try:
                with alone():
                    notes[source.name] = check_source(self.plan.target, source, self.plan.name("target"))
            except VideoError as error:
                self._fail(source, error)
        return notes

    def _waiting(self, sources: Sequence[VideoSource], writers: Mapping[str, Writer]) -> list[VideoSource]:
        """The videos that are to be done, each of them locked; what stands in the way of one is its own failure."""
        waiting: list[VideoSource] = []
        in_use: list[InUse] = []
        for source in sources:
            try:
                if self._is_kept(source):
                    self._keep(source, writers)
                    continue
                self.locks.take(source.name)
                if self._is_kept(source):  # another run finished it just now
                    self.locks.release(source.name)
                    self._keep(source, writers)
                    continue
                refuse_results(source, self.output, self.plan.options, self._fingerprint)
            except Refused as error:
                self.report.refused[source.name] = error
                self.locks.release(source.name)
                continue
            except VideoError as error:
                self._fail(source, error)
                in_use += [error] if isinstance(error, InUse) else []
                continue
            waiting.append(source)
            self._note_loss(source)
        lines = in_lines(self.report.refused.values())
        if in_use:
            lines.append(f"{in_use[0]}" + (f" (so it is with {len(in_use)} videos)" if len(in_use) > 1 else ""))
        idle = len(in_use) + len(self.report.refused) + len(self.report.skipped) - len(self._lacking)
        if lines and idle == len(sources):
            raise UsageError("; ".join(lines))
        return waiting

    def _note_loss(self, source: VideoSource) -> None:
        """Say why a finished video is made anew."""
        lost = lost_results(source, self.output) if self.output.resume else []
        if lost:
            more = f" and {len(lost) - 1} more of its files are" if len(lost) > 1 else " is"
            self.progress.noted(f"{source.name} is made anew: its {lost[0]}{more} gone")

    def _is_kept(self, source: VideoSource) -> bool:
        """Whether the video is finished and is to be kept. Raises InputError when its folder cannot be used."""
        out = self.output.out
        if not is_finished(source, self.output, self.plan.options, self._fingerprint):
            return False
        Checkpoint(out, source.name, "").clear()  # of a run that was killed while it cleared away
        self.locks.clear_left_behind(source.name)
        return True
