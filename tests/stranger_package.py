"""Packages of strangers, installed by writing the two things an installer leaves: the module and its metadata."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

GOOD = """
import numpy as np
import vsodboost

class Bright:
    def predict(self, clip):
        return clip.frames.mean(axis=-1) / 255

class Nothing:
    def estimate(self, first, second):
        return np.zeros((*first.shape[:3], 2), np.float32)

@vsodboost.hookimpl
def vsodboost_register_targets(register):
    register("bright", lambda request: Bright(), vsodboost.TargetCard("mean of the colours"))

@vsodboost.hookimpl
def vsodboost_register_flows(register):
    register("nothing", lambda request: Nothing(), vsodboost.FlowCard("no motion at all"))
"""

Install = Callable[..., None]


def write_package(folder: Path, name: str, code: str, *, entry_point: str | None = None) -> None:
    """A package ``name`` of one module in ``folder``, with the entry point ``entry_point`` (default: its name)."""
    (folder / f"{name}.py").write_text(code)
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[vsodboost]\n{entry_point or name} = {name}\n")


@pytest.fixture
def install(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """``install(name, code, entry_point=...)``: a package that is there for one test."""
    folder = tmp_path_factory.mktemp("site")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delenv("VSODBOOST_LOAD_PLUGINS", raising=False)
    before = set(sys.modules)

    def write(name: str, code: str = GOOD, entry_point: str | None = None) -> None:
        write_package(folder, name, code, entry_point=entry_point)
        importlib.invalidate_caches()

    yield write
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
            del sys.modules[name]
