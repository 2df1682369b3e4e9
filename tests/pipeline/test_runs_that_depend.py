"""Videos that depend on each other (``--scope dataset``, ``--carry-over``): killed and resumed, they are the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_plans import small_plan

from vsodboost.data.decision import Decision
from vsodboost.data.errors import InputError
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.training_set import TuneSettings
from vsodboost.data.types import Maps
from vsodboost.data.video import UnreadableSource, VideoSource
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.plan import Plan
from vsodboost.pipeline.run import Progress, run
from vsodboost.pipeline.writing import OutputOptions
from vsodboost.registry.booster import Booster
from vsodboost.registry.discovery import Registry

NAMES = ("a", "b", "c", "d")
COUNT, BUFFER = 4, 2
REGISTRY = Registry.load(only=[])


class Killed(BaseException):
    """Stands for the kill."""


class Teaching(Booster):
    """Learns from the first frame of each scene, by how many it has seen: since it was built if it ``keeps`` that, else
    in its video. Ends the run when it is asked for the ``kill``-th time."""

    def __init__(self, kill: int = -1, *, keeps: bool = True) -> None:
        self.kill, self.keeps, self.asked, self.scenes = kill, keeps, 0, 0

    def begin_video(self, source: VideoSource) -> None:
        self.scenes = self.scenes if self.keeps else 0

    def mine(self, scene: Scene) -> Mined:
        self.asked += 1
        if self.asked == self.kill:
            raise Killed
        self.scenes += 1
        truth = np.full((1, *scene.target.shape[1:]), self.scenes % 7 / 7, np.float32)
        return Mined(np.arange(1), truth, np.ones(1, np.float32))

    def checkpoint(self) -> dict[str, Any]:
        return {"scenes": self.scenes}

    def restore(self, saved: dict[str, Any]) -> None:
        self.scenes = saved["scenes"]


class Boosted:
    """A decision that always takes the boosted maps."""

    def decide(self, scene: Scene, boosted: Maps, predictions: Any) -> Decision:
        half = np.full(len(scene), 0.5, np.float32)
        return Decision(boosted, half, half, half, ("",) * len(scene))


def videos(broken: str = "") -> list[VideoSource]:
    found: list[VideoSource] = []
    for seed, name in enumerate(NAMES):
        if name == broken:
            found.append(UnreadableSource(name, Path(name), InputError(f"{name} is broken")))
            continue
        frames = np.random.default_rng(seed).integers(0, 255, (COUNT, 32, 64, 3)).astype(np.uint8)
        found.append(ArraySource(frames, name=name))
    return found


def plan_of(booster: Booster, **options: Any) -> Plan:
    plan = small_plan(booster, buffer=BUFFER, **options)
    return replace(
        plan, registry=REGISTRY, decision=Boosted(), working=lambda size: (32, 64), tuning=TuneSettings(steps=1)
    )


def files(out: Path) -> dict[str, Any]:
    """Everything below the folder, also what is hidden; of run.json what does not depend on the clock."""
    found: dict[str, Any] = {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    for name in [name for name in found if name.endswith("run.json")]:
        found[name] = {k: v for k, v in json.loads(found[name]).items() if not k.startswith("seconds")}
    return found


def boost(out: Path, kill: int = -1, *, broken: str = "", **options: Any) -> tuple[dict[str, str], list[str]]:
    """Boost the videos, going on where an earlier run was killed; which failed, and what was said."""
    said: list[str] = []
    plan = plan_of(Teaching(kill, keeps="carry_over" in options), **options)
    report = run(plan, videos(broken), OutputOptions(out, resume=True), Progress(noted=said.append))
    return report.failed, said


@pytest.mark.parametrize("options", [{"carry_over": True}, {"scope": "dataset"}])
def test_killed_at_any_moment_it_ends_with_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    monkeypatch.setattr("vsodboost.pipeline.dataset_scope.EVERY", -1.0)  # each buffer's mining is kept
    failed, _ = boost(tmp_path / "whole", broken="b", **options)
    assert failed == {"b": "b is broken"}
    wanted = files(tmp_path / "whole")
    kills = 0
    while True:  # each try gets one buffer further than the last
        try:
            assert boost(tmp_path / "killed", 2, broken="b", **options)[0] == failed
            break
        except Killed:
            kills += 1
    assert kills >= 5 and files(tmp_path / "killed") == wanted
    assert {name for name in wanted if name.endswith(".done.json")} == {f"{video}/.done.json" for video in "acd"}


def test_a_video_that_failed_and_was_mended_begins_where_its_forerunner_ended(tmp_path: Path) -> None:
    boost(tmp_path / "out", broken="b", carry_over=True)
    before = files(tmp_path / "out")
    assert boost(tmp_path / "out", carry_over=True) == (
        {}, ["b is made behind videos that --carry-over would have had learn from it"]
    )  # fmt: skip
    boost(tmp_path / "whole", carry_over=True)
    boost(tmp_path / "apart")
    after, whole, apart = (files(tmp_path / name) for name in ("out", "whole", "apart"))
    assert before["a/00000.png"] == whole["a/00000.png"] == apart["a/00000.png"]
    assert len({found["c/00000.png"] for found in (before, whole, apart)}) == 3  # else nothing here could fail
    assert {k: v for k, v in after.items() if k.startswith("b/")} == {k: v for k, v in whole.items() if k[:2] == "b/"}
    assert {k: v for k, v in before.items() if k.startswith("d/")} == {k: v for k, v in after.items() if k[:2] == "d/"}


def test_what_a_video_left_that_is_gone_fails_the_next_alone(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        boost(tmp_path, 3, carry_over=True)
    (tmp_path / ".a.carry-over.safetensors").unlink()
    failed, _ = boost(tmp_path, carry_over=True)
    assert set(failed) == {"b", "c", "d"}
    assert "what the student learned up to a is not in" in failed["b"] and "--overwrite" in failed["b"]


def test_a_failed_video_of_a_set_is_boosted_with_what_the_others_taught(tmp_path: Path) -> None:
    boost(tmp_path / "out", broken="b", scope="dataset")
    before = files(tmp_path / "out")
    assert boost(tmp_path / "out", scope="dataset")[0] == {}
    after = files(tmp_path / "out")
    known = json.loads(after["dataset.json"])
    assert known["videos"] == list("acd") and known["frames"] > 0 and all(loss > 0 for loss in known["losses"])
    assert "b/.done.json" in after and not any(name.startswith(".dataset") for name in after)
    assert {k: v for k, v in before.items() if k[0] != "."}.items() <= after.items()
