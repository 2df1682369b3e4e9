"""What runs in a worker of the executor ``process``: one video after another, told by the run over a connection.

It says ("ready",), then for each video ("event", name, value) while it goes and at last ("done", summary) or
("failed", kind, words); ("fatal", kind, words) is what ends the run.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from vsodboost.data.errors import VideoError, VsodboostError

PR_SET_PDEATHSIG = 1
"""Source: prctl(2)."""


@dataclass(frozen=True)
class WorkerSettings:
    """``threads`` for its computations (None: as many as the run itself would take), and the ``memory`` in bytes that
    it may ask for."""

    threads: int | None = None
    memory: int | None = None


def main(connection: Connection, output: Connection | None, payload: bytes, settings: WorkerSettings) -> None:
    """Build the work from ``payload``, its pickle, and do what comes over the connection until that is closed.

    ``output`` takes what plugins print.
    """
    _dies_with_the_run(os.getppid())
    for name in ("SIGINT", "SIGHUP"):  # the terminal sends them to all; the run says when this one is to end
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if output is not None:
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
        output.close()
    try:
        _limit(settings)
        work = pickle.loads(payload)
    except BaseException as error:
        connection.send(("fatal", *_words(error)))
        return
    connection.send(("ready",))
    while True:
        try:
            source, resume = connection.recv()
        except EOFError:
            return
        connection.send(_done(work, source, resume, connection))


def _done(work: Any, source: Any, resume: bool, connection: Connection) -> tuple[Any, ...]:
    def tell(event: str, video: str, value: Any) -> None:
        connection.send(("event", event, value))

    try:
        return ("done", work.watched(tell, resume=resume)(source))
    except VideoError as error:
        return ("failed", *_words(error))
    except BaseException as error:
        return ("fatal", *_words(error))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _words(error: BaseException) -> tuple[str, str]:
    """The kind of an error of ours, or VsodboostError, and its words on one line."""
    words = " ".join(str(error).split())
    if isinstance(error, VsodboostError):
        return type(error).__name__, words
    return "VsodboostError", f"unexpected {type(error).__name__}: {words or 'no message'}"


def _limit(settings: WorkerSettings) -> None:
    if settings.threads is not None:
        import cv2
        import torch

        torch.set_num_threads(settings.threads)
        cv2.setNumThreads(settings.threads)
    if settings.memory is not None:
        import resource

        # What is asked for counts, so a plugin that wants too much at once is refused before it has it; what it holds
        # is watched by the run.
        resource.setrlimit(resource.RLIMIT_DATA, (settings.memory, settings.memory))


def _dies_with_the_run(run: int) -> None:
    """See to it that a run that is killed leaves no workers behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != run:
        os._exit(1)

    def watch() -> None:
        end = threading.Event()
        while os.getppid() == run:
            end.wait(1.0)
        os._exit(1)

    if os.name != "nt":
        threading.Thread(target=watch, name="vsodboost-run", daemon=True).start()
