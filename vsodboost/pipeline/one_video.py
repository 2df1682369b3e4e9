"""One video: boosted buffer by buffer, and written by every writer while it goes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.video import VideoSource
from vsodboost.data.video import notes_of as notes_of_source
from vsodboost.io.atomic import write_text
from vsodboost.io.frame_times import TimedSource
from vsodboost.io.lock import VideoLocks
from vsodboost.io.output_paths import video_folder
from vsodboost.io.resume import VideoState
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.run_summary import RunSummary
from vsodboost.registry.checks import checked_summary
from vsodboost.registry.guard import guarded
from vsodboost.registry.writer import VideoOutput, Writer
from vsodboost.targets.network_target import notes_of


@dataclass(frozen=True)
class VideoWork:
    """What a run does with each of its videos: ``writers`` by name, the settings' ``fingerprint``, the student's tuned
    ``weights`` of the dataset scope (None: it is tuned on each video), and who is told of finished ``frames``."""

    engine: Engine
    out: Path
    writers: Mapping[str, Writer]
    fingerprint: str
    weights: dict[str, torch.Tensor] | None
    frames: Callable[[VideoSource, int], None]
    locks: VideoLocks
    notes: Mapping[str, Sequence[str]]
    """What the target said of each video before any work, by the video's name."""

    def __call__(self, source: VideoSource) -> dict[str, Any]:
        """Boost and write one video; return what ``run.json`` says of it.

        Raises:
            VideoError: the video, a map or a plugin's answer is not usable.
        """
        started = time.perf_counter()
        engine, notify = self.engine, self.engine.plan.registry.notify
        notify("vsodboost_video_started", video=source.name)
        summed = RunSummary(warnings=[*notes_of_source(source), *self.notes.get(source.name, ())])
        timed = TimedSource(source)
        with ExitStack() as unfinished:
            for buffer in engine.boost(timed, weights=self.weights):
                self.locks.confirm(source.name)
                if not summed.names:  # nothing is touched before the first buffer has succeeded
                    self._begin(timed, buffer, unfinished)
                self._notify_of(buffer)
                with engine.seconds.of("write"):
                    self._each(lambda writer, buffer=buffer: writer.add(buffer))  # type: ignore[misc]
                with guarded(engine.plan.name("target"), of=engine.plan.target):
                    notes = notes_of(engine.plan.target)
                summed.add(buffer, notes)
                self.frames(source, len(buffer))
                del buffer  # before the next one is made: one at a time is resident
            summary = {
                "video": source.name,
                "path": str(source.path),
                **summed.as_dict(engine.plan, engine.cuts),
                "seconds": {k: round(v, 3) for k, v in engine.seconds.spent.items()},
                "seconds_total": round(time.perf_counter() - started, 3),
            }
            summary = checked_summary(summary, "vsodboost")
            for name, writer in self.writers.items():
                with guarded(f"writer '{name}'"):
                    writer.finish(summary)
                summary = checked_summary(summary, f"writer '{name}'")
            unfinished.pop_all()
        self._conclude(source, summary, summed.names)
        return summary

    def _begin(self, source: TimedSource, buffer: BoostedBuffer, unfinished: ExitStack) -> None:
        VideoState.begin(self.out, source.name, self.fingerprint)
        size = (int(buffer.frames.shape[1]), int(buffer.frames.shape[2]))
        output = VideoOutput(video_folder(self.out, source.name), source, size, source.times)
        unfinished.callback(self._abort)
        self._each(lambda writer: writer.begin(output))

    def _each(self, call: Callable[[Writer], None]) -> None:
        for name, writer in self.writers.items():
            with guarded(f"writer '{name}'"):
                call(writer)

    def _abort(self) -> None:
        """Let every writer clear away; one that cannot must not hide why the video failed."""
        for writer in self.writers.values():
            try:
                writer.abort()
            except Exception:
                continue

    def _notify_of(self, buffer: BoostedBuffer) -> None:
        notify, first, video = self.engine.plan.registry.notify, buffer.scene.first, buffer.scene.video
        notify("vsodboost_video_mined", video=video, first=first, mined=[first + int(i) for i in buffer.mined.indices])
        if buffer.losses:
            notify("vsodboost_video_tuned", video=video, first=first, losses=list(buffer.losses))

    def _conclude(self, source: VideoSource, summary: dict[str, Any], names: list[str]) -> None:
        folder = video_folder(self.out, source.name)
        write_text(folder / "run.json", json.dumps(summary, indent=1) + "\n")
        VideoState.finish(self.out, source.name, self.fingerprint, names)
        # A copy: what an observer does to it is not what the caller gets.
        self.engine.plan.registry.notify("vsodboost_video_finished", video=source.name, summary=deepcopy(summary))
