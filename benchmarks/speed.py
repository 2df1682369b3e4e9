"""The whole boost beside the motion-quality paper's recipe as released, on the same frames in the same process.

    python benchmarks/speed.py VIDEO --target maps:MAPS                100 frames
    python benchmarks/speed.py VIDEO --frames 50 --json speed.json

The recipe (Chen et al., IEEE TIP 2021, and its released script): SPyNet flow of every pair of frames, CPD on VGG-16
fine-tuned on the mined frames for 10 epochs (352 x 352 px, batches of 2, Adam at 1e-4, both of its maps), then one pass
of it over every frame. It is not run to its end, which takes hours on a CPU: a few of its steps, passes and pairs are
measured and their medians multiplied. Its reading, mining and writing are left out, and so is its MQPM, which only
makes it look cheaper than it is. Its weights are random, which costs the same time; how good its maps are is said in
docs/results.md. Ours is run as it is, all stages and files. Seconds are the processor's, over all threads.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F
from vsodboost_adapters.networks import cpd
from vsodboost_plugins.flow.networks import spynet

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.datasets.inputs import open_inputs
from vsodboost.io.atomic import write_png
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.options import choose
from vsodboost.pipeline.plan import Plan, make_plan
from vsodboost.registry.discovery import Registry

SIDE, EPOCHS, BATCH, RATE = 352, 10, 2, 1e-4


def seconds(work: Callable[[], Any], times: int) -> float:
    """The median of the processor seconds of ``times`` calls, after one that does not count."""
    found = []
    for _ in range(times + 1):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return median(found[1:])


def recipe(size: tuple[int, int], times: int) -> dict[str, float]:
    """Seconds of one ``step`` of training, one ``pass`` of a frame and one ``pair`` of frames of ``size`` (H, W)."""
    torch.manual_seed(0)
    network, images = cpd.build_network("vgg"), torch.randn(BATCH, 3, SIDE, SIDE)
    truth = (torch.rand(BATCH, 1, SIDE, SIDE) > 0.7).float()
    adam = torch.optim.Adam(network.parameters(), lr=RATE)

    def step() -> None:
        adam.zero_grad(set_to_none=True)
        sum(F.binary_cross_entropy_with_logits(each, truth) for each in network(images)).backward()  # type: ignore[union-attr]
        adam.step()

    found = {"step": seconds(step, times)}
    flow, (height, width) = spynet.build_network().eval(), size
    pair = torch.rand(2, 1, 3, math.ceil(height / 32) * 32, math.ceil(width / 32) * 32)
    network.eval()
    with torch.inference_mode():
        found["pass"] = seconds(lambda: network(images[:1]), times)
        found["pair"] = seconds(lambda: flow(pair[0], pair[1]), times)
    return found


def ours(plan: Plan, source: Any, folder: Path) -> tuple[float, int, int, tuple[int, int]]:
    """Seconds of the whole boost, its frames, how many of them were mined, and their size (H, W)."""
    frames = mined = 0
    size = (0, 0)
    started = time.process_time()
    for buffer in Engine(plan).boost(source):
        frames, mined, size = frames + len(buffer), mined + len(buffer.mined), buffer.frames.shape[1:3]
        write(buffer, folder)
    return time.process_time() - started, frames, mined, size


def write(buffer: BoostedBuffer, folder: Path) -> None:
    """The buffer's maps as grey PNGs."""
    for name, saliency in zip(buffer.scene.names, buffer.maps, strict=True):
        write_png(folder / f"{name}.png", np.rint(saliency * 255).astype(np.uint8))


def measured(video: str, target: str, count: int, times: int, profiles: Sequence[str]) -> dict[str, Any]:
    """The figures of the profiles and of the recipe on the first ``count`` frames of a video."""
    registry, report = Registry.load(), dict[str, Any](profiles={})
    mined = 0
    for profile in profiles:
        plan = make_plan(choose({"target": target, "max_frames": count, "profile": profile}, registry), registry)
        source = plan.options.part.of(open_inputs([video])[0])
        with TemporaryDirectory() as folder:
            spent, frames, learned, size = ours(plan, source, Path(folder))
        mined = max(mined, learned)
        report["profiles"][profile] = {"seconds": spent, "a_frame": spent / frames, "mined": learned}
    parts = recipe(size, times)
    steps = EPOCHS * math.ceil(mined / BATCH)
    whole = steps * parts["step"] + frames * parts["pass"] + (frames - 1) * parts["pair"]
    report |= {"frames": frames, "size": list(size), "threads": torch.get_num_threads()}
    report["recipe"] = {**parts, "steps": steps, "seconds": whole, "a_frame": whole / frames}
    for row in report["profiles"].values():
        row["times_cheaper"] = whole / row["seconds"]
    return report


def main() -> None:
    """Print seconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video")
    parser.add_argument("--target", default="lite")
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--times", type=int, default=5, help="steps, passes and pairs of the recipe that are measured")
    parser.add_argument("--profile", action="append", choices=("fast", "quick"))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    report = measured(given.video, given.target, given.frames, given.times, given.profile or ["fast"])
    made = report["recipe"]
    print(f"{report['frames']} frames of {report['size'][1]}x{report['size'][0]}, {report['threads']} threads")
    for name, row in report["profiles"].items():
        print(f"{name:7s} {row['seconds']:9.1f} s  {row['a_frame']:7.3f} s a frame  {row['mined']} mined; "
              f"the recipe takes {row['times_cheaper']:.0f} times as long")  # fmt: skip
    print(f"recipe  {made['seconds']:9.1f} s  {made['a_frame']:7.3f} s a frame: {made['steps']} steps of "
          f"{made['step']:.2f} s, passes of {made['pass']:.2f} s, pairs of {made['pair']:.2f} s "
          f"(medians of {given.times})")  # fmt: skip
    if given.json:
        given.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
