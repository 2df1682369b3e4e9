"""A run whose stages take what a table says, by a clock that nobody has to wait for: for tests of what is shown.

As a program, ``played_run.py FOLDER`` plays it on its terminal, and goes on from the middle of stage N when the file
``FOLDER/N`` is there.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from vsodboost.pipeline import progress
from vsodboost.registry import watch

COSTS = {"read": 1, "perceive": 24, "target": 22, "fuse": 14, "tune": 60, "predict": 16, "decide": 13, "write": 15}
"""Seconds that each stage takes of the one buffer; not in the usual proportions."""
TOTAL = sum(COSTS.values())
SOURCE: Any = SimpleNamespace(name="clip", length=100, size=(720, 1280))
WRITERS = ("maps", "overlay")
PLAN: Any = SimpleNamespace(
    options=SimpleNamespace(buffer=100, profile="fast"),
    tuning=SimpleNamespace(steps=40),
    booster_card=SimpleNamespace(passes=1),
)


@dataclass
class Clock:
    """Stands for the module ``time``."""

    now: float = 0.0

    def monotonic(self) -> float:
        """The seconds so far."""
        return self.now


def play(clock: Clock, seen: Callable[[int, str, float], None]) -> None:
    """Tell those who watch of all stages; ``seen`` is called in the middle of each with its number, its name and the
    seconds that the run truly takes yet."""
    for number, (stage, seconds) in enumerate(COSTS.items()):
        watch.begins(stage)
        clock.now += seconds / 2
        if stage in ("tune", "write"):
            watch.reaches(0.5)
        seen(number, stage, TOTAL - clock.now)
        clock.now += seconds / 2
        watch.ends(stage, seconds)


def main(folder: Path) -> None:
    """Play it here."""
    clock = Clock()
    progress.time = clock  # type: ignore[attr-defined]

    def wait(number: int, stage: str, left: float) -> None:
        while not (folder / str(number)).exists():
            time.sleep(0.02)

    with progress.shown(PLAN, [SOURCE], writers=WRITERS) as told:
        told.started(SOURCE)
        play(clock, wait)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
