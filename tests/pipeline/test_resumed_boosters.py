"""Every booster that remembers something goes on in the middle of a video, in a process that knows nothing of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from golden.cases import NETWORK_CARD, THRESHOLD, SmallNetwork, bright, video

from vsodboost.data.cards import TargetCard
from vsodboost.data.training_set import TuneSettings
from vsodboost.data.video import VideoSource
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.options import choose
from vsodboost.pipeline.plan import Plan, make_plan, set_up
from vsodboost.pipeline.run import Progress, run
from vsodboost.pipeline.writing import OutputOptions
from vsodboost.registry.discovery import Registry

REGISTRY = Registry.load(only=[])
SIZE = (64, 64)
BOOSTERS: dict[str, dict[str, Any]] = {
    "longterm": {"booster": "longterm"},
    "keyframe": {"booster": "keyframe", "booster_options": THRESHOLD},
}


class Stopped(BaseException):
    """Stands for the kill."""


def plan_of(name: str) -> Plan:
    """A plan whose networks see 64 x 64 px; the one of ``keyframe`` has a twin that learns."""
    given = {"device": "cpu", "buffer": 2, "flow": "farneback", "steps": 1, "seed": 3, **BOOSTERS[name]}
    target = (SmallNetwork(), NETWORK_CARD) if name == "keyframe" else (bright, TargetCard(summary="bright"))
    plan = make_plan(choose(given, REGISTRY), REGISTRY, target=target)
    return set_up(replace(plan, working=lambda size: SIZE, tuning=TuneSettings(steps=1, batch=2)))


def files(out: Path) -> dict[str, Any]:
    """What was written; of run.json what does not depend on the clock."""
    found: dict[str, Any] = {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    found["clip/run.json"] = {k: v for k, v in json.loads(found["clip/run.json"]).items() if k[:7] != "seconds"}
    return found


@pytest.mark.parametrize("name", BOOSTERS)
def test_stopped_between_two_buffers_it_ends_with_the_same_bytes(tmp_path: Path, name: str) -> None:
    source = ArraySource(video()[0][:4], name="clip")
    plan = plan_of(name)
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert run(plan, [source], OutputOptions(whole)).failed == {}
    passed: list[int] = []

    def stop(source: VideoSource, count: int) -> None:
        passed.append(count)
        raise Stopped

    with pytest.raises(Stopped):
        run(plan, [source], OutputOptions(stopped), Progress(frames=stop))
    said: list[str] = []
    again = plan_of(name)  # as a new process has it
    assert run(again, [source], OutputOptions(stopped, resume=True), Progress(noted=said.append)).failed == {}
    assert passed == [2] and said == ["clip goes on behind frame 2, where an earlier run ended"]
    assert files(stopped) == files(whole)
