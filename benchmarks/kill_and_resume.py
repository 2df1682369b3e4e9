"""Kill runs in the middle of a video, again and again, and see that what comes out is as if nothing had happened.

    python benchmarks/kill_and_resume.py --booster mqp --frames 300 --buffer 20 --kills 100
    python benchmarks/kill_and_resume.py --profile quick --frames 300 --buffer 10 --kills 100

makes a video of that many frames at a small size, boosts it once undisturbed, then again in processes that are killed
(SIGKILL) at random moments and resumed, until ``--kills`` of them were; a video that is done earlier is begun again.
Printed are the kills, how many of them fell before the first checkpoint (of the second pass, where there are two), how
many cost more than the buffer they fell into, and the files that differ in any byte from those of the undisturbed run;
seconds in run.json do not count. Exit code 1 when a file differs or a kill cost more than one buffer.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import VsodboostError
from vsodboost.datasets.inputs import open_inputs
from vsodboost.io.checkpoint import FOLDER, STATE
from vsodboost.io.resume import DONE
from vsodboost.io.values import read_values
from vsodboost.pipeline.options import choose
from vsodboost.pipeline.plan import Plan, make_plan, set_up
from vsodboost.pipeline.run import run
from vsodboost.pipeline.writing import OutputOptions
from vsodboost.registry.discovery import Registry
from vsodboost.targets.network_target import CallableTarget

SIZE = (64, 96)
WRITERS = ("overlay", "sheet")


def moving_disc(count: int) -> list[NDArray[np.uint8]]:
    """``count`` frames ``uint8[64, 96, 3]``: a bright disc on a still texture, cut to another texture now and then."""
    rng = np.random.default_rng(0)
    grounds = [
        cv2.resize(rng.integers(0, 140, (9, 13, 3)).astype(np.uint8), SIZE[::-1], interpolation=cv2.INTER_CUBIC)
        for _ in range(4)
    ]
    frames = []
    for t in range(count):
        frame = grounds[t // 67 % len(grounds)].copy()
        cv2.circle(frame, (18 + 4 * abs(15 - t % 30), 32 + t % 7), 12, (250, 230, 60), -1)
        frames.append(frame)
    return frames


def brightness(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The target: a map that follows the colours, ``float32[T, H, W]`` in [0, 1]."""
    return np.asarray(frames.mean(axis=-1) / 255, np.float32)


