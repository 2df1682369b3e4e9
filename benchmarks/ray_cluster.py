"""A Ray cluster of two local nodes whose workers, one node and the command itself are killed, against ``local``.

    python benchmarks/ray_cluster.py --videos 8 --frames 20 --every 20

makes small videos and boosts them once with ``--executor local``, then on a cluster of two nodes of one core each,
where every ``--every`` seconds the process of an actor gets SIGKILL. When a quarter of the videos is done, the node
that is not the head is taken away and another one added; when half is done, the command gets SIGKILL and the same line
is given again. Printed are the kills, the seconds of both, and the files that differ in a byte (seconds and executor
in run.json apart). Exit code 1 when one differs, or a video is missing or done twice.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
from film import Film
from ray.cluster_utils import Cluster

BRIGHT = "def bright(frames):\n    return frames.mean(axis=-1) / 255\n"
OPTIONS = ("--profile", "quick", "--flow", "farneback", "--motion", "camera", "--device", "cpu", "--buffer", "4",
           "--write", "overlay,sheet", "--quiet", "--json")  # fmt: skip


def made(folder: Path, videos: int, frames: int) -> None:
    """Folders of frames, each of other ones, and the target."""
    for v in range(videos):
        place = folder / "videos" / f"v{v:02d}"
        place.mkdir(parents=True)
        for t, frame in enumerate(Film(v * 7 + frames).frames()):
            if t >= v * 7:
                cv2.imwrite(str(place / f"{t:05d}.png"), frame.image[:, :, ::-1])
    (folder / "bright.py").write_text(BRIGHT)


def command(folder: Path, out: str, *more: str) -> subprocess.Popen[str]:
    """``vsodboost wrap`` on the videos, going on where an earlier one stopped."""
    words = [sys.executable, "-m", "vsodboost", "wrap", "videos", "-o", out, "--resume", *OPTIONS, *more]
    target = ["--target", f"torch:{folder / 'bright.py'}:bright"]
    with (folder / f"{out}.json").open("w") as said, (folder / f"{out}.err").open("a") as errors:
        return subprocess.Popen([*words, *target], cwd=folder, stdout=said, stderr=errors, text=True)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file by its name; of run.json what depends neither on the clock nor on who did it."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if path.name == "run.json":
            record = {k: v for k, v in json.loads(data).items() if not k.startswith("seconds")}
            for key in ("executor", "executor_options"):
                record["settings"].pop(key, None)
            data = json.dumps(record).encode()
        found[str(path.relative_to(folder))] = data
    return found


def actors(cluster: Cluster) -> list[int]:
    """Processes of actors whose parent is a raylet of this cluster."""
    raylets = {int(p.process.pid) for node in cluster.list_all_nodes() for p in node.all_processes.get("raylet", ())}
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            line, stat = (place / "cmdline").read_bytes(), (place / "stat").read_text()
        except OSError:
            continue
        if line.startswith(b"ray::") and b"VideoActor" in line and int(stat.rpartition(")")[2].split()[1]) in raylets:
            found.append(int(place.name))
    return found


class Trouble:
    """What is done to the cluster and the command while the videos are boosted."""

    def __init__(self, cluster: Cluster, folder: Path, videos: int, every: float) -> None:
        self.cluster, self.folder, self.videos, self.every = cluster, folder, videos, every
        self.killed = self.drivers = self.nodes = 0
        self.rng = random.Random(0)

    def boost(self) -> float:
        """Boost until the command has done all; the seconds it took."""
        began = last = time.monotonic()
        options = ("address=" + self.cluster.address, "restarts=1000", "tries=1000", "cpus=1")
        given = [word for option in options for word in ("--executor-option", option)]
        running = command(self.folder, "ray", "--executor", "ray", *given)
        while running.poll() is None:
            time.sleep(0.5)
            done = len(list((self.folder / "ray").glob("*/.done.json")))
            if time.monotonic() - last > self.every:
                for pid in self.rng.sample(found := actors(self.cluster), min(1, len(found))):
                    os.kill(pid, signal.SIGKILL)
                    self.killed += 1
                    print(f"{time.monotonic() - began:6.0f} s: actor {pid} killed, {done} done", flush=True)
                last = time.monotonic()
            if done >= self.videos // 4 and not self.nodes:
                self.nodes += 1
                self.cluster.remove_node(self.cluster.worker_nodes.copy().pop(), allow_graceful=False)
                self.cluster.add_node(num_cpus=1)
                print(f"{time.monotonic() - began:6.0f} s: a node lost, another one added, {done} done", flush=True)
            if done >= self.videos // 2 and not self.drivers:
                self.drivers += 1
                running.kill()
                running.wait()
                print(f"{time.monotonic() - began:6.0f} s: the command killed and given again, {done} done", flush=True)
                running = command(self.folder, "ray", "--executor", "ray", *given)
        if running.returncode:
            print((self.folder / "ray.err").read_text()[-2000:])
        return time.monotonic() - began


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both and print what came of them; 1 where they differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=8)
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two kills")
    parser.add_argument("--session", type=Path, help="where Ray keeps its session (default: its own choice)")
    chosen = parser.parse_args(arguments)
    os.environ |= {"OMP_NUM_THREADS": "1", "RAY_worker_niceness": "0"}  # Ray's workers stand back for all others: 15
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        made(folder, chosen.videos, chosen.frames)
        began = time.monotonic()
        if command(folder, "local").wait():
            raise SystemExit((folder / "local.err").read_text())
        alone = time.monotonic() - began
        head: dict[str, Any] = {"num_cpus": 1, "include_dashboard": False}
        head |= {} if chosen.session is None else {"temp_dir": str(chosen.session)}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        try:
            cluster.add_node(num_cpus=1)
            trouble = Trouble(cluster, folder, chosen.videos, chosen.every)
            seconds = trouble.boost()
        finally:
            cluster.shutdown()
        said = json.loads((folder / "ray.json").read_text())
        names = sorted([*(video["video"] for video in said.get("done", ())), *said.get("skipped", ())])
        one, other = bytes_of(folder / "local"), bytes_of(folder / "ray")
    differing = sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
    wanted = [f"v{v:02d}" for v in range(chosen.videos)]
    print(
        f"{chosen.videos} videos of {chosen.frames} frames: {trouble.killed} actors, {trouble.nodes} node and "
        f"{trouble.drivers} command killed; each video once: {names == wanted}; failed {said.get('failed')}; "
        f"{len(one)} files, {len(differing)} differ {differing[:5] or ''}; "
        f"{alone:.0f} s local (one worker), {seconds:.0f} s on two nodes with all that"
    )
    return int(bool(differing) or names != wanted)


if __name__ == "__main__":
    sys.exit(main())
