"""One boost at a time, in a process of its own: the server stays awake, and a boost can be stopped and gone on with."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from vsodboost.data.errors import UsageError
from vsodboost.studio.rounds import Round

WORKER = (sys.executable, "-m", "vsodboost.studio.worker")
PATIENCE = 20.0
"""Seconds that a boost has to end when it is told to; then it is ended."""
LINES = 40
"""Lines of a worker's standard error that are kept to say why it failed."""


class Busy(UsageError):
    """A boost is running already."""


class Jobs:
    """Starts workers and tells of them. ``tell(kind, facts)`` is called from other threads."""

    def __init__(self, tell: Callable[[dict[str, Any]], None], command: Sequence[str] = WORKER) -> None:
        self._tell, self._command = tell, tuple(command)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._state: dict[str, Any] = {"state": "idle"}
        self._stopping = False

    @property
    def state(self) -> dict[str, Any]:
        """Return what the present or last job does: ``state`` (idle, running, stopped, failed, done), ``video``,
        ``round``, ``share`` done in [0, 1], and in words ``stage``, ``frames``, ``left`` (time), ``why``."""
        return dict(self._state)

    @property
    def running(self) -> bool:
        """Whether a worker is at work."""
        return bool(self._state["state"] == "running")

    def start(self, round_: Round, work: Mapping[str, Any]) -> None:
        """Begin a round, or go on with it. ``work`` is what ``worker`` reads. Raises Busy."""
        with self._lock:
            if self.running:
                raise Busy(f"{self._state['video']} is being boosted; wait until that is done, or stop it")
            round_.note(state="running", why="", work=dict(work))
            self._stopping = False
            pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
            process = subprocess.Popen(self._command, **pipes, text=True, encoding="utf-8", errors="replace")
            self._process = process
            self._set(
                state="running",
                video=work["name"],
                round=round_.number,
                share=0.0,
                frames="",
                left="",
                stage="starting",
            )
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # it is gone; why is told below
            process.stdin.write(json.dumps(work) + "\n")
            process.stdin.flush()  # and left open: the worker ends when it closes
        threading.Thread(target=self._watch, args=(process, round_), name="studio-job", daemon=True).start()

    def stop(self) -> None:
        """Ask the worker to end; what it has done is kept for going on."""
        process = self._process
        if process is None or not self.running:
            return
        self._stopping = True
        process.terminate()
        threading.Timer(PATIENCE, process.kill).start()

    def close(self) -> None:
        """End the worker, if there is one, and wait until it is gone."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        self._stopping = True
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()

    def _set(self, **facts: Any) -> None:
        self._state = {**self._state, "why": "", **facts}
        self._tell(self.state)

    def _watch(self, process: subprocess.Popen[str], round_: Round) -> None:
        """Follow the worker to its end."""
        assert process.stdout is not None and process.stderr is not None
        complaints: list[str] = []
        reader = threading.Thread(target=_keep_last, args=(process.stderr, complaints), daemon=True)
        reader.start()
        failure = ""
        for line in process.stdout:
            try:
                said = json.loads(line)
            except ValueError:  # a library that prints
                continue
            if "failed" in said:
                failure = said["failed"]
            else:
                self._set(**{key: said[key] for key in ("share", "stage", "frames", "left") if key in said})
        code = process.wait()
        reader.join(1.0)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(OSError):  # what it did not read is lost with it
                    pipe.close()
        if code == 0 and not failure:
            outcome, why = "done", ""
        elif self._stopping:
            outcome, why = "stopped", ""
        else:
            last = next((line for line in reversed(complaints) if line.strip()), f"the boost ended with code {code}")
            outcome, why = "failed", failure or last.strip()
        with suppress(OSError):
            round_.note(state=outcome, why=why)
        self._set(state=outcome, why=why)


def _keep_last(stream: Any, into: list[str]) -> None:
    for line in stream:
        into.append(line)
        del into[:-LINES]
