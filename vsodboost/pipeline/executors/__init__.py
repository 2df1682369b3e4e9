"""Where the videos of a run are worked on. ``local``: here, one after another; ``process``: in workers."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from vsodboost.data.cards import Card
from vsodboost.data.errors import UsageError
from vsodboost.registry.hookspecs import RegisterExecutor, hookimpl
from vsodboost.registry.interfaces import Request

if TYPE_CHECKING:
    from vsodboost.pipeline.executors.local import Local
    from vsodboost.pipeline.executors.process import Process

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
LEAST_MEMORY = 1 << 29
"""Bytes that a worker takes before it does anything: the libraries alone hold about a quarter of a GiB."""


def build_local(request: Request) -> Local:
    """Return the executor that works here. Raises UsageError for any option."""
    from vsodboost.pipeline.executors.local import Local

    for name in request.options:
        raise UsageError(f"executor 'local' has no {name}; give --executor process as well")
    return Local()


def build_process(request: Request) -> Process:
    """Return the executor that works in workers. Raises UsageError for a wrong option."""
    from vsodboost.pipeline.executors.process import Process, ProcessSettings

    given = dict(request.options)
    workers, tries = (_number(given, name, default) for name, default in (("workers", 1), ("tries", 2)))
    timeout, memory = given.pop("timeout", None), given.pop("memory", None)
    for name in given:
        raise UsageError(f"executor 'process' has no option '{name}'; it has workers, timeout, memory and tries")
    threads = None if workers == 1 else max(1, (os.cpu_count() or 1) // workers)
    return Process(ProcessSettings(workers, _seconds(timeout), _bytes(memory), tries, threads))


def _number(options: dict[str, str], name: str, default: int) -> int:
    text = options.pop(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"{name}={text} is no whole number above 0")
    return int(text)


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    if match is None or float(match[1]) == 0:
        raise UsageError(f"timeout={text} is no time; write seconds, or 90s, 10m, 2h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def _bytes(text: str | None) -> int | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if match is None:
        raise UsageError(f"memory={text} is no size; write 6G or 1500M")
    size = int(float(match[1]) * _UNITS[match[2].upper()])
    if size < LEAST_MEMORY:
        raise UsageError(f"memory={text} is too little: a worker takes {LEAST_MEMORY >> 20}M before it does anything")
    if not Path("/proc/self/statm").exists():
        raise UsageError("memory can be watched on Linux only; leave it out")
    return size


@hookimpl
def vsodboost_register_executors(register: RegisterExecutor) -> None:
    register("local", build_local, Card(summary="in this process, one video after another (default)"))
    register(
        "process",
        build_process,
        Card(
            summary="in workers: a plugin that hangs, crashes or leaks spoils its own video",
            options={
                "workers": "videos at a time (default 1); they share the processor's cores out",
                "timeout": "seconds a buffer may take (90, 10m, 2h); default: no limit",
                "memory": "what a worker may hold (6G, 1500M); default: no limit",
                "tries": "a video is set aside after so many failures without a step forward (default 2)",
            },
        ),
    )
