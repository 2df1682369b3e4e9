"""What the next buffer of a video depends on, as plain values: taken between buffers, put back when a run goes on.

Of the engine: how far the video was read, its cuts, the end of the last buffer (cuts are sought against it) and the
replay buffer. Of the student: what tuning changed, and the optimiser. Of the booster: what it says that it remembers,
with the survey of a two-pass one. Of every other part that remembers something (``registry.interfaces.Resumable``):
what it says. Of the process: the states of the random generators that plugins may use.

``pipeline.one_video`` adds what is written: the writers' positions and the sums of ``run.json``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from vsodboost.io.buffers import START, Position
from vsodboost.io.checkpoint import Stale
from vsodboost.perception.shots import CutDetector
from vsodboost.pipeline.plan import Plan
from vsodboost.pipeline.stage_timer import StageTimer
from vsodboost.registry.guard import guarded
from vsodboost.registry.interfaces import Resumable
from vsodboost.spatial.replay import ReplayBuffer
from vsodboost.spatial.student import Student

PARTS = {"target": "target", "flow": "flow", "motion": "motion", "fusion": "fusion_network", "decision": "decision"}
"""Parts of the plan that may be ``Resumable``, and how ``Plan.name`` calls them."""


@dataclass
class VideoMemory:
    """What the engine itself remembers of the present video: how far it was read, the frames that begin a new shot, the
    mined frames of earlier buffers, and whether the first of two passes is over; and where the time went."""

    position: Position = START
    cuts: list[int] = field(default_factory=list)
    detector: CutDetector = field(default_factory=CutDetector)
    replay: ReplayBuffer = field(default_factory=ReplayBuffer)
    is_surveyed: bool = False
    seconds: StageTimer = field(default_factory=StageTimer)

    def rewind(self) -> None:
        """Go back to the first frame, after the first of two passes."""
        self.position, self.cuts, self.detector = START, [], CutDetector()


def taken(plan: Plan, memory: VideoMemory) -> dict[str, Any]:
    """Return the checkpoint of a video between two buffers.

    Raises:
        PluginError: a plugin failed to say what it remembers.
    """
    with guarded(plan.name("booster"), "in checkpoint"):
        booster = plan.booster.checkpoint()
    parts = {}
    for part, found in _resumable(plan):
        with guarded(plan.name(PARTS[part]), "in checkpoint"):
            parts[part] = found.checkpoint()
    return {
        "frames": memory.position.frames,
        "checksum": memory.position.checksum,
        "cuts": list(memory.cuts),
        "detector": memory.detector.checkpoint(),
        "is_surveyed": memory.is_surveyed,
        "replay": memory.replay.checkpoint(),
        "student": plan.student.checkpoint(),
        "booster": booster,
        "parts": parts,
        "seconds": dict(memory.seconds.spent),
        "random": random_states(),
    }


def restored(plan: Plan, saved: dict[str, Any]) -> VideoMemory:
    """Put back what ``taken`` gave, after the booster's ``begin_video``, and return the engine's part of it; the random
    generators are for ``put_back``.

    Raises:
        PluginError: a plugin cannot take back what it remembered.
        Stale: it is not what ``taken`` gave.
    """
    with readable():
        memory = _memory_of(saved)
        plan.student.restore(saved["student"])
        parts, kept = dict(saved["parts"]), saved["booster"]
    with guarded(plan.name("booster"), "in restore"):
        plan.booster.restore(kept)
    for part, found in _resumable(plan):
        if part in parts:
            with guarded(plan.name(PARTS[part]), "in restore"):
                found.restore(parts[part])
    return memory


@contextmanager
def readable() -> Iterator[None]:
    """Raise Stale where values are not those of a checkpoint: whoever wrote them, the video can be made anew."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise Stale(f"its checkpoint holds something else than it should ({type(error).__name__})") from error


def _memory_of(saved: dict[str, Any]) -> VideoMemory:
    memory = VideoMemory(
        Position(saved["frames"], saved["checksum"]),
        list(saved["cuts"]),
        is_surveyed=saved["is_surveyed"],
        seconds=StageTimer(dict(saved["seconds"])),
    )
    memory.detector.restore(saved["detector"])
    memory.replay.restore(saved["replay"])
    return memory


def random_states() -> dict[str, Any]:
    """Return the states of the global generators of torch, NumPy and Python, as plain values."""
    return {"torch": torch.get_rng_state(), "numpy": np.random.get_state(), "python": random.getstate()}


def put_back(states: dict[str, Any]) -> None:
    """Set the global generators to what ``random_states`` gave."""
    torch.set_rng_state(states["torch"])
    np.random.set_state(states["numpy"])
    random.setstate(states["python"])


def _resumable(plan: Plan) -> Iterator[tuple[str, Resumable]]:
    """The parts that remember something; a Student is one, but as a fusion network it is never tuned."""
    for part in PARTS:
        found = getattr(plan, part)
        if isinstance(found, Resumable) and not isinstance(found, Student):
            yield part, found
