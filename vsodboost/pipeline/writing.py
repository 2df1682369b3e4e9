"""Where and what a run writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vsodboost.data.errors import UsageError
from vsodboost.pipeline.plan import Plan
from vsodboost.registry.checks import checked_files
from vsodboost.registry.guard import guarded
from vsodboost.registry.interfaces import Request
from vsodboost.registry.writer import Writer

ALWAYS = ("maps", "table")
"""Writers of every run."""


COSTS = {
    "maps": 0.01,
    "table": 0.001,
    "sheet": 0.02,
    "masks": 0.01,
    "rle": 0.01,
    "overlay": 0.09,
    "report": 0.14,
    "alpha": 0.4,
    "cutout": 0.3,
}
"""Seconds a megapixel of a frame on one core, measured; only for telling how long it will take."""
UNKNOWN = 0.1
"""The same of any other writer."""


@dataclass(frozen=True)
class OutputOptions:
    """Where and what to write: names of ``writers`` beside maps and table, and their ``options``, each for those that
    know it; ``resume`` skips finished videos and goes on with unfinished ones, ``overwrite`` redoes."""

    out: Path
    writers: tuple[str, ...] = ()
    resume: bool = False
    overwrite: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


def writers_identity(output: OutputOptions) -> str:
    """Return a text that changes with what is written."""
    return json.dumps([sorted({*ALWAYS, *output.writers}), sorted(output.options.items())])


def writing_cost(writers: Iterable[str]) -> float:
    """Return what these ``writers``, as NAME or NAME:KIND, mostly take together: seconds a megapixel of a frame."""
    return sum(COSTS.get(name.partition(":")[0], UNKNOWN) for name in writers)


def written(identity: str) -> dict[str, Any]:
    """Return what ``writers_identity`` was made of, as ``run.json`` has it: ``writers`` beside those of every run, and
    their ``options``."""
    names, options = json.loads(identity) if identity else ([], [])
    return {"writers": [name for name in names if name not in ALWAYS], "options": dict(options)}


def output_files(writers: Mapping[str, Writer]) -> dict[str, list[str]]:
    """Return the files that each writer says it makes, without those of every run and those that say nothing.

    Raises:
        PluginError: one names what cannot be a file of the video.
    """
    found = {}
    for name, writer in writers.items():
        if name in ALWAYS:
            continue
        with guarded(f"writer '{name}'"):
            found[name] = checked_files(getattr(writer, "output_files", ()), f"writer '{name}'")
    return {name: files for name, files in found.items() if files}


def build_writers(plan: Plan, output: OutputOptions) -> dict[str, Writer]:
    """Return the writers of every run and those of ``output``, by name; each gets the options that are on its card.

    Raises:
        UsageError: there is no such writer, one does not take its options, or none of them knows an option.
    """
    registry, unknown = plan.registry, set(output.options)
    writers: dict[str, Writer] = {}
    for name in dict.fromkeys((*ALWAYS, *output.writers)):
        known = registry.card("writers", name.partition(":")[0]).options
        own = {option: value for option, value in output.options.items() if option in known}
        unknown -= set(own)
        request = Request(options=own, device=plan.device, seed=plan.options.seed)
        writers[name] = registry.build("writers", name, request)[0]
    if unknown:
        raise UsageError(f"none of the writers {', '.join(writers)} knows the option '{min(unknown)}'")
    return writers
