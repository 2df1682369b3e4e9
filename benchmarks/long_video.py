"""Memory and time on long videos: the frames of one video, again and again, mirrored every other time.

    python benchmarks/long_video.py DAVIS/JPEGImages/480p/camel --booster longterm --frames 5000

prints, after every buffer, the frames done, the resident memory and the seconds, and at the end the seconds by stage.
With bounded memory the second column stays where it is. ``--pixels`` works at another size than a run does (147456
pixels a frame): what is kept of a video that has passed, proposals and features, is as large at a tenth of it, and the
answer comes ten times as soon.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from vsodboost.data.video import Frame, VideoSource
from vsodboost.datasets.inputs import open_inputs
from vsodboost.ops.resize import working_size
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.options import Options
from vsodboost.pipeline.plan import make_plan, set_up
from vsodboost.registry.discovery import Registry


@dataclass(frozen=True)
class Repeated:
    """A video of ``length`` frames made of another: forwards, then backwards and mirrored, and so on."""

    source: VideoSource
    length: int

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    def frames(self) -> Iterator[Frame]:
        """``length`` frames named by their number."""
        number = 0
        for turn in count():
            images = [frame.image for frame in self.source.frames()]
            for image in images if turn % 2 == 0 else images[::-1]:
                if number == self.length:
                    return
                turned = image if turn % 4 < 2 else image[:, ::-1]
                yield Frame(f"{number:06d}", np.ascontiguousarray(turned))
                number += 1


def resident() -> float:
    """MB of memory this process holds now (peak where the system does not tell)."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--frames", type=int, default=5000)
    parser.add_argument("--booster", default="longterm")
    parser.add_argument("--target", default="lite")
    parser.add_argument("--buffer", type=int, default=100)
    parser.add_argument("--pixels", type=int, help="pixels of a frame at the working size (default: a run's)")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args(arguments)
    chosen = Options(target=options.target, booster=options.booster, buffer=options.buffer, device=options.device)
    plan = make_plan(chosen, Registry.load())
    if options.pixels is not None:
        plan = set_up(replace(plan, working=partial(working_size, pixels=options.pixels)))
    engine = Engine(plan)
    source = Repeated(open_inputs([options.video])[0], options.frames)
    started, done = time.perf_counter(), 0
    print(f"{'frames':>8}{'MB':>8}{'s':>8}")
    print(f"{0:8d}{resident():8.0f}{0:8.0f}")
    for buffer in engine.boost(source):
        done += len(buffer.scene)
        print(f"{done:8d}{resident():8.0f}{time.perf_counter() - started:8.0f}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak {peak:.0f} MB; ms a frame by stage: ", end="")
    print(", ".join(f"{stage} {1000 * s / done:.1f}" for stage, s in engine.seconds.spent.items()), file=sys.stdout)


if __name__ == "__main__":
    main()
