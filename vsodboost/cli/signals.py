"""How a command ends when it is told to: Ctrl-C, SIGTERM and SIGHUP clean up, say one line and give 128 + the signal.

Only the command line installs handlers, and only while it runs; ``import vsodboost`` leaves signals alone.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from vsodboost.io.unfinished import unfinished

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Those that the system has are handled."""

_received: int | None = None


class Ended(KeyboardInterrupt):
    """A signal came; ``number`` is which. A KeyboardInterrupt, so what lets Ctrl-C through lets it through."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number

    @property
    def exit_code(self) -> int:
        """What shells report for a process that the signal ended."""
        return 128 + self.number


@contextmanager
def handled(last_words: Callable[[Ended], str]) -> Iterator[None]:
    """While the block lasts, the first signal raises ``Ended`` in it, and a second one ends the process at once.

    While a module is being imported, an exception would be lost or leave half a module: the process says its
    ``last_words`` and ends there and then, if no file of its is unfinished. Signals that were ignored from the start
    (``nohup``, background jobs of scripts) stay ignored. Does nothing outside the main thread.
    """
    global _received  # noqa: PLW0603 - one a process
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _numbers()}
    ours = [number for number, handler in before.items() if handler not in (signal.SIG_IGN, None)]
    owner = os.getpid()
    _received = None

    def stop(number: int, frame: FrameType | None) -> None:
        global _received  # noqa: PLW0603 - one a process
        for other in ours:
            signal.signal(other, signal.SIG_DFL)  # the second one is the system's, whatever we are doing
        if os.getpid() != owner:  # a forked child has no say in how the command ends
            os.kill(os.getpid(), number)
            return
        _received = number
        ended = Ended(number)
        if _importing(frame) and not unfinished:
            _say(last_words(ended))
            os._exit(ended.exit_code)
        raise ended

    for number in ours:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])


def check() -> None:
    """Raise ``Ended`` when a signal came and code that catches everything swallowed it: called once in a while."""
    if _received is not None:
        raise Ended(_received)


def _numbers() -> list[int]:
    return [int(getattr(signal, name)) for name in NAMES if hasattr(signal, name)]


def _importing(frame: Any) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _say(line: str) -> None:
    """Write a line to standard error without the stream, which may be in the middle of a line of its own."""
    try:
        os.write(2, f"{line}\n".encode())
    except OSError:  # nobody listens
        return
