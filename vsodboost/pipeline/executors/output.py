"""What plugins print in a worker: handed on to standard error, but not without end."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection

LIMIT = 1 << 14
"""Bytes of each video that are handed on."""


class PrintedOutput:
    """A pipe from a worker; what is too much for ``LIMIT`` is read and dropped, so that the worker never waits.

    ``writing_end`` is for the worker (None where pipes are no files: there it prints where the run does).
    """

    def __init__(self) -> None:
        self.video = ""
        self.writing_end: Connection | None = None
        self._dropped = self._passed = 0
        self._lock = threading.Lock()
        if sys.platform != "win32":
            self._reading_end, self.writing_end = multiprocessing.get_context("spawn").Pipe(duplex=False)
            self._thread = threading.Thread(target=self._drain, name="vsodboost-printed", daemon=True)

    def begin(self) -> None:
        """Read from now on: the worker has its end."""
        if self.writing_end is not None:
            self.writing_end.close()
            self._thread.start()

    def video_is_done(self) -> None:
        """Say how much of it was left out, and count anew."""
        with self._lock:
            if self._dropped:
                sys.stderr.write(f"vsodboost: {self.video}: {self._dropped} more bytes of printed output left out\n")
            self._dropped = self._passed = 0

    def close(self) -> None:
        """Read what is left; the worker is gone."""
        if self.writing_end is not None:
            self._thread.join(1.0)
            self.video_is_done()

    def _drain(self) -> None:
        with suppress(OSError):
            while data := os.read(self._reading_end.fileno(), 1 << 16):
                with self._lock:
                    part = data[: LIMIT - self._passed]
                    self._passed += len(part)
                    self._dropped += len(data) - len(part)
                if part:
                    sys.stderr.write(part.decode("utf-8", "backslashreplace"))
                    sys.stderr.flush()
        self._reading_end.close()
