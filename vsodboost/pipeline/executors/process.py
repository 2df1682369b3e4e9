"""The executor ``process``: videos in workers, so that whatever a plugin does to its process spoils its video alone.

A worker builds everything once and does one video after another. One that dies, says nothing for ``timeout`` seconds
or takes more than ``memory`` is killed and another one started; its video goes on at its last checkpoint, behind all
others. A video that fails so ``tries`` times without a step forward is set aside. PR_SET_PDEATHSIG acts on the thread
that started a worker, so all is done in the thread that iterates.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any

from vsodboost.data import errors
from vsodboost.data.errors import VideoError, VsodboostError
from vsodboost.data.video import VideoSource
from vsodboost.io.process import resident
from vsodboost.pipeline.executors.output import PrintedOutput
from vsodboost.pipeline.executors.worker import WorkerSettings, main
from vsodboost.registry.interfaces import Outcome, PortableWork, Work

LOOK = 0.2
"""Seconds between two looks at the workers' memory and time."""
START = 600.0
"""Seconds in which a worker must have built everything, where there is a time-out at all."""
SLACK = 512 << 20
"""Bytes that a worker may ask for beyond the memory it may hold: stacks, and what is asked for and never touched."""


@dataclass(frozen=True)
class ProcessSettings:
    """``workers`` at a time; ``timeout`` seconds for a buffer and ``memory`` bytes for a worker (None: no limit), and
    after how many ``tries`` without a step forward a video is set aside."""

    workers: int = 1
    timeout: float | None = None
    memory: int | None = None
    tries: int = 2
    threads: int | None = None


@dataclass
class _Task:
    """A video that is to be done: how many ``tries`` failed since the last step forward, whether it is tried ``again``,
    and its ``frames`` that are done."""

    source: VideoSource
    tries: int = 0
    again: bool = False
    frames: int = 0


class Process:
    """Works on the videos in processes of their own."""

    isolates = True

    def __init__(self, settings: ProcessSettings) -> None:
        self.settings = settings

    def run(self, work: Work, sources: Sequence[VideoSource]) -> Iterator[Outcome]:
        """Yield what became of each source, as soon as it is known.

        Raises:
            VsodboostError: the work cannot be built in a worker, or something stops all videos.
        """
        if not isinstance(work, PortableWork):
            raise VsodboostError("this work cannot be done in another process; use --executor local")
        pool = _Pool(self.settings, work)
        try:
            yield from pool.outcomes(sources)
        finally:
            pool.kill()


