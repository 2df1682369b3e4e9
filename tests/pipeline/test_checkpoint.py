"""A run that ends in the middle of a video goes on there, and its outputs are those of one that nothing happened to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from small_plans import small_plan

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.cards import BoosterCard, Card
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.training_set import TuneSettings
from vsodboost.data.video import VideoSource
from vsodboost.io.array_source import ArraySource
from vsodboost.io.atomic import write_png
from vsodboost.io.checkpoint import FOLDER, STATE
from vsodboost.io.frame_folder import FrameFolder
from vsodboost.io.values import read_values, values_bytes
from vsodboost.pipeline.plan import Plan
from vsodboost.pipeline.run import Progress, run
from vsodboost.pipeline.writing import OutputOptions
from vsodboost.registry.booster import Booster
from vsodboost.registry.discovery import Entry, Registry
from vsodboost.registry.writer import VideoOutput, Writer
from vsodboost.writers import vsodboost_register_writers

COUNT, BUFFER = 18, 4


class Stopped(BaseException):
    """Stands for the kill between two buffers."""


class Killed(BaseException):
    """Stands for the kill at any moment."""


def frames(count: int = COUNT, seed: int = 0) -> NDArray[np.uint8]:
    """Noise in which a bright block moves, so that every buffer is something else."""
    found = np.random.default_rng(seed).integers(0, 120, (count, 32, 64, 3)).astype(np.uint8)
    for t, frame in enumerate(found):
        frame[8:24, 2 * t : 2 * t + 16] = 240
    return found


class Counting(Booster):
    """Learns from the first frame of each scene; what it teaches depends on the scenes before and on the survey."""

    def begin_video(self, source: VideoSource) -> None:
        self.seen, self.surveyed = 0, 0.0

    def survey(self, scene: Scene) -> None:
        self.surveyed += float(scene.frames.mean())

    def mine(self, scene: Scene) -> Mined:
        self.seen += 1
        truth = np.clip(scene.target[:1] / self.seen + np.float32(self.surveyed % 1) / 10, 0, 1).astype(np.float32)
        return Mined(np.arange(1), truth, np.ones(1, np.float32))

    def checkpoint(self) -> dict[str, Any]:
        return {"seen": self.seen, "surveyed": self.surveyed}

    def restore(self, saved: dict[str, Any]) -> None:
        self.seen, self.surveyed = saved["seen"], saved["surveyed"]


class Silent(Counting):
    """Remembers, and does not say what."""

    checkpoint, restore = Booster.checkpoint, Booster.restore


class Lines(Writer):
    """A writer that holds everything until the end, and does not say what."""

    def begin(self, output: VideoOutput) -> None:
        self.path, self.held = output.folder / "lines.txt", [""]

    def add(self, buffer: BoostedBuffer) -> None:
        self.held += buffer.scene.names

    def finish(self, summary: dict[str, Any]) -> None:
        self.path.write_text("\n".join(self.held))


def plan_of(booster: Booster, passes: int = 1, **options: Any) -> Plan:
    registry = Registry()
    registry.entries["writers"]["lines"] = Entry("lines", lambda request: Lines(), Card(summary="lines"), "test")
    vsodboost_register_writers(lambda name, factory, card: _put(registry, name, factory, card))
    plan = small_plan(booster, booster_card=BoosterCard(summary="small", passes=passes), buffer=BUFFER, **options)
    return replace(plan, registry=registry, working=lambda size: (32, 64), tuning=TuneSettings(steps=1))


def _put(registry: Registry, name: str, factory: Any, card: Any) -> None:
    registry.entries["writers"][name] = Entry(name, factory, card, "writers")


def boost(
    plan: Plan,
    out: Path,
    video: NDArray[np.uint8] | FrameFolder | None = None,
    *,
    stop: int | None = None,
    writers: tuple[str, ...] = ("overlay", "sheet", "rle", "cvat", "yolo", "masks"),
    **options: Any,
) -> tuple[list[int], list[str]]:
    """Boost a video, stopped after ``stop`` buffers (None: never); the frames of each buffer made, behind those that a
    checkpoint had, and what was said."""
    made: list[int] = []
    said: list[str] = []

    def counted(source: VideoSource, count: int) -> None:
        made.append(count)
        if len(made) == stop:
            raise Stopped

    given: VideoSource = (
        video if isinstance(video, FrameFolder) else ArraySource(frames() if video is None else video, name="clip")
    )
    progress = Progress(frames=counted, resumed=counted, noted=said.append)
    try:
        report = run(plan, [given], OutputOptions(out, writers, **options), progress)
        assert report.failed == {}
    except Stopped:
        assert len(made) == stop
    return made, said


def files(out: Path) -> dict[str, Any]:
    """Everything that was written, by name; of run.json what does not depend on the clock."""
    written = [path for path in (out / "clip").rglob("*") if path.is_file()]
    found: dict[str, Any] = {str(path.relative_to(out / "clip")): path.read_bytes() for path in written}
    found["run.json"] = {k: v for k, v in json.loads(found["run.json"]).items() if not k.startswith("seconds")}
    return found


def test_stopped_after_any_buffer_it_ends_with_the_same_bytes(tmp_path: Path) -> None:
    assert boost(plan_of(Counting(), 2), tmp_path / "whole") == ([4, 4, 4, 4, 2], [])
    wanted = files(tmp_path / "whole")
    assert {"00000.png", "00017.png", "frames.csv", "overlay.mp4", "contact_sheet.png", ".done.json"} <= set(wanted)
    for stop in (1, 3):
        out = tmp_path / str(stop)
        boost(plan_of(Counting(), 2), out, stop=stop)
        assert (out / "clip" / FOLDER / STATE).is_file()
        left, said = boost(plan_of(Counting(), 2), out, resume=True)
        assert left == [4 * stop, *[4] * (4 - stop), 2]
        assert said == [f"clip goes on behind frame {4 * stop}, where an earlier run ended"]
        assert files(out) == wanted


def test_stopped_while_it_writes_it_ends_with_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every replace and every unlink is a moment to be killed at; each run goes a little further than the last."""
    boost(plan_of(Counting(), 2), tmp_path / "whole", writers=())
    wanted = files(tmp_path / "whole")
    replaced, unlinked = Path.replace, Path.unlink
    left = 0

    def dying_replace(self: Path, target: Path) -> Path:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return replaced(self, target)

    def dying_unlink(self: Path, missing_ok: bool = False) -> None:
        nonlocal left
        if self.suffix != ".lock":  # the lock of a process that is gone is taken over; this one is not gone
            if left < 0:  # a process that was killed deletes nothing any more
                return
            left -= 1
            if left < 0:
                raise Killed
        unlinked(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "replace", dying_replace)
    monkeypatch.setattr(Path, "unlink", dying_unlink)
    kills = 0
    while left <= 0:
        left = 5 + 4 * kills
        try:
            boost(plan_of(Counting(), 2), tmp_path / "out", writers=(), resume=True)
            break
        except Killed:
            kills += 1
        assert kills < 30
    monkeypatch.undo()
    boost(plan_of(Counting(), 2), tmp_path / "out", writers=(), resume=True)
    assert kills > 3 and files(tmp_path / "out") == wanted


