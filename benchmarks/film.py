"""A film of hours at a tiny size: whether memory and disk stay bounded, with everything that a run writes.

    python benchmarks/film.py --frames 20000
    python benchmarks/film.py --frames 20000 --profile fast --steps 1

makes the frames as they are asked for (64x96 px, a disc that runs over textures which change now and then), boosts them
with ``--profile quick`` into a folder, and prints after every 1,000 frames the resident memory, the size of the
checkpoint beside the outputs, the bytes a frame that were written for good, and the seconds. Parts of overlays
lie beside the checkpoint until they are joined, so that grows with the film. Exit code 1 when memory grows by more than
a tenth between the first and the last quarter of the film.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.cards import TargetCard
from vsodboost.data.video import Frame, VideoSource
from vsodboost.io.checkpoint import FOLDER
from vsodboost.pipeline.options import choose
from vsodboost.pipeline.plan import make_plan
from vsodboost.pipeline.run import Progress, run
from vsodboost.pipeline.writing import OutputOptions
from vsodboost.registry.discovery import Registry
from vsodboost.targets.network_target import CallableTarget

SIZE = (64, 96)
SHOT = 300
"""Frames between two cuts."""
WRITERS = ("overlay", "sheet", "rle")


@dataclass(frozen=True)
class Film:
    """``length`` frames, each made when it is asked for."""

    length: int
    name: str = "film"
    path: Path = Path("film")
    fps: float = 24.0

    def frames(self) -> Iterator[Frame]:
        """The frames, named by their number."""
        for t in range(self.length):
            if t % SHOT == 0:
                ground = _texture(t // SHOT)
            frame = ground.copy()
            cv2.circle(frame, (18 + 4 * abs(15 - t % 30), 32 + t % 7), 12, (250, 230, 60), -1)
            yield Frame(f"{t:06d}", frame)


def _texture(seed: int) -> NDArray[np.uint8]:
    small = np.random.default_rng(seed).integers(0, 140, (9, 13, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(small, SIZE[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def resident() -> float:
    """MB of memory that this process holds now."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def megabytes(folder: Path) -> float:
    """MB of the files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def brightness(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The target: ``float32[T, H, W]`` that follows the colours."""
    return np.asarray(frames.mean(axis=-1) / 255, np.float32)


def main(arguments: Sequence[str] | None = None) -> int:
    """Boost the film and print what it took; 1 where something grew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--profile", choices=["quick", "fast"], default="quick")
    parser.add_argument("--buffer", type=int, default=100)
    parser.add_argument("--steps", type=int)
    chosen = parser.parse_args(arguments)
    given: dict[str, Any] = {"device": "cpu", "buffer": chosen.buffer, "profile": chosen.profile}
    given |= {} if chosen.steps is None else {"steps": chosen.steps}
    registry = Registry.load(only=[])
    bright = CallableTarget(brightness), TargetCard(summary="bright is salient")
    plan = replace(make_plan(choose(given, registry), registry, target=bright), working=lambda size: SIZE)
    began, done, seen = time.monotonic(), 0, []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)

        def passed(source: VideoSource, count: int) -> None:
            nonlocal done
            done += count
            if done % 1000 < count or done == chosen.frames:
                beside = megabytes(out / "film" / FOLDER)
                whole = megabytes(out)
                seen.append((resident(), beside))
                line = f"{done:8d}{seen[-1][0]:9.0f}{beside:9.1f}{1e6 * (whole - beside) / done:9.0f}"
                print(f"{line}{time.monotonic() - began:8.0f}", flush=True)

        print(f"{'frames':>8}{'MB held':>9}{'MB kept':>9}{'B/frame':>9}{'s':>8}")
        report = run(plan, [Film(chosen.frames)], OutputOptions(out, WRITERS), Progress(frames=passed))
        left = sorted(path.name for path in (out / "film").iterdir() if not path.name.endswith(".png"))
        print(f"{len(list((out / 'film').glob('0*.png')))} maps, {', '.join(left)}; {megabytes(out):.0f} MB")
    quarter = max(1, len(seen) // 4)
    grown = [
        max(late[i] for late in seen[-quarter:-1] or seen) / max(1.0, *(e[i] for e in seen[:quarter])) for i in (0, 1)
    ]
    print(f"last quarter against the first: memory x{grown[0]:.3f}, checkpoint x{grown[1]:.3f}; failed {report.failed}")
    return int(bool(report.failed) or grown[0] > 1.1)


if __name__ == "__main__":
    sys.exit(main())
