"""Two worlds that leave each other alone: ours, in which every setting is as we need it, and everybody else's.

torch's default dtype and gradient mode, numpy's error handling and the working directory belong to the process. A
caller may have set them, a target's module may set them when it is imported, and both may rely on it. So our code runs
in ``own_world`` and foreign code in ``foreign_world``; each finds its settings as it left them.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class _Settings:
    errors: Any
    folder: str | None
    dtype: Any = None
    gradients: bool = True
    inference: bool = False


class _State(threading.local):
    """Where a thread is: gradient mode and NumPy's error handling are each thread's own."""

    inside: bool = False
    outer: _Settings | None = None
    """Everybody else's settings, while ours are in force."""


_state = _State()
_OWN_ERRORS = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
"""NumPy's own defaults."""


def _settings() -> _Settings:
    torch = sys.modules.get("torch")
    numpy = sys.modules.get("numpy")
    errors, folder = None if numpy is None else numpy.geterr(), _folder()
    if torch is None:
        return _Settings(errors, folder)
    return _Settings(
        errors, folder, torch.get_default_dtype(), torch.is_grad_enabled(), torch.is_inference_mode_enabled()
    )


def _folder() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - a deleted folder has no Path
    except OSError:
        return None


def _apply(wanted: _Settings) -> None:
    if wanted.errors is not None:
        sys.modules["numpy"].seterr(**wanted.errors)
    if wanted.folder is not None and wanted.folder != _folder():
        os.chdir(wanted.folder)
    torch = sys.modules.get("torch")
    if torch is None:
        return
    torch.set_default_dtype(wanted.dtype or torch.float32)
    torch.set_grad_enabled(wanted.gradients)


@dataclass
class Remembered:
    """What a caller's and everybody else's settings were when our world was last left."""

    found: _Settings | None = None
    left: _Settings | None = None


@contextmanager
def own_world(remembered: Remembered | None = None) -> Iterator[None]:
    """Run our code under our settings: float32, gradients as each function says, NumPy's default error handling.

    The caller's settings, and the states of torch's and NumPy's global random generators, are given back as found.
    ``remembered`` carries what foreign code set from one visit to the next, unless the caller has changed something in
    between. Re-entrant: inside, it does nothing.
    """
    if _state.inside:
        yield
        return
    import torch

    found, random = _settings(), _random_states()
    again = remembered is not None and remembered.found == found and remembered.left is not None
    _state.inside, _state.outer = True, remembered.left if remembered is not None and again else found
    # Settings alone do not leave inference mode; its context manager does.
    with torch.inference_mode(False):
        _apply(_Settings(_OWN_ERRORS, found.folder, torch.float32))
        try:
            yield
        finally:
            if remembered is not None:
                remembered.found, remembered.left = found, _state.outer
            _state.inside, _state.outer = False, None
            _apply(found)
            _give_back(random)


@contextmanager
def foreign_world() -> Iterator[None]:
    """Run foreign code under the settings that the caller or foreign code left, and come back to ours."""
    if not _state.inside or _state.outer is None:
        yield
        return
    own = _settings()
    _apply(_state.outer)
    _state.inside = False
    try:
        yield
    finally:
        left = _settings()
        _state.inside, _state.outer = True, left
        _apply(own)


def stepwise(steps: Iterator[T]) -> Iterator[T]:
    """Yield from ``steps``, each made in our world; between them, when the caller's code runs, the caller's holds."""
    remembered = Remembered()
    while True:
        with own_world(remembered):
            try:
                step = next(steps)
            except StopIteration:
                return
        yield step
        del step  # whoever asked may let go of it before the next one is made


def _random_states() -> tuple[Any, Any]:
    import numpy as np
    import torch

    return torch.get_rng_state(), np.random.get_state()


def _give_back(random: tuple[Any, Any]) -> None:
    import numpy as np
    import torch

    torch.set_rng_state(random[0])
    np.random.set_state(random[1])
