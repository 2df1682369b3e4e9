"""Time, memory and photometric error of every flow estimator on real frames.

    python benchmarks/flow_estimators.py DAVIS/JPEGImages/480p --weights spynet=spynet-sintel-final.pt

Each estimator runs in a process of its own with ``--threads`` threads. Time is for one pair of frames in one direction;
"CPU s" counts all threads and depends less on what else the machine does. Memory is the peak of the whole process while
estimating, Python and weights included. Photometric error is the mean absolute difference (grey levels, RGB) of the
first frame and the second one warped back; the row ``none`` is flow zero. Networks without weights get random ones:
their time and memory are right, their error is left out.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]
DEFAULT = [
    "none", "dis:ultrafast", "dis:fast", "dis:medium", "farneback", "spynet", "liteflownet", "pwcnet",
    "raft-small", "raft", "flownet2",
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of sequences, each a folder of frames")
    parser.add_argument("--estimators", nargs="+", default=DEFAULT, help="names as in --flow; dis:PRESET too")
    parser.add_argument("--weights", nargs="*", default=[], metavar="NAME=FILE", help="weights of networks")
    parser.add_argument("--pairs", type=int, default=3, help="pairs of frames a sequence (random weights: one in all)")
    parser.add_argument("--height", type=int, help="resize frames to this height (default: as they are)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured(options.one, options)))
        return
    rows = []
    print(f"{'estimator':<15}{'wall s':>9}{'CPU s':>9}{'MB':>8}{'photometric':>13}{'median':>9}{'pairs':>7}")
    for name in options.estimators:
        command = [sys.executable, __file__, *sys.argv[1:], "--one", name]
        threads = {"OMP_NUM_THREADS": str(options.threads)}
        answer = subprocess.run(command, env=os.environ | threads, capture_output=True, text=True, check=False)
        if answer.returncode:
            print(f"{name:<15} failed: {answer.stderr.strip().splitlines()[-1]}")
            continue
        row = json.loads(answer.stdout.splitlines()[-1])
        rows.append(row)
        error = f"{row['error']:>13.3f}{row['median']:>9.3f}" if row["error"] is not None else f"{'-':>13}{'-':>9}"
        print(
            f"{name:<15}{row['wall']:>9.3f}{row['cpu']:>9.3f}{row['memory']:>8.0f}{error}{row['pairs']:>7}", flush=True
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


def measured(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """One row of the table."""
    import torch

    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    estimator, trained = built(name, dict(item.split("=", 1) for item in options.weights))
    pairs = list(pairs_of(options.folder, options.pairs, options.height))
    if not trained:
        pairs = pairs[len(pairs) // 2 :][:1]
    tiny = np.zeros((1, 64, 64, 3), np.uint8)
    estimator.estimate(tiny, tiny)  # what the first call alone must do is not timed
    forget_peak()
    wall = cpu = 0.0
    errors = []
    for first, second in pairs:
        started, started_cpu = time.perf_counter(), time.process_time()
        flow = estimator.estimate(first[None], second[None])[0]
        wall, cpu = wall + time.perf_counter() - started, cpu + time.process_time() - started_cpu
        errors.append(photometric_error(first, second, flow))
    count = len(pairs)
    return {
        "estimator": name, "wall": wall / count, "cpu": cpu / count, "memory": peak_memory(), "pairs": count,
        "error": float(np.mean(errors)) if trained else None, "median": float(np.median(errors)) if trained else None,
        "errors": errors,
    }  # fmt: skip


def forget_peak() -> None:
    """Let Linux measure the peak from here on."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory() -> float:
    """Peak of the process's resident memory in MB."""
    with contextlib.suppress(OSError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def built(spec: str, weights: dict[str, str]) -> tuple[Any, bool]:
    """The estimator, and whether its weights are trained ones."""
    from vsodboost.data.errors import WeightsError
    from vsodboost.registry.discovery import Registry
    from vsodboost.registry.interfaces import Request

    name, _, preset = spec.partition(":")
    if name == "none":
        return Standstill(), True
    registry = Registry.load()
    choices = {"preset": preset} if preset else {"weights": weights[name]} if name in weights else {}
    try:
        return registry.build("flows", name, Request(options=choices))[0], True
    except WeightsError:
        import torch

        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "random.pt"
            torch.save(registry.card("flows", name).weights.build().state_dict(), file)
            return registry.build("flows", name, Request(options={"weights": str(file)}))[0], False


class Standstill:
    """Flow zero, the baseline."""

    def estimate(self, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.zeros((*first.shape[:3], 2), np.float32)


def pairs_of(folder: Path, count: int, height: int | None) -> Iterator[Pair]:
    """``count`` pairs of neighbouring frames, evenly spread over each sequence, RGB."""
    for sequence in sorted(child for child in folder.iterdir() if child.is_dir()):
        frames = sorted(path for path in sequence.iterdir() if path.suffix in (".jpg", ".png"))
        for k in range(count):
            at = round((len(frames) - 2) * (k + 0.5) / count)
            yield picture(frames[at], height), picture(frames[at + 1], height)


def picture(path: Path, height: int | None) -> NDArray[np.uint8]:
    """A frame ``uint8[H, W, 3]``, RGB."""
    frame = cv2.imread(str(path))
    assert frame is not None, path
    if height:
        size = (round(frame.shape[1] * height / frame.shape[0]), height)
        frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(frame[..., ::-1])


def photometric_error(first: NDArray[np.uint8], second: NDArray[np.uint8], flow: NDArray[np.float32]) -> float:
    """Mean absolute difference of ``first`` and ``second`` warped back along ``flow``."""
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    seen = cv2.remap(second, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return float(np.abs(seen.astype(np.float32) - first).mean())


if __name__ == "__main__":
    main()
