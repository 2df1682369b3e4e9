"""Where errors are held back: foreign code is called through here, and whatever is raised fails one video."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from vsodboost.data.errors import PluginError, UsageError, VideoError, VsodboostError
from vsodboost.registry.world import foreign_world

OURS = ("vsodboost", "vsodboost_adapters", "vsodboost_plugins")


def is_own(thing: Any) -> bool:
    """Return whether an object, function or class is of this package and so needs its settings, not the caller's."""
    module = getattr(thing, "__module__", None) or type(thing).__module__
    return str(module).partition(".")[0] in OURS


@contextmanager
def guarded(plugin: str, doing: str = "", *, of: Any = None) -> Iterator[None]:
    """Call a plugin: a target, flow estimator, detector, booster, spatial model, writer, observer or factory.

    Args:
        plugin: how errors call it: "target 'ssav'", "booster 'mqp' (plugin boosters)".
        doing: what it was asked for, or on which frames; behind "failed".
        of: the plugin's object, where it may rely on settings of its own (see ``registry.world``); else it finds ours.

    Raises:
        PluginError: whatever it raised, ``SystemExit`` and ``MemoryError`` included. This package's own errors pass as
            they are, except that a UsageError in the middle of a run can only fail its video. KeyboardInterrupt and a
            full disk pass, too.
    """
    try:
        with nullcontext() if of is None or is_own(of) else foreign_world():
            yield
    except UsageError as error:
        raise PluginError(f"{plugin}: {error}") from error
    except VsodboostError:
        raise
    except MemoryError as error:
        raise PluginError(f"{plugin} ran out of memory{_words(doing)}; try a smaller --buffer") from error
    except SystemExit as error:
        raise PluginError(f"{plugin} called sys.exit({error.code!r}){_words(doing)}") from error
    except Exception as error:
        if _is_full(error):
            raise VsodboostError(f"{plugin}: the disk is full; make room and go on with --resume") from error
        raise PluginError(f"{plugin} failed{_words(doing)}: {one_line(error)}") from error


@contextmanager
def guarded_factory(plugin: str, factory: Any) -> Iterator[None]:
    """Build a plugin's object: as ``guarded``, but UsageError (a wrong option) and WeightsError pass as they are."""
    try:
        with nullcontext() if is_own(factory) else foreign_world():
            yield
    except VsodboostError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginError(f"{plugin} could not be built: {one_line(error)}") from error


@contextmanager
def alone() -> Iterator[None]:
    """Work on one video: what nobody foresaw fails this one, and the others go on.

    Raises:
        VideoError: whatever it was. This package's own errors, a full disk and KeyboardInterrupt pass as they are.
    """
    try:
        yield
    except VsodboostError:
        raise
    except MemoryError as error:
        raise VideoError("out of memory; try a smaller --buffer") from error
    except Exception as error:
        if _is_full(error):
            raise VsodboostError("the disk is full; make room and go on with --resume") from error
        words = " ".join(str(error).split()) or "no message"
        raise VideoError(f"unexpected {type(error).__name__}: {words}; run it again with --debug") from error


def one_line(error: BaseException) -> str:
    """Return the error's words on one line; of an error without words or of a kind that needs it, the type."""
    words = " ".join(str(error).split())
    if isinstance(error, SystemExit):
        return f"it called sys.exit({error.code!r})"
    if not words or isinstance(error, (KeyError, AttributeError, NameError, AssertionError, StopIteration)):
        return f"{type(error).__name__}: {words}".rstrip(": ")
    return words


def _is_full(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno == errno.ENOSPC


def _words(doing: str) -> str:
    return f" {doing}" if doing else ""
