"""One video: boosted buffer by buffer, and written by every writer while it goes.

After every buffer a checkpoint is written beside the outputs: what the next buffer depends on
(``pipeline.checkpoint``), where every writer stands, and the sums of ``run.json``. A run that was killed and goes on
there ends with the same bytes as one that nothing happened to.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.errors import InputError, PluginError, VideoError
from vsodboost.data.video import VideoSource
from vsodboost.data.video import notes_of as notes_of_source
from vsodboost.io.atomic import write_text
from vsodboost.io.checkpoint import Checkpoint, Stale, sweep
from vsodboost.io.frame_times import TimedSource
from vsodboost.io.lock import LockClaim
from vsodboost.io.made_files import earlier_files, note_begun, remove
from vsodboost.io.output_paths import video_folder
from vsodboost.io.resume import VideoState
from vsodboost.pipeline.carry_over import CarryOver
from vsodboost.pipeline.checkpoint import put_back, readable
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.made_of import MadeOf
from vsodboost.pipeline.run_summary import RunSummary
from vsodboost.pipeline.writing import output_files, writing_cost, written
from vsodboost.registry import watch
from vsodboost.registry.booster import can_resume
from vsodboost.registry.checks import checked_summary
from vsodboost.registry.guard import alone, guarded
from vsodboost.registry.interfaces import Tell
from vsodboost.registry.writer import VideoOutput, Writer
from vsodboost.registry.writer import can_resume as writer_can_resume
from vsodboost.targets.network_target import check_source, notes_of


@dataclass(frozen=True)
class VideoWork:
    """What a run does with each of its videos: ``writers`` by name, the settings' ``fingerprint``, the student's tuned
    ``weights`` of the dataset scope (None: it is tuned on each video), whose ``locks`` it works under, and who is to
    ``tell`` what happens: the events are "started", "resumed", "surveyed" and "frames" with how many, and
    "noted" with words.
    ``resume``: go on where an earlier run was killed. ``recipe`` makes the same work in another process."""

    engine: Engine
    out: Path
    writers: Mapping[str, Writer]
    fingerprint: str
    weights: dict[str, torch.Tensor] | None
    locks: LockClaim
    tell: Tell = lambda event, video, value: None
    notes: Mapping[str, Sequence[str]] | None = None
    """What the target said of each video before any work, by the video's name; None: it is asked now."""
    resume: bool = False
    carry_over: CarryOver | None = None
    recipe: Callable[[], VideoWork] | None = None
    identity: str = ""
    """A text that changes with the writers and their options."""

    def __reduce__(self) -> tuple[Any, ...]:
        if self.recipe is None:
            raise TypeError("this work cannot leave its process: there is no recipe of it")
        return _made, (self.recipe,)

    def watched(self, tell: Tell, *, resume: bool = False) -> VideoWork:
        """Return the same work that tells ``tell``; with ``resume`` it goes on where an earlier try stopped."""
        return replace(self, tell=tell, resume=self.resume or resume)

    def relay(self, event: str, video: str, value: Any) -> None:
        """Tell what ``watched`` work told elsewhere."""
        self.tell(event, video, value)

    def __call__(self, source: VideoSource) -> dict[str, Any]:
        """Boost and write one video; return what ``run.json`` says of it.

        Raises:
            VideoError: the video, a map or a plugin's answer is not usable.
        """
        with alone():
            return self._done(source)

    def _done(self, source: VideoSource) -> dict[str, Any]:
        self.tell("started", source.name, None)
        self.engine.plan.registry.notify("vsodboost_video_started", video=source.name)
        said = self._said_of(source)
        before = None if self.carry_over is None else self.carry_over.before(source.name)
        identity = {"settings": self.fingerprint, "writers": self.identity, "after": before}
        checkpoint = Checkpoint(self.out, source.name, json.dumps(identity))
        if self.resume:
            try:
                saved = checkpoint.load()
                if saved is not None:
                    self._refuse_other_files(source, saved)
                    return self._begun(source, checkpoint, said).done(saved)
            except Stale as reason:
                self.tell("noted", source.name, f"is made anew: {reason}")
        return self._begun(source, checkpoint, said).done(None)

    def _refuse_other_files(self, source: VideoSource, saved: dict[str, Any]) -> None:
        """Raise Stale where a checkpoint is of other files than there are now."""
        changed = MadeOf(source, self.engine.plan.options).changed(saved.get("made_of"))
        if changed is not None:
            raise Stale(f"it was begun with other files than those at {changed} now")

    def _begun(self, source: VideoSource, checkpoint: Checkpoint, said: Sequence[str]) -> _OneVideo:
        if self.carry_over is not None:
            self.carry_over.begin(source.name)
            if self.carry_over.is_late(source.name):
                self.tell("noted", source.name, "is made behind videos that --carry-over would have had learn from it")
        return _OneVideo(self, source, checkpoint, said)

    def _said_of(self, source: VideoSource) -> Sequence[str]:
        if self.notes is not None:
            return self.notes.get(source.name, ())
        plan = self.engine.plan
        return check_source(plan.target, source, plan.name("target"))


