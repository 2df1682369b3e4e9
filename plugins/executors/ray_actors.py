"""What the executor ``ray`` does: its actors, and the loop that hands them videos. Imports Ray."""

from __future__ import annotations

import os
import pickle
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray

from vsodboost.data import errors
from vsodboost.data.errors import VideoError, VsodboostError
from vsodboost.data.video import VideoSource
from vsodboost.registry.interfaces import Outcome, PortableWork, Work

LOOK = 1.0
"""Seconds between two looks at what is done."""


@dataclass(frozen=True)
class RaySettings:
    """See the card's options; ``workers`` 0: as many as there is room for."""

    address: str = ""
    workers: int = 0
    cpus: int = 1
    gpus: int = 0
    restarts: int = 3
    tries: int = 3


class VideoActor:
    """Builds the work once and does one video after another, in the ``folder`` that the run's paths lead from."""

    def __init__(self, payload: bytes, cpus: int, folder: str) -> None:
        import cv2
        import torch

        torch.set_num_threads(cpus)
        cv2.setNumThreads(cpus)
        self.work: Any = None
        self.trouble: tuple[str, ...] = ()
        try:
            os.chdir(folder)
            self.work = pickle.loads(payload)
        except OSError as error:
            where = ray.util.get_node_ip_address()
            words = f"{where} does not see {folder} ({error.strerror}); all machines need the same paths"
            self.trouble = ("fatal", "VsodboostError", words)
        except VsodboostError as error:
            self.trouble = ("fatal", type(error).__name__, " ".join(str(error).split()))

    def do(self, source: VideoSource) -> tuple[Any, ...]:
        """Work on a video: ("done", summary, ""), ("failed", kind, words), or ("fatal", kind, words) where all would
        fail.

        An actor that was started again goes on with what the one before it left unfinished.
        """
        if self.trouble:
            return self.trouble
        again = bool(ray.get_runtime_context().was_current_actor_reconstructed)
        try:
            return ("done", self.work.watched(_nobody, resume=again)(source), "")
        except VideoError as error:
            return ("failed", type(error).__name__, " ".join(str(error).split()))
        except VsodboostError as error:
            return ("fatal", type(error).__name__, " ".join(str(error).split()))
        except Exception as error:
            words = " ".join(str(error).split()) or "no message"
            return ("fatal", "VsodboostError", f"unexpected {type(error).__name__}: {words}")


def _nobody(event: str, video: str, value: Any) -> None:
    """Nobody listens while a video is worked on elsewhere."""


class RayExecutor:
    """Works on the videos in actors of a Ray cluster."""

    isolates = True

    def __init__(self, settings: RaySettings) -> None:
        self.settings = settings

    def run(self, work: Work, sources: Sequence[VideoSource]) -> Iterator[Outcome]:
        """Yield what became of each source, as soon as it is known.

        Raises:
            VsodboostError: the cluster cannot be reached or has no room, or something stops all videos.
        """
        if not isinstance(work, PortableWork):
            raise VsodboostError("this work cannot be done in another process; use --executor local")
        if not sources:
            return
        with redirect_stdout(sys.stderr):  # Ray says there what dies; standard output is the command's, for --json
            yield from self._outcomes(work, sources)

    def _outcomes(self, work: PortableWork, sources: Sequence[VideoSource]) -> Iterator[Outcome]:
        started = not ray.is_initialized()
        if started:
            self._connect()
        pool = _Actors(self.settings, pickle.dumps(work), len(sources))
        try:
            for outcome in pool.outcomes(sources):
                frames = 0 if outcome.summary is None else outcome.summary.get("frames", 0)
                work.relay("started", outcome.source.name, None)
                work.relay("frames", outcome.source.name, frames)
                yield outcome
        finally:
            pool.kill()
            if started:
                ray.shutdown()

    def _connect(self) -> None:
        try:
            ray.init(address=self.settings.address or None, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            raise VsodboostError(
                f"the Ray cluster cannot be reached ({reason}); see --executor-option address"
            ) from error


class _Actors:
    """The actors of one run, and the videos that wait for one."""

    def __init__(self, settings: RaySettings, payload: bytes, videos: int) -> None:
        room = ray.cluster_resources()
        fits = room.get("CPU", 0.0) / settings.cpus
        if settings.gpus:
            fits = min(fits, room.get("GPU", 0.0) / settings.gpus)
        count = min(settings.workers or int(fits), videos, int(fits))
        if count < 1:
            raise VsodboostError(
                f"the Ray cluster has {room.get('CPU', 0):g} cores and {room.get('GPU', 0):g} GPUs, no room for an "
                f"actor of {settings.cpus} cores and {settings.gpus} GPUs; see --executor-option cpus and gpus"
            )
        decorate: Any = ray.remote(
            num_cpus=settings.cpus,
            num_gpus=settings.gpus,
            max_restarts=settings.restarts,
            max_task_retries=settings.tries,
        )
        kind = decorate(VideoActor)
        self._new: Callable[[], Any] = lambda: kind.remote(payload, settings.cpus, str(Path.cwd()))
        self.actors = [self._new() for _ in range(count)]

    def outcomes(self, sources: Sequence[VideoSource]) -> Iterator[Outcome]:
        waiting = deque(sources)
        idle = deque(self.actors)
        busy: dict[Any, tuple[Any, VideoSource]] = {}
        while waiting or busy:
            while waiting and idle:
                actor, source = idle.popleft(), waiting.popleft()
                busy[actor.do.remote(source)] = actor, source
            ready: list[Any] = ray.wait(list(busy), timeout=LOOK)[0]
            for reference in ready:
                actor, source = busy.pop(reference)
                try:
                    kind, value, words = ray.get(reference)
                except ray.exceptions.RayError as error:
                    yield Outcome(source, error=VideoError(f"its actor died for good: {_first_line(error)}"))
                    self.actors.remove(actor)
                    ray.kill(actor)
                    actor = self._new()
                    self.actors.append(actor)
                    idle.append(actor)
                    continue
                idle.append(actor)
                if kind == "fatal":
                    raise _error(value, words, VsodboostError)
                if kind == "failed":
                    yield Outcome(source, error=_error(value, words, VideoError))
                else:
                    yield Outcome(source, summary=value)

    def kill(self) -> None:
        """End the actors, whatever they are doing."""
        for actor in self.actors:
            ray.kill(actor)


def _error(kind: str, words: str, otherwise: type[VsodboostError]) -> VsodboostError:
    found = getattr(errors, kind, None)
    return (found if isinstance(found, type) and issubclass(found, VsodboostError) else otherwise)(words)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__
