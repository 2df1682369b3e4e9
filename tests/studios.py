"""The studio for tests: served in this process, over a small video, with a worker that sees 64 x 96 px."""

from __future__ import annotations

import json
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import uvicorn
from moving_pattern import pattern
from small_reports import write_report

from vsodboost.datasets.inputs import open_inputs
from vsodboost.io.atomic import write_png
from vsodboost.studio.serve import bound
from vsodboost.studio.server import Studio
from vsodboost.studio.workspace import Workspace
from vsodboost.writers.table import FramesTable

SIZE = (64, 96)
WORKER = (sys.executable, str(Path(__file__).parent / "small_worker.py"))
SQUARE = (slice(8, 28), slice(8, 28))
"""Where the painted object is: a bright square that stands still."""


def write_clip(folder: Path, count: int = 6) -> Path:
    """A folder of frames: a disc that moves, and a square that does not."""
    ground = (pattern(*SIZE) // 3).astype(np.uint8)
    for t in range(count):
        frame = ground.copy()
        frame[SQUARE] = (40, 200, 230)
        cv2.circle(frame, (24 + 8 * t, 46), 10, (250, 220, 60), -1)
        write_png(folder / f"{t:05d}.png", frame)
    return folder


def results(out: Path, name: str) -> Path:
    """Results of a boost, of a clip beside ``out``."""
    frames = write_clip(out.parent / "frames" / name)
    folder = out / name
    data = write_report(folder, [[0.9, 0.8, 0.4], [0.7, 0.6, 0.5]], name, seconds_total=1)
    for t in range(6):
        write_png(folder / f"{t:05d}.png", np.zeros(SIZE, np.uint8))
    with FramesTable(folder / "frames.csv") as table:
        for frame in data["names"]:
            table.add({"frame": frame, "mined": False, "trust": 0.5, "flag": ""})
    run = {"video": name, "path": str(frames), "frames": 6, "trust": 0.65, "target_trust": 0.5, "seconds_total": 1}
    (folder / "run.json").write_text(json.dumps({**run, "settings": {"target": "lite", "steps": 2}}))
    (folder / ".done.json").write_text("{}")
    return folder


@dataclass
class Served:
    """A studio that is being served; ``ask`` is a request of an honest page."""

    studio: Studio
    address: str
    token: str

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, token: str | None = None, **headers: str
    ) -> tuple[int, bytes]:
        """Status and body of an answer; headers with ``_`` for ``-``."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"X-Studio-Token": self.token if token is None else token, **sent}
        request = urllib.request.Request(self.address + path, body, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


@contextmanager
def served(out: Path, *videos: Path, **limits: int) -> Iterator[Served]:
    """Serve ``out`` while the block lasts."""
    sources = open_inputs(list(videos)) if videos else []
    workspace = Workspace(out, sources, {"steps": 2, "device": "cpu"})
    studio = Studio(workspace, ["sheet"], WORKER)
    with bound("127.0.0.1", 0) as listening:
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        app = studio.app(workspace.token(), [host], **limits)
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield Served(studio, f"http://{host}", workspace.token())
        finally:
            studio.events.close()
            server.should_exit = True
            thread.join(30)
