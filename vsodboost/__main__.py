"""``vsodboost`` and ``python -m vsodboost``: the command line, which can be ended from its first moment on.

Nothing but ``signal`` is imported before the handlers are there; the command line then puts its own in their place.
"""

from __future__ import annotations

import os
import signal
import sys

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""As in ``cli.signals``, which is not imported yet."""


def main() -> None:
    """Entry point."""
    for name in NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
            signal.signal(number, _end)
    from vsodboost.cli import main as command

    command()


def _end(number: int, frame: object) -> None:
    """Say one line and end: nothing is begun yet, or everything is done, so nothing is to be cleared away."""
    what = "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"
    hint = "; --resume goes on with what is left" if {"wrap", "train"} & set(sys.argv[1:]) else ""
    try:
        os.write(2, f"vsodboost: {what}{hint}\n".encode())
    finally:
        os._exit(128 + number)


if __name__ == "__main__":
    main()