class Bright(nn.Module):
    """The target of ``keyframe``, a network that a twin can learn from: bright is salient."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 1, 3, padding=1)
        nn.init.constant_(self.layer.weight, 0.1)
        nn.init.zeros_(self.layer.bias)

    def forward(self, images: Tensor) -> Tensor:
        """``[N, 3, h, w]`` -> logits ``[N, 1, h, w]``."""
        logits: Tensor = self.layer(images)
        return logits


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file below the folder by its name; of run.json what does not depend on the clock."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            if path.name == "run.json":
                summary = json.loads(data)
                data = json.dumps({k: v for k, v in summary.items() if not k.startswith("seconds")}).encode()
            found[str(path.relative_to(folder))] = data
    return found


class Trial:
    """One video, one booster, and the processes that boost it."""

    def __init__(self, folder: Path, booster: str, frames: int, buffer: int, profile: str) -> None:
        self.folder, self.buffer, self.frames = folder, buffer, frames
        (folder / "clip").mkdir(parents=True)
        for t, frame in enumerate(moving_disc(frames)):
            cv2.imwrite(str(folder / "clip" / f"{t:05d}.png"), frame[:, :, ::-1])
        options = {}
        if booster.startswith("labels"):
            (folder / "labels" / "clip").mkdir(parents=True)
            for t in range(0, frames, 40):
                mask = (moving_disc(t + 1)[t][..., 0] > 200).astype(np.uint8) * 255
                cv2.imwrite(str(folder / "labels" / "clip" / f"{t:05d}.png"), mask)
            options = {"labels": str(folder / "labels")}
        given = {"device": "cpu", "buffer": buffer, "booster_options": options, "flow": "farneback"}
        given |= {"profile": "quick"} if profile == "quick" else {"booster": booster}
        registry = Registry.load(only=[])
        bright = TargetCard(summary="bright is salient", input_size=SIZE, learning_rate=0.01)
        target = Bright() if booster.startswith("keyframe") else CallableTarget(brightness)
        plan = make_plan(choose(given, registry), registry, target=(target, bright))
        small = replace(plan, working=lambda size: SIZE, tuning=replace(plan.tuning, steps=2, passes=None))
        self.plan: Plan = set_up(small)  # labels wants to know the size

    def start(self, out: Path) -> int:
        """Boost into ``out``, going on where a killed process stopped, in a process of its own; return its number."""
        child = os.fork()
        if child:
            return child
        code = 1
        try:
            report = run(self.plan, open_inputs([self.folder / "clip"]), OutputOptions(out, WRITERS, resume=True))
            code = 0 if not report.failed else 2
            print(*report.failed.values(), sep="\n", end="", file=sys.stderr)
        except VsodboostError as error:
            print(error, file=sys.stderr)
        finally:
            sys.stderr.flush()
            os._exit(code)

    def undisturbed(self, out: Path) -> float:
        """Boost in one go; return the seconds it took."""
        began = time.monotonic()
        _, status = os.waitpid(self.start(out), 0)
        if status:
            raise SystemExit(f"the undisturbed run failed ({status})")
        return time.monotonic() - began

    def progress(self, out: Path) -> tuple[bool, int]:
        """Whether the survey is over, and the buffers that the checkpoint holds of the present pass; of a video that
        is done, all."""
        if (out / "clip" / DONE).is_file():
            return True, self.frames
        state = out / "clip" / FOLDER / STATE
        if not state.is_file():
            return False, 0
        engine = read_values(state)["state"]["engine"]
        return engine["is_surveyed"], engine["frames"] // self.buffer


@dataclass
class Account:
    """What was seen: the ``kills``, how many of them ``before_any`` checkpoint of the last pass, the ``videos`` that
    were done, how often a kill took back a checkpoint (``lost``), and the files that differed (``differing``)."""

    kills: int = 0
    before_any: int = 0
    videos: int = 0
    lost: int = 0
    differing: list[str] = field(default_factory=list)


def killed(trial: Trial, out: Path, kills: int, longest: float, wanted: dict[str, bytes], seed: int) -> Account:
    """Kill and resume until ``kills`` were done, and then until the video is; every one that is done on the way is
    compared with the ``wanted`` files of an undisturbed run. No process lives longer than ``longest`` seconds."""
    found, rng = Account(), random.Random(seed)
    while found.kills < kills:
        shutil.rmtree(out, ignore_errors=True)
        done = False
        while not done:
            before = trial.progress(out)
            child = trial.start(out)
            if found.kills < kills:
                time.sleep(rng.uniform(0.01, longest))
                os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            done = not os.WIFSIGNALED(status)
            if done and status:
                raise SystemExit(f"a resumed run failed ({status})")
            if not done:
                found.kills += 1
                after = trial.progress(out)
                found.before_any += not after[0]
                found.lost += after < before
                print(f"kill {found.kills} in video {found.videos + 1}: it has {after[1]} buffers", flush=True)
        found.videos += 1
        made = bytes_of(out)
        found.differing += sorted(name for name in {*wanted, *made} if wanted.get(name) != made.get(name))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the trial and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--booster", default="mqp")
    parser.add_argument("--profile", choices=["fast", "quick"], default="fast", help="quick: without a booster")
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--buffer", type=int, default=20)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument(
        "--longest", type=float, default=1 / 6, help="a process lives, in undisturbed runs (default 1/6)"
    )
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)  # forked children may not use the parent's threads
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder), chosen.booster, chosen.frames, chosen.buffer, chosen.profile)
        whole, again = Path(folder) / "whole", Path(folder) / "killed"
        seconds = trial.undisturbed(whole)
        wanted = bytes_of(whole)
        found = killed(trial, again, chosen.kills, seconds * chosen.longest, wanted, chosen.seed)
    what = "quick" if chosen.profile == "quick" else chosen.booster
    print(
        f"{what}: {found.kills} kills over {found.videos} videos of {chosen.frames} frames and {len(wanted)} files "
        f"({found.before_any} before the first checkpoint of the last pass), {seconds:.1f} s undisturbed; "
        f"{len(found.differing)} files differ {found.differing[:5] or ''}; "
        f"kills that cost more than the buffer they fell into: {found.lost}"
    )
    sys.exit(1 if found.differing or found.lost else 0)


if __name__ == "__main__":
    main()