class _Pool:
    """The workers of one run, and the videos that wait for one."""

    def __init__(self, settings: ProcessSettings, work: PortableWork) -> None:
        self.settings, self.work = settings, work
        self.payload = pickle.dumps(work)
        self.workers: list[_Worker] = []
        self.waiting: deque[_Task] = deque()

    def outcomes(self, sources: Sequence[VideoSource]) -> Iterator[Outcome]:
        self.waiting = deque(_Task(source) for source in sources)
        while self.waiting or any(worker.task for worker in self.workers):
            while self.waiting and len(self.workers) < min(self.settings.workers, len(sources)):
                self.workers.append(_Worker(self.settings, self.payload))
            idle = [worker for worker in self.workers if worker.is_ready and worker.task is None]
            for worker in idle[: len(self.waiting)]:
                worker.begin(self.waiting.popleft())
            if not self.waiting:  # the others have nothing to do any more
                for worker in [w for w in self.workers if w.task is None]:
                    self._end(worker)
            ready = wait([part for worker in self.workers for part in (worker.connection, worker.sentinel)], LOOK)
            for worker in list(self.workers):
                yield from self._heard_of(worker, ready)

    def kill(self) -> None:
        """Kill what still runs."""
        for worker in list(self.workers):
            self._end(worker)

    def _end(self, worker: _Worker) -> None:
        self.workers.remove(worker)
        worker.kill()

    def _heard_of(self, worker: _Worker, ready: Sequence[Any]) -> Iterator[Outcome]:
        """Yield the outcome of a worker's video, if there is one now."""
        while worker.connection.poll():
            try:
                kind, *values = worker.connection.recv()
            except (EOFError, OSError):
                break
            outcome = self._taken(worker, kind, values)
            if outcome is not None:
                yield outcome
        trouble = worker.trouble(worker.sentinel in ready)
        if trouble is None:
            return
        task = worker.task
        self._end(worker)
        if task is None:
            raise VsodboostError(f"a worker {trouble} while it built the parts of the run")
        task.tries, task.again = task.tries + 1, True
        if task.tries < self.settings.tries:
            self.waiting.append(task)
            return
        place = f", after {task.frames} frames" if task.frames else ""
        often = f" {task.tries} times without a step forward" if task.tries > 1 else ""
        yield Outcome(task.source, error=VideoError(f"its worker {trouble}{often}{place}; the video is set aside"))

    def _taken(self, worker: _Worker, kind: str, values: list[Any]) -> Outcome | None:
        worker.heard_at = time.monotonic()
        task = worker.task
        if kind == "ready":
            worker.is_ready = True
        elif kind == "fatal":
            raise _error(values[0], values[1], VsodboostError)
        elif kind == "event" and task is not None:
            self._relay(task, values[0], values[1])
        elif task is not None:
            worker.task = None
            worker.printed.video_is_done()
            if kind == "done":
                return Outcome(task.source, summary=values[0])
            return Outcome(task.source, error=_error(values[0], values[1], VideoError))
        return None

    def _relay(self, task: _Task, event: str, value: Any) -> None:
        if event in ("frames", "surveyed"):
            task.tries = 0
        if event in ("frames", "resumed"):
            task.frames = value if event == "resumed" else task.frames + value
        if task.again and event in ("started", "resumed"):  # whoever watches knows
            return
        self.work.relay(event, task.source.name, value)


class _Worker:
    """One process and the connection to it."""

    def __init__(self, settings: ProcessSettings, payload: bytes) -> None:
        self.settings = settings
        self.task: _Task | None = None
        self.is_ready = False
        self.started_at = self.heard_at = time.monotonic()
        context = multiprocessing.get_context("spawn")  # a forked one would inherit threads that are not there
        self.connection, theirs = context.Pipe()
        self.printed = PrintedOutput()
        end = self.printed.writing_end
        memory = None if settings.memory is None else settings.memory + SLACK
        limits = WorkerSettings(settings.threads, memory)
        arguments = (theirs, end, payload, limits)
        self.process = context.Process(target=main, args=arguments, name="vsodboost-worker", daemon=True)
        self.process.start()
        theirs.close()
        self.printed.begin()
        self.sentinel = self.process.sentinel

    def begin(self, task: _Task) -> None:
        """Have it do a video."""
        self.task, self.heard_at = task, time.monotonic()
        self.printed.video = task.source.name
        try:
            self.connection.send((task.source, task.again))
        except OSError:  # it died just now; the next look finds that
            return

    def trouble(self, is_dead: bool) -> str | None:
        """Return what is wrong with it, in words behind "its worker"; kills one that is stuck or too large."""
        if is_dead:
            self.process.join()
            code = self.process.exitcode or 0
            return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended itself (exit code {code})"
        timeout, silent = self.settings.timeout, time.monotonic() - self.heard_at
        has_work = self.task is not None or not self.is_ready
        if timeout is not None and has_work and silent > (max(START, timeout) if self.task is None else timeout):
            return f"made no step in {silent:.0f} s (--timeout)"
        if self.settings.memory is not None and self.process.pid is not None:
            held = resident(self.process.pid) or 0
            if held > self.settings.memory:
                return f"held {held / 2**30:.1f} GiB (--memory)"
        return None

    def kill(self) -> None:
        """End it, whatever it is doing."""
        self.process.kill()
        self.process.join()
        self.connection.close()
        self.printed.close()


def _error(kind: str, words: str, otherwise: type[VsodboostError]) -> VsodboostError:
    """An error of a worker as one of this process; ``otherwise`` stands for kinds that are not in ``data.errors``."""
    found = getattr(errors, kind, None)
    return (found if isinstance(found, type) and issubclass(found, VsodboostError) else otherwise)(words)
