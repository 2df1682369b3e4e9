"""What a run shows of itself: on terminals of 80 and 60 columns, in a pipe, in a real terminal."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from played_run import COSTS, PLAN, SOURCE, TOTAL, WRITERS, Clock, play
from rich.console import Console
from small_plans import small_plan

from vsodboost.data.scene import Mined, Scene
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline import progress
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.estimate import Estimate
from vsodboost.pipeline.progress import Watch, duration, moving_line
from vsodboost.registry.watch import watched_by


class Last:
    """A booster that learns from the last frame."""

    def mine(self, scene: Scene) -> Mined:
        return Mined(np.array([len(scene) - 1]), scene.fused[-1:], np.ones(1, np.float32))


FRAMES = np.random.default_rng(0).integers(0, 255, (6, 48, 64, 3), np.uint8)


def in_the_middle(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """The second of two videos while its first of three buffers is learned from, half of it done."""
    monkeypatch.setattr(progress.time, "monotonic", lambda: 70.0)
    sources = [ArraySource(FRAMES, name) for name in ("first", "a clip with a very long name of its own")]
    watch = Watch(small_plan(Last()), sources)
    watch.start(sources[1])
    watch.estimate = Estimate(300, 3)
    for stage, seconds in (("read", 1.0), ("perceive", 8.0), ("target", 10.0), ("fuse", 31.0)):
        watch.begins(stage)
        watch.ends(stage, seconds)
    watch.estimate.begins("tune", 40.0)
    watch.reaches(0.5)
    return watch


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (80, "2/2 a clip with a very long nam… learning 56% ━━          0/300 frames 5:56 left"),
        (60, "2/2 a clip with a very … learning 56% 0/300 frames 5:56 left"),
    ],
)
def test_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int, line: str) -> None:
    watch = in_the_middle(monkeypatch)
    console = Console(width=columns, force_terminal=True, no_color=True, record=True, file=io.StringIO())
    console.print(moving_line(watch, columns))
    (shown,) = console.export_text().rstrip().splitlines()
    assert shown.rstrip() == line and len(shown) <= columns


def test_a_plain_line(monkeypatch: pytest.MonkeyPatch) -> None:
    said = in_the_middle(monkeypatch).line()
    assert said == (
        "2/2 a clip with a very long name of its own: learning (56% of this buffer), 0/300 frames, 5:56 left"
    )


def test_an_engine_tells_every_stage() -> None:
    seen: list[str] = []

    class Ear:
        def begins(self, stage: str) -> None:
            seen.append(stage)

        def ends(self, stage: str, seconds: float) -> None:
            assert seen[-1] == stage or stage in seen

        def reaches(self, share: float) -> None:
            seen.append(f"{share:.2f}")

    with watched_by(Ear()):
        list(Engine(small_plan(Last())).boost(ArraySource(FRAMES, "clip")))
    stages = [stage for stage in seen if stage in progress.WORDS]
    wanted = ["read", "perceive", "target", "fuse", "mine", "tune", "predict", "decide"]
    assert [stage for stage in dict.fromkeys(stages) if stage in wanted] == wanted
    assert [float(s) for s in seen if s not in progress.WORDS] == [0.33, 0.67, 1.0]
    before = len(seen)
    list(Engine(small_plan(Last())).boost(ArraySource(FRAMES, "clip")))
    assert len(seen) == before  # nobody is told any more


def check(line: str, stage: str, left: float) -> None:
    """That a line names the stage, and from the first third of the run on the time left, within 30 %; at the end,
    within 3 % of the whole."""
    assert progress.WORDS[stage] in line and "0/100 frames" in line, line
    if left > 2 / 3 * TOTAL:
        return
    said = re.search(r"(?:(\d+):)?(\d+)(?: s)? left", line)
    assert said, line
    seconds = 60 * int(said[1] or 0) + int(said[2])
    assert abs(seconds - left) <= max(0.3 * left, 0.03 * TOTAL), f"{line}: truly {left} s"


def test_plain_lines_say_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    watch = Watch(PLAN, [SOURCE], WRITERS)
    watch.start(SOURCE)

    def seen(number: int, stage: str, left: float) -> None:
        assert watch.line().startswith("clip: ") and "% of this buffer" in watch.line()
        check(watch.line(), stage, left)

    with watched_by(watch):
        play(clock, seen)


def test_a_pipe_gets_lines(capsys: pytest.CaptureFixture[str]) -> None:
    source = ArraySource(FRAMES, "clip")
    with progress.shown(small_plan(Last()), [source]) as told:
        told.started(source)
        told.noted("a word")
        for _ in range(100):  # the teller looks five times a second
            time.sleep(0.05)
            said = capsys.readouterr().err
            if "clip: starting" in said:
                break
        told.frames(source, 6)
    assert "clip: starting (0% of this buffer), 0/6 frames" in said


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_a_real_terminal_shows_every_stage_and_the_time_left(tmp_path: Path) -> None:
    program = Path(__file__).parents[1] / "played_run.py"
    server = ["tmux", "-L", f"vsodboost-{tmp_path.name}", "-f", "/dev/null"]
    path = f"PYTHONPATH={program.parents[1]}"
    command = f"env -u COLUMNS {path} {sys.executable} -W ignore {program} {tmp_path}"
    subprocess.run([*server, "new-session", "-d", "-x", "80", "-y", "8", command], check=True)

    def shown(word: str, columns: int) -> str:
        for _ in range(1500):
            time.sleep(0.02)
            grabbed = subprocess.run([*server, "capture-pane", "-p"], capture_output=True, text=True, check=True)
            line = next((text for text in grabbed.stdout.splitlines() if word in text), "")
            if line and ("━" in line) == (columns >= progress.NARROW):
                return line
        pytest.fail(f"{word} is not shown at {columns} columns: {grabbed.stdout}")

    try:
        now = 0.0
        for number, (stage, seconds) in enumerate(COSTS.items()):
            left = TOTAL - now - seconds / 2
            for columns in (80, 60):
                subprocess.run([*server, "resize-window", "-x", str(columns), "-y", "8"], check=True)
                line = shown(progress.WORDS[stage], columns)
                assert line.startswith("clip ") and len(line) <= columns
                if stage not in ("fuse", "decide"):  # they share a word with the stage before
                    check(line, stage, left)
            now += seconds
            (tmp_path / str(number)).touch()
    finally:
        subprocess.run([*server, "kill-server"], check=False)


def test_durations() -> None:
    assert [duration(s) for s in (0.2, 8.4, 60, 80, 7390)] == ["1 s", "8 s", "1:00", "1:20", "2:03:10"]
