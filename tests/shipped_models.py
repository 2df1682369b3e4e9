"""Shipped models for tests that bring shipped weights of their own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def add_region_model(folder: Path) -> None:
    """Put the shipped region model into a folder of shipped weights: a model of any evidence would do."""
    (folder / "regions.json").write_bytes(files("vsodboost").joinpath("weights/shipped/regions.json").read_bytes())
