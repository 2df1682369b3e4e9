"""Peak memory of the whole command on synthetic videos of several lengths.

    python benchmarks/memory.py                       300 and 3,000 frames of 320x180
    python benchmarks/memory.py --frames 300 3000 --size 1280x720 --booster longterm

Every length is a process of its own (``vsodboost wrap`` on an .mp4), so that the peaks can be compared.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def write_clip(path: Path, count: int, size: tuple[int, int]) -> None:
    """A bright disc that runs to and fro over a still texture: ``count`` frames of ``size`` (H, W)."""
    height, width = size
    rng = np.random.default_rng(0)
    ground = np.kron(rng.integers(0, 140, (height // 8 + 1, width // 8 + 1, 3)), np.ones((8, 8, 1)))[:height, :width]
    y, x = np.mgrid[:height, :width]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        for t in range(count):
            centre = width * (0.2 + 0.6 * abs(1 - (t / 48) % 2))
            disc = (x - centre) ** 2 + (y - height / 2) ** 2 < (height / 5) ** 2
            image = np.where(disc[..., None], np.array([250, 230, 60]), ground).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = t, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def measure(clip: Path, out: Path, options: list[str]) -> tuple[float, float]:
    """Peak resident memory in MB and seconds of ``vsodboost wrap clip``."""
    words = [sys.executable, "-m", "vsodboost", "wrap", str(clip), "-o", str(out), "--quiet", *options]
    started = time.perf_counter()
    process = subprocess.Popen(words)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"vsodboost left with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2), time.perf_counter() - started


def main() -> None:
    """Print a line a length and, at the end, the ratio of the last peak to the first; options go on to ``wrap``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, nargs="+", default=[300, 3000])
    parser.add_argument("--size", default="320x180", metavar="WxH")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    arguments, options = parser.parse_known_args()
    width, height = map(int, arguments.size.split("x"))
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for count in arguments.frames:
            clip = Path(folder) / f"disc{count}.mp4"
            write_clip(clip, count, (height, width))
            peak, seconds = measure(clip, Path(folder) / "out", options)
            figures.append({"frames": count, "peak_mb": round(peak, 1), "seconds": round(seconds, 1)})
            print(f"{count:6d} frames  {peak:7.0f} MB  {seconds:7.1f} s", flush=True)
    print(f"ratio {figures[-1]['peak_mb'] / figures[0]['peak_mb']:.3f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
