"""The scripts under benchmarks/ as modules; they import each other, so their folder is on pytest's path."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def script(name: str) -> ModuleType:
    """``benchmarks/<name>.py``, imported."""
    return import_module(name)