def test_what_cannot_be_saved_is_made_anew(tmp_path: Path) -> None:
    for booster, writers in ((Silent, ()), (Counting, ("lines",))):
        out = tmp_path / booster.__name__
        boost(plan_of(booster()), out, stop=3, writers=writers)
        assert not (out / "clip" / FOLDER).exists()
        assert boost(plan_of(booster()), out, writers=writers, resume=True) == ([4, 4, 4, 4, 2], [])


def test_a_checkpoint_that_does_not_belong_is_said_and_left(tmp_path: Path) -> None:
    boost(plan_of(Counting()), tmp_path / "whole", writers=())
    wanted = files(tmp_path / "whole")
    state = tmp_path / "out" / "clip" / FOLDER / STATE

    def damaged() -> None:
        state.write_bytes(state.read_bytes()[:-9])

    def other(part: str, key: str, value: Any) -> Callable[[], object]:
        """The state with something else in it, and a right checksum."""

        def change() -> None:
            held = read_values(state)
            held["state"][part][key] = value
            state.write_bytes(values_bytes(held))

        return change

    odd = "its checkpoint holds something else than it should"
    cases: list[tuple[Callable[[], object], dict[str, Any], str]] = [
        (other("engine", "replay", {"frames": 3}), {}, odd),
        (other("engine", "student", {"weights": {"layer.bias": torch.zeros(7)}, "moments": None}), {}, odd),
        (other("sums", "colour", "red"), {}, odd),
        (damaged, {}, "its checkpoint is damaged"),
        ((state.parent / "frames.csv").unlink, {}, "frames.csv is not as its checkpoint says"),
        (lambda: None, {"writers": ("sheet",)}, "it was begun with other settings, writers, weights or versions"),
        (lambda: None, {"video": frames(seed=1)}, "is no longer the video that it was begun with"),
    ]
    for change, given, reason in cases:
        boost(plan_of(Counting()), tmp_path / "out", stop=2, overwrite=True, **{"writers": (), **given})
        change()
        made, said = boost(plan_of(Counting()), tmp_path / "out", writers=(), resume=True)
        assert made == [4, 4, 4, 4, 2] and len(said) == 1
        assert said[0].startswith("clip is made anew: ") and reason in said[0]
        assert files(tmp_path / "out") == wanted


def test_a_folder_that_grew_behind_the_checkpoint_is_made_anew(tmp_path: Path) -> None:
    clip = tmp_path / "clip"
    for t, frame in enumerate(frames()):
        write_png(clip / f"{t:05d}.png", frame)
    boost(plan_of(Counting()), tmp_path / "out", FrameFolder(clip), stop=2, writers=())
    write_png(clip / "00018.png", frames()[-1])
    made, said = boost(plan_of(Counting()), tmp_path / "out", FrameFolder(clip), writers=(), resume=True)
    assert sum(made) == COUNT + 1 and len(said) == 1
    assert said[0] == f"clip is made anew: it was begun with other files than those at {clip} now"


def test_made_anew_without_resume_an_old_checkpoint_is_gone_before_the_maps(tmp_path: Path) -> None:
    boost(plan_of(Counting()), tmp_path, stop=3, writers=())
    boost(plan_of(Counting()), tmp_path, stop=1, writers=(), overwrite=True)
    assert boost(plan_of(Counting()), tmp_path, writers=(), resume=True)[0] == [4, 4, 4, 4, 2]
    assert len(list((tmp_path / "clip").glob("*.png"))) == COUNT


def test_a_video_of_one_buffer_needs_no_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vsodboost.io.checkpoint.Checkpoint.save", lambda self, state: pytest.fail("saved"))
    assert boost(plan_of(Counting(), 2), tmp_path, frames(4), writers=()) == ([4], [])
