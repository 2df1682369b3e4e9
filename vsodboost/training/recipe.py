"""What ``vsodboost train NAME`` hands to a model's trainer, and how a trainer reads its options."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from vsodboost.data.errors import PluginError, UsageError
from vsodboost.datasets import read_dataset
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Builder, no_builder
from vsodboost.training.files import DatasetReader

Settings = TypeVar("Settings")


@dataclass(frozen=True)
class TrainingRequest:
    """One training: ``data`` are DAVIS-like roots and folders of stills, ``folder`` takes checkpoints and the result.

    ``options`` are the trainer's own; ``resume`` goes on from the checkpoints in ``folder``.
    """

    data: tuple[Path, ...]
    folder: Path
    say: Callable[[str], None]
    options: Mapping[str, str] = field(default_factory=dict)
    device: str = "cpu"
    seed: int = 0
    resume: bool = False
    workers: int = 0
    """Processes that make batches ahead; 0 is a thread of this one."""
    build: Builder = field(default=no_builder, repr=False, compare=False)
    """For a trainer that needs another plugin: ``request.build("flows", "dis")``."""
    read: DatasetReader = read_dataset
    """Reads a folder of ``data``, in the layout that the user named or that is recognised."""
    registry: Registry | None = field(default=None, repr=False, compare=False)
    """The plugins of the run, without those that were left out."""

    @property
    def plugins(self) -> Registry:
        """The registry; raises PluginError where the request came without."""
        if self.registry is None:
            raise PluginError("this training needs plugins: give its request a registry")
        return self.registry


Trainer = Callable[[TrainingRequest], Path]
"""Trains a model and returns the file of its weights, which ``vsodboost weights add NAME FILE`` takes."""


def read_settings(kind: type[Settings], options: Mapping[str, str]) -> Settings:
    """``kind(**options)`` for a dataclass of numbers and words; the text of each option becomes its field's type.

    Raises:
        UsageError: an option does not exist, is no number where one is needed, or is a negative number.
    """
    known: dict[str, Any] = {f.name: f.default for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, text in options.items():
        if name not in known:
            raise UsageError(f"no training option is called '{name}'; known: {', '.join(sorted(known))}")
        wanted = type(known[name])
        try:
            values[name] = wanted(text)
        except ValueError:
            raise UsageError(f"training option {name}={text}: not a number like {known[name]}") from None
        if wanted is not str and not 0 <= values[name] < float("inf"):
            raise UsageError(f"training option {name}={text}: must be a number of at least 0")
    return kind(**values)
