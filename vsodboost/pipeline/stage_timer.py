"""Where the time goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from vsodboost.registry import watch


@dataclass
class StageTimer:
    """Seconds ``spent`` by stage, over a whole video."""

    spent: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Add the block's time to ``stage``, and tell those who watch."""
        started = time.perf_counter()
        watch.begins(stage)
        try:
            yield
        finally:
            seconds = time.perf_counter() - started
            self.spent[stage] = self.spent.get(stage, 0.0) + seconds
            watch.ends(stage, seconds)