def _made(recipe: Callable[[], VideoWork]) -> VideoWork:
    return recipe()


class _OneVideo:
    """The work on one video, from its beginning or from a checkpoint."""

    def __init__(self, work: VideoWork, source: VideoSource, checkpoint: Checkpoint, said: Sequence[str]) -> None:
        self.work, self.engine, self.checkpoint = work, work.engine, checkpoint
        self.name, self.timed = source.name, TimedSource(source)
        self.source = source
        self.sums = RunSummary(warnings=[*notes_of_source(source), *said])
        self.made_of = MadeOf(source, work.engine.plan.options).prints()
        self.size = (0, 0)
        self.before = 0.0
        """Seconds that were spent on the video before this run went on with it."""
        self.resumed: int | None = None
        """Frames that the checkpoint had, until that was said."""
        self.owns_state = False
        """Whether the checkpoint on the disk is of this work, not of an earlier one that is made anew."""
        self.started = time.perf_counter()
        able = can_resume(self.engine.plan.booster)
        self.is_resumable = able and all(map(writer_can_resume, work.writers.values()))

    def done(self, saved: dict[str, Any] | None) -> dict[str, Any]:
        """Boost and write the video, from ``saved`` on if there is something, and return its summary.

        Raises:
            VideoError: as ``VideoWork``.
            Stale: ``saved`` does not belong to the video, or what it counts on is gone.
        """
        with ExitStack() as unfinished:
            if saved is not None:
                self._restore(saved, unfinished)
            buffers = self.engine.boost(
                self.timed,
                weights=self.work.weights,
                saved=None if saved is None else dict(saved["engine"]),
                surveyed=self._surveyed,
            )
            for buffer in buffers:
                self._write(buffer, unfinished)
                del buffer  # before the next one is made: one at a time is resident
            summary = {
                "video": self.name,
                "path": str(self.source.path),
                "folder": str(Path.cwd()),
                **self.sums.as_dict(self.engine.plan, self.engine.cuts, self.work.writers),
                "write": written(self.work.identity),
                "seconds": {k: round(v, 3) for k, v in self.engine.seconds.spent.items()},
                "seconds_total": round(self._seconds(), 3),
            }
            summary = checked_summary(summary, "vsodboost")
            for name, writer in self.work.writers.items():
                with guarded(f"writer '{name}'"):
                    writer.finish(summary)
                summary = checked_summary(summary, f"writer '{name}'")
            summary["write"] = {**written(self.work.identity), "files": output_files(self.work.writers)}
            unfinished.pop_all()
        self._conclude(summary)
        return summary

    def _restore(self, saved: dict[str, Any], unfinished: ExitStack) -> None:
        with readable():
            put_back(saved["engine"]["random"])
            self.before = float(saved["seconds"])
            sums, writers, frames = dict(saved["sums"]), dict(saved["writers"]), int(saved["engine"]["frames"])
            self.size = (int(saved["size"][0]), int(saved["size"][1]))
            if sums:
                self.sums = RunSummary(**sums)
        self.owns_state = True
        if not sums:  # the survey was not over
            return
        sweep(self.work.out, self.name)
        output = self._output(resumed=True)
        unfinished.callback(self._abort)
        for name, writer in self.work.writers.items():
            with guarded(f"writer '{name}'", "in restore"):
                try:
                    writer.restore(output, writers[name])
                except InputError as error:
                    raise Stale(str(error)) from error
        self.resumed = frames

    def _write(self, buffer: BoostedBuffer, unfinished: ExitStack) -> None:
        work = self.work
        work.locks.confirm(self.name)
        if self.resumed is not None:
            work.tell("resumed", self.name, self.resumed)
            self.resumed = None
        if not self.sums.names:  # nothing is touched before the first buffer has succeeded
            self._begin(buffer, unfinished)
        self._notify_of(buffer)
        with self.engine.seconds.of("write"):
            self._add(buffer)
        target = self.engine.plan.target
        with guarded(self.engine.plan.name("target"), of=target):
            notes = notes_of(target)
        self.sums.add(buffer, notes)
        self._save()
        work.tell("frames", self.name, len(buffer))

    def _add(self, buffer: BoostedBuffer) -> None:
        """Have every writer take the buffer, and tell how far that is."""
        names = list(self.work.writers)
        for number, name in enumerate(names):
            with guarded(f"writer '{name}'"):
                self.work.writers[name].add(buffer)
            watch.reaches(writing_cost(names[: number + 1]) / writing_cost(names))

    def _begin(self, buffer: BoostedBuffer, unfinished: ExitStack) -> None:
        folder = video_folder(self.work.out, self.name)
        earlier = earlier_files(folder)
        VideoState.begin(self.work.out, self.name, self.work.fingerprint)
        remove(folder, earlier)
        if self.owns_state:  # of the survey
            self.checkpoint.clear_parts()
        else:
            self.checkpoint.clear()
        self.size = (int(buffer.frames.shape[1]), int(buffer.frames.shape[2]))
        output = self._output()
        unfinished.callback(self._abort)
        self._each(lambda writer: writer.begin(output))
        note_begun(folder, output_files(self.work.writers))

    def _output(self, *, resumed: bool = False) -> VideoOutput:
        folder = video_folder(self.work.out, self.name)
        self.checkpoint.folder.mkdir(parents=True, exist_ok=True)
        return VideoOutput(folder, self.timed, self.size, self.timed.times, self.checkpoint.folder, resumed)

    def _surveyed(self) -> None:
        """After a buffer of the survey: nothing is written yet."""
        self.work.locks.confirm(self.name)
        self._save()
        self.work.tell("surveyed", self.name, self.engine.memory.position.frames)

    def _save(self) -> None:
        """Write the checkpoint, unless nothing is left to be done, or something in it cannot be saved."""
        position, length = self.engine.memory.position.frames, self.source.length
        if not self.is_resumable or (length is not None and position >= length):
            return
        with self.engine.seconds.of("checkpoint"):
            writers = {}
            for name, writer in self.work.writers.items() if self.sums.names else ():
                with guarded(f"writer '{name}'", "in checkpoint"):
                    writers[name] = writer.checkpoint()
            state = {
                "engine": self.engine.checkpoint(),
                "writers": writers,
                "sums": vars(self.sums) if self.sums.names else {},
                "size": self.size,
                "seconds": self._seconds(),
                "made_of": self.made_of,
            }
            try:
                self.checkpoint.save(state)
            except TypeError as error:
                raise PluginError(f"the checkpoint of {self.name} cannot be written: {error}") from error
            self.owns_state = True

    def _seconds(self) -> float:
        return self.before + time.perf_counter() - self.started

    def _each(self, call: Callable[[Writer], None]) -> None:
        for name, writer in self.work.writers.items():
            with guarded(f"writer '{name}'"):
                call(writer)

    def _abort(self) -> None:
        """Let every writer clear away; one that cannot must not hide why the video failed. What a checkpoint counts on
        stays."""
        for writer in self.work.writers.values():
            try:
                writer.abort()
            except Exception:
                continue
        if not self.checkpoint.exists:
            try:
                self.checkpoint.clear()
            except VideoError:
                return

    def _notify_of(self, buffer: BoostedBuffer) -> None:
        notify, first, video = self.engine.plan.registry.notify, buffer.scene.first, buffer.scene.video
        notify("vsodboost_video_mined", video=video, first=first, mined=[first + int(i) for i in buffer.mined.indices])
        if buffer.losses:
            notify("vsodboost_video_tuned", video=video, first=first, losses=list(buffer.losses))

    def _conclude(self, summary: dict[str, Any]) -> None:
        folder = video_folder(self.work.out, self.name)
        write_text(folder / "run.json", json.dumps(summary, indent=1) + "\n")
        carry_over = self.work.carry_over
        if carry_over is not None:
            carry_over.save(self.name)
        VideoState.finish(self.work.out, self.name, self.work.fingerprint, self.sums.names, self.made_of)
        if carry_over is not None:
            carry_over.done(self.name)
        self.checkpoint.clear()
        # A copy: what an observer does to it is not what the caller gets.
        self.engine.plan.registry.notify("vsodboost_video_finished", video=self.name, summary=deepcopy(summary))
