"""What every target model costs at its official size: seconds a frame and peak memory, on a given number of threads.

    python benchmarks/target_costs.py --threads 2 --json costs.json
    python benchmarks/target_costs.py --only dsnet rcrnet --frames 8

Each model runs in a process of its own, by its card, on a made 854x480 clip: resizing, normalising, the network and the
way back to the clip's size count, reading the weights and the flow itself do not (models that need flow get a made
field). The fastest of two runs counts; on a machine that is busy with other work, rather believe the CPU seconds of
``--threads 1``. Weights are noise of a fixed seed: time and memory do not depend on what was learned. ``resident`` is
the peak of the whole process with Python and torch in it, ``above start`` what the model and its run add to that of a
process that has imported torch.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from vsodboost import weights
from vsodboost.cli.allocator import keep_freed_memory
from vsodboost.data.types import Clip
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Request
from vsodboost.targets.network_target import run_target

HEIGHT, WIDTH = 480, 854
REPEATS = 2
"""The fastest counts: what else a machine does only ever adds."""


def targets() -> list[str]:
    """Names of the target models that take weights, and the embedded one."""
    registry = Registry.load()
    cards = {name: registry.card("targets", name) for name in registry.entries["targets"]}
    return [name for name, card in cards.items() if name == "lite" or (card.weights and card.weights.build)]


def noise_weights(build: Callable[[], nn.Module]) -> dict[str, torch.Tensor]:
    """Weights of a network that keep its activations of ordinary size (denormal numbers would slow it down)."""
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name, value in build().state_dict().items():
        made = value
        if value.is_floating_point() and not name.endswith("gaussian_kernel"):
            if value.dim() > 1:
                made = torch.randn(value.shape, generator=generator) / value[0].numel() ** 0.5
            elif name.endswith(("running_var", "weight")):
                made = torch.rand(value.shape, generator=generator) * 0.4 + 0.8
            else:
                made = torch.randn(value.shape, generator=generator) * 0.05
        state[name] = made.contiguous()
    return state


def made_clip(count: int, *, flow: bool, size: tuple[int, int] = (HEIGHT, WIDTH)) -> Clip:
    """A bright square that moves over noise, ``count`` frames."""
    height, width = size
    rng = np.random.default_rng(0)
    frames = np.repeat(rng.integers(0, 120, (1, height, width, 3), np.uint8), count, axis=0)
    side = height // 3
    for t in range(count):
        x = (10 + 5 * t) % (width - side)
        frames[t, side : 2 * side, x : x + side] = (250, 200, 30)
    field = rng.normal(size=(count, height, width, 2)).astype(np.float32) if flow else None
    return Clip(frames, tuple(f"{t:05d}" for t in range(count)), "square", flow=field)


def peak_mb() -> float:
    """Peak resident memory of this process so far, in MB (2**20 bytes).

    Linux says it in /proc; its ``ru_maxrss`` would count what the process was forked from.
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
        return int(found.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def measure(name: str, count: int, size: tuple[int, int] = (HEIGHT, WIDTH)) -> dict[str, Any]:
    """Figures of one target, in this process; its weights must have been added. ``count`` is rounded up to windows."""
    start = peak_mb()
    target, card = Registry.load().build("targets", name, Request(seed=0))
    network = getattr(target, "network", None)
    count = -(-count // card.window) * card.window
    clip = made_clip(count, flow=card.needs_flow, size=size)
    run_target(target, card, clip.part(0, card.window), name)
    seconds, busy = float("inf"), float("inf")
    for _ in range(REPEATS):
        started, used = time.perf_counter(), time.process_time()
        run_target(target, card, clip, name)
        seconds = min(seconds, time.perf_counter() - started)
        busy = min(busy, time.process_time() - used)
    return {
        "target": name,
        "parameters": sum(p.numel() for p in network.parameters()) if isinstance(network, nn.Module) else None,
        "size": list(card.input_size or size),
        "window": card.window,
        "batch": card.batch if card.window == 1 else 1,
        "flow": card.needs_flow,
        "seconds_a_frame": round(seconds / count, 3),
        "cpu_seconds_a_frame": round(busy / count, 3),
        "resident_mb": round(peak_mb()),
        "above_start_mb": round(peak_mb() - start),
    }


def apart(name: str, count: int, threads: int) -> dict[str, Any]:
    """``measure`` in a process of its own, with noise for weights in a store of its own."""
    source = Registry.load().card("targets", name).weights
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "VSODBOOST_HOME": home, "OMP_NUM_THREADS": str(threads)}
        if source is not None and source.build is not None:
            file = Path(home) / "noise.safetensors"
            save_file(noise_weights(source.build), file)
            before = os.environ.get("VSODBOOST_HOME")
            os.environ["VSODBOOST_HOME"] = home
            try:
                weights.add(name, file)
            finally:
                os.environ.pop("VSODBOOST_HOME") if before is None else os.environ.update(VSODBOOST_HOME=before)
            file.unlink()
        words = [sys.executable, __file__, "--inside", name, "--frames", str(count), "--threads", str(threads)]
        done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def line(figures: dict[str, Any]) -> str:
    """A row of the table, in Markdown."""
    height, width = figures["size"]
    seen = f"{figures['window']} frames" if figures["window"] > 1 else f"batches of {figures['batch']}"
    millions = "" if figures["parameters"] is None else f"{figures['parameters'] / 1e6:.1f} M"
    flow = ", flow" if figures["flow"] else ""
    return (
        f"| {figures['target']} | {millions} | {width}x{height}, {seen}{flow} | {figures['seconds_a_frame']:.2f} s "
        f"| {figures['cpu_seconds_a_frame']:.2f} s | {figures['resident_mb']} MB | {figures['above_start_mb']} MB |"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="TARGET", help="these targets (default: all that take weights)")
    parser.add_argument("--frames", type=int, default=6, help="frames timed, rounded up to the model's windows")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.inside:
        torch.set_num_threads(options.threads)
        keep_freed_memory()  # as the commands do
        print(json.dumps(measure(options.inside, options.frames)))
        return
    print(
        "| target | parameters | input | a frame | CPU | resident | above start |\n|---|---|---|---|---|---|---|",
        flush=True,
    )
    rows = []
    for name in options.only or targets():
        rows.append(apart(name, options.frames, options.threads))
        print(line(rows[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
