"""What a boost costs beside the least that a frame could cost, measured in one process on the same frames.

The floor is reading the frames, optical flow both ways at the working size, one pass of the frozen network in the
fastest runtime at hand, and a grey PNG. Seconds are the processor's, over all threads, so that a busy machine does not
change a ratio; wall-clock seconds stand beside them.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.video import VideoSource
from vsodboost.io.atomic import write_png
from vsodboost.io.buffers import buffers
from vsodboost.ops.resize import resize_frames, resize_maps
from vsodboost.perception.perceive import shot_flow
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.plan import Plan

FLOOR = ("read", "flow", "network", "write")


@dataclass
class Cost:
    """Seconds a frame of one pass over a video: ``cpu`` of the processor, ``wall`` on the clock, ``stages`` by the
    clock."""

    frames: int = 0
    cpu: float = 0.0
    wall: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Add the block's time to ``stage``, and to the whole."""
        cpu, wall = time.process_time(), time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - wall
            self.cpu, self.wall = self.cpu + time.process_time() - cpu, self.wall + spent
            self.stages[stage] = self.stages.get(stage, 0.0) + spent

    def a_frame(self) -> Cost:
        """Return it divided by the frames."""
        n = max(self.frames, 1)
        return Cost(self.frames, self.cpu / n, self.wall / n, {k: v / n for k, v in self.stages.items()})


def floor(plan: Plan, source: VideoSource, folder: Path) -> Cost:
    """Return the least a boost of ``source`` could cost, a frame; PNGs go to ``folder``. Raises as a boost does."""
    cost = Cost()
    stream = buffers(source, plan.options.buffer)
    while True:
        with cost.of("read"):
            clip = next(stream, None)
            small = None if clip is None else resize_frames(clip.frames, plan.working(clip.size))
        if clip is None or small is None:
            return cost.a_frame()
        cost.frames += len(clip)
        if len(clip) > 1:
            with cost.of("flow"):
                shot_flow(plan.flow, small, plan.name("flow"))
        with cost.of("network"):
            maps = plan.fusion.predict(small)
        with cost.of("write"):
            _write(resize_maps(maps, clip.size), clip.names, folder)


def boosted(plan: Plan, source: VideoSource, folder: Path) -> Cost:
    """Return what boosting ``source`` costs, a frame, maps written to ``folder`` and all. Raises as a boost does."""
    engine, cost = Engine(plan), Cost()
    stream = engine.boost(source)
    written = Cost()
    while True:
        with cost.of("boost"):
            buffer = next(stream, None)
        if buffer is None:
            break
        cost.frames += len(buffer)
        with cost.of("boost"), written.of("write"):
            _write(buffer.maps, buffer.scene.names, folder)
        del buffer
    cost.stages = {**engine.seconds.spent, **written.stages}
    return cost.a_frame()


def typical(measure: Callable[[], Cost], repeats: int) -> Cost:
    """Return the median of ``repeats`` measurements, each figure by itself."""
    costs = [measure() for _ in range(repeats)]
    stages = {name: median(cost.stages.get(name, 0.0) for cost in costs) for name in costs[0].stages}
    return Cost(costs[0].frames, median(c.cpu for c in costs), median(c.wall for c in costs), stages)


def peak_memory() -> float:
    """Return the most memory that this process has had so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def _write(maps: NDArray[np.float32], names: Sequence[str], folder: Path) -> None:
    for name, saliency in zip(names, maps, strict=True):
        write_png(folder / f"{name}.png", np.rint(np.clip(saliency, 0, 1) * 255).astype(np.uint8))
