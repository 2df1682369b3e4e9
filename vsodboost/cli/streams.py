"""Standard output and error that bring no command down: closed ones, broken pipes, terminals that know ASCII only; and
standard output that holds a command's answer alone, whatever plugins print.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
_answers: Any = None
"""Where ``answer`` writes while others are kept from standard output; None: there."""


class OutputLost(OSError):
    """Standard output cannot be written."""


@contextmanager
def prepared() -> Iterator[None]:
    """While the block lasts, characters that a stream does not know are written as ``\\x..``; standard output that
    cannot be written raises OutputLost; what cannot be written to standard error is dropped, since a run goes on when
    the terminal or pipe that showed its progress is gone.

    Descriptors that the caller closed are opened, since the next file would get their numbers and with them what
    libraries print.
    """
    for number, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):  # 1 refuses to be written, as before
        _open_if_closed(number, mode)
    before = _or_opened(sys.stdout, 1), _or_opened(sys.stderr, 2)
    for stream in before:
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = _Telling(before[0]), _Forgiving(before[1])
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for stream in before:
            _flush_or_drop(stream)


def answers() -> Any:
    """Return the stream of the command's answer: standard output, as it was before others were kept from it."""
    return sys.stdout if _answers is None else _answers


def answer(text: str = "", *, nl: bool = True) -> None:
    """Write ``text`` as (a part of) the command's answer."""
    from click import echo

    echo(text, file=answers(), nl=nl)


def answering(command: Callable[P, R]) -> Callable[P, R]:
    """Have only ``answer`` write to standard output while ``command`` runs: models and plugins print as they like, in
    Python or in C, and that goes to standard error."""

    @wraps(command)
    def alone(*arguments: P.args, **options: P.kwargs) -> R:
        with others_kept_off():
            return command(*arguments, **options)

    return alone


@contextmanager
def others_kept_off() -> Iterator[None]:
    """As ``answering``, while the block lasts."""
    global _answers
    if _answers is not None:
        yield
        return
    before = sys.stdout
    kept = _moved(before)
    _answers, sys.stdout = before if kept is None else kept, sys.stderr
    try:
        yield
    finally:
        _answers, sys.stdout = None, before
        if kept is not None:
            _flush_c()
            os.dup2(kept.fileno(), 1)
            with suppress(OSError, ValueError):  # what could not be written was said
                kept.close()


def _moved(stream: Any) -> Any:
    """Let descriptor 1 lead to standard error, and return a stream to where it led; None where ``stream`` is none of
    the process's own."""
    try:
        if stream.fileno() != 1:
            return None
    except (OSError, ValueError, AttributeError):
        return None
    stream.flush()
    copy = os.dup(1)
    os.dup2(2, 1)
    return _Telling(open(copy, "w", encoding=stream.encoding, errors=stream.errors))  # noqa: PTH123 - a descriptor


def _flush_c() -> None:
    """Have C's own buffer written while descriptor 1 still leads away."""
    if os.name == "posix":
        import ctypes

        ctypes.CDLL(None).fflush(None)


def _open_if_closed(number: int, mode: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        opened = os.open(os.devnull, mode)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)


def _or_opened(stream: Any, number: int) -> Any:
    """The stream, or one for its descriptor where Python found it closed and has none."""
    return open(number, "w", encoding="utf-8", closefd=False) if stream is None else stream


class _Stream:
    """A text stream, but for what happens when it cannot be written."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        yield

    def write(self, text: str) -> int:
        """Write; the number of characters."""
        with self._failing():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush."""
        with self._failing():
            self._stream.flush()


class _Telling(_Stream):
    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputLost(error.errno, error.strerror) from error


class _Forgiving(_Stream):
    @contextmanager
    def _failing(self) -> Iterator[None]:
        with suppress(OSError):
            yield


def _flush_or_drop(stream: Any) -> None:
    """Flush, or let the descriptor lead nowhere: the interpreter flushes once more when it ends, and would complain."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
