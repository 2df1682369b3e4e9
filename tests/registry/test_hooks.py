"""Every hook does what docs/plugins.md says, is documented there with its parameters, and has a test here."""

from __future__ import annotations

import ast
import inspect
import re
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_plans import numbered, small_plan, small_scene
from torch import nn

import vsodboost
import vsodboost.writers
from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.errors import PluginError
from vsodboost.data.scene import Mined, Scene
from vsodboost.datasets import read_dataset, registered_layouts
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.run import Report, run
from vsodboost.pipeline.writing import OutputOptions
from vsodboost.registry import hookspecs
from vsodboost.registry.booster import Booster
from vsodboost.registry.discovery import KINDS, Registry
from vsodboost.registry.interfaces import Outcome, Request
from vsodboost.registry.writer import VideoOutput, Writer

DOCS = Path(__file__).resolve().parents[2] / "docs" / "plugins.md"
HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("vsodboost_"))
FRAMES = numbered(np.random.default_rng(0).integers(0, 255, (5, 64, 96, 3), np.uint8))


def registry_with(**hooks: Callable[..., Any]) -> Registry:
    """A registry with one plugin, ``made``, that implements these hooks."""
    registry = Registry()
    registry.manager.add_hookspecs(hookspecs)
    module = types.ModuleType("made")
    for name, function in hooks.items():
        setattr(module, name, vsodboost.hookimpl(function))
    registry.add(module, "made")
    return registry


def section(hook: str) -> str:
    """What docs/plugins.md says under the heading of that hook."""
    found = re.search(rf"^### `{hook}\(.*?\)`\n(.*?)(?=^##|\Z)", DOCS.read_text(encoding="utf-8"), re.M | re.S)
    assert found is not None, f"docs/plugins.md has no heading '### `{hook}(...)`'"
    return found[0]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_with_its_parameters(hook: str) -> None:
    parameters = list(inspect.signature(getattr(hookspecs, hook)).parameters)
    text = section(hook)
    assert text.startswith(f"### `{hook}({', '.join(parameters)})`\n")
    for parameter in parameters:
        assert re.search(rf"^- `{parameter}`", text, re.M), f"{hook}: parameter {parameter} is not described"


def test_no_hook_is_documented_that_does_not_exist() -> None:
    assert sorted(set(re.findall(r"^### `(vsodboost_\w+)\(", DOCS.read_text(encoding="utf-8"), re.M))) == HOOKS


def test_every_hook_has_a_test_here() -> None:
    tree = ast.parse(Path(__file__).read_text(encoding="utf-8"))
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    used = {keyword.arg for test in tests for node in ast.walk(test) for keyword in getattr(node, "keywords", [])}
    assert [hook for hook in HOOKS if hook not in used] == []


def test_the_examples_in_the_documentation_are_python() -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    assert blocks
    for block in blocks:
        compile(block, str(DOCS), "exec")


class Bright:
    """Whatever a kind of plugin must be able to do, done simply."""

    def predict(self, clip: vsodboost.Clip) -> Any:
        return clip.frames.mean(axis=-1) / 255

    def estimate(self, first: Any, second: Any) -> Any:
        return np.zeros((*first.shape[:3], 2), np.float32)

    def detect(self, frames: Any) -> Any:
        return [vsodboost.Proposals(np.zeros((0, 4), np.float32), np.zeros(0, np.float32)) for _ in frames]

    def mine(self, scene: Scene) -> Mined:
        return Mined(np.array([1, 3]), scene.target[[1, 3]], np.ones(2, np.float32))

    def run(self, work: Any, sources: Any) -> Any:
        return (Outcome(source, summary=work(source)) for source in sources)


def registered(registry: Registry, kind: Any) -> tuple[Any, Any]:
    """What kind ``kind`` has under the name ``made``, built with the options the card names."""
    assert registry.entries[kind]["made"].plugin == "made"
    assert all(not registry.entries[other] for other in KINDS if other != kind)
    return registry.build(kind, "made", Request(options={"gain": "2"}, device="cpu", seed=5))


def test_targets() -> None:
    asked: list[Request] = []

    def add(register: Any) -> None:
        card = vsodboost.TargetCard("made", options={"gain": "x"}, window=3)
        register("made", lambda request: asked.append(request) or Bright(), card)

    built, card = registered(registry_with(vsodboost_register_targets=add), "targets")
    assert isinstance(built, Bright) and card.window == 3
    assert asked == [Request(options={"gain": "2"}, device="cpu", seed=5)]


def test_flows() -> None:
    def add(register: Any) -> None:
        register("made", lambda request: Bright(), vsodboost.FlowCard("made", options={"gain": "x"}))

    built, _ = registered(registry_with(vsodboost_register_flows=add), "flows")
    assert isinstance(built, Bright)


def test_detectors() -> None:
    def add(register: Any) -> None:
        register("made", lambda request: Bright(), vsodboost.DetectorCard("made", options={"gain": "x"}))

    built, _ = registered(registry_with(vsodboost_register_detectors=add), "detectors")
    assert len(built.detect(FRAMES)) == 5


def test_boosters() -> None:
    def add(register: Any) -> None:
        card = vsodboost.BoosterCard("made", options={"gain": "x"}, passes=2)
        register("made", lambda request: Bright(), card)

    built, card = registered(registry_with(vsodboost_register_boosters=add), "boosters")
    assert isinstance(built, Booster) and card.passes == 2
    scene = small_scene(4)
    assert built.mine(scene).indices.tolist() == [1, 3] and built.guidance(scene) is scene.target


def test_spatial_models() -> None:
    def add(register: Any) -> None:
        card = vsodboost.SpatialModelCard("made", options={"gain": "x"}, learning_rate=0.1)
        register("made", lambda request: nn.Conv2d(3, 1, 1), card)

    built, card = registered(registry_with(vsodboost_register_spatial_models=add), "spatial_models")
    assert isinstance(built, nn.Module) and card.learning_rate == 0.1


def test_motion_models() -> None:
    def add(register: Any) -> None:
        register("made", lambda request: Bright(), vsodboost.Card("made", options={"gain": "x"}))

    built, _ = registered(registry_with(vsodboost_register_motion_models=add), "motion_models")
    assert isinstance(built, Bright)


def test_fusion_networks() -> None:
    def add(register: Any) -> None:
        card = vsodboost.SpatialModelCard("made", options={"gain": "x"}, guidance=True)
        register("made", lambda request: Bright(), card)

    built, card = registered(registry_with(vsodboost_register_fusion_networks=add), "fusion_networks")
    assert isinstance(built, Bright) and card.guidance


class Always:
    """Whatever was boosted, believed by half."""

    def decide(self, scene: Scene, boosted: Any, predictions: Any) -> vsodboost.Decision:
        half = np.full(len(scene), 0.5, np.float32)
        return vsodboost.Decision(boosted, 2 * half, half, half, ("",) * len(scene))


def test_decisions() -> None:
    def add(register: Any) -> None:
        register("made", lambda request: Always(), vsodboost.Card("made", options={"gain": "x"}))

    built, _ = registered(registry_with(vsodboost_register_decisions=add), "decisions")
    decision = built.decide(small_scene(4), small_scene(4).target, None)
    assert decision.trust.tolist() == [0.5] * 4


def test_writers(tmp_path: Path) -> None:
    class Names(Writer):
        def begin(self, output: VideoOutput) -> None:
            self.path, self.names = output.folder / "names.txt", []

        def add(self, buffer: BoostedBuffer) -> None:
            self.names += buffer.scene.names

        def finish(self, summary: dict[str, Any]) -> None:
            self.path.write_text(" ".join(self.names))
            summary["named"] = len(self.names)

    def add(register: Any) -> None:
        register("made", lambda request: Names(), vsodboost.Card("made", options={"gain": "x"}))

    built, _ = registered(registry_with(vsodboost_register_writers=add), "writers")
    assert isinstance(built, Names)
    report = watched_run(tmp_path, "a", writers=("made",), vsodboost_register_writers=add)
    assert report.failed == {} and report.done[0]["named"] == 5
    assert (tmp_path / "a" / "names.txt").read_text() == "00000 00001 00002 00003 00004"


def test_executors() -> None:
    def add(register: Any) -> None:
        register("made", lambda request: Bright(), vsodboost.Card("made", options={"gain": "x"}))

    built, _ = registered(registry_with(vsodboost_register_executors=add), "executors")
    assert isinstance(built, Bright)


def test_layouts(tmp_path: Path) -> None:
    class Flat(vsodboost.Layout):
        def fits(self, root: Path) -> bool:
            return (root / "matte").is_dir()

        def read(self, root: Path, within: Path) -> list[vsodboost.AnnotatedSequence]:
            return [vsodboost.AnnotatedSequence("one", (), (vsodboost.Truth("0", (root / "matte" / "0.png",)),))]

    def add(register: Any) -> None:
        card = vsodboost.Card("made", options={"gain": "x"})
        register("made", lambda request: Flat("made", "matte/"), card)

    registry = registry_with(vsodboost_register_layouts=add)
    built, _ = registered(registry, "layouts")
    assert isinstance(built, Flat)
    (tmp_path / "matte").mkdir()
    found = read_dataset(tmp_path, layouts=registered_layouts(registry))
    assert found.summary == "made, 1 sequence"


def watched_run(out: Path, *names: str, writers: tuple[str, ...] = (), **hooks: Callable[..., Any]) -> Report:
    """Two buffers (3 and 2 frames) of each video, with the mined frames 1 and 3 (of the first buffer: 1)."""

    class First(Bright):
        def mine(self, scene: Scene) -> Mined:
            return Mined(np.array([1]), scene.target[[1]], np.ones(1, np.float32))

    registry = registry_with(**hooks)
    registry.add(vsodboost.writers, "writers")
    plan = replace(small_plan(First(), buffer=3), working=lambda size: size, registry=registry)
    return run(plan, [ArraySource(FRAMES, name) for name in names], OutputOptions(out, writers))


def test_observers_hear_of_every_video_in_order(tmp_path: Path) -> None:
    heard: list[tuple[Any, ...]] = []
    report = watched_run(
        tmp_path,
        "a",
        "b",
        vsodboost_video_started=lambda video: heard.append(("started", video)),
        vsodboost_video_mined=lambda video, first, mined: heard.append(("mined", video, first, mined)),
        vsodboost_video_tuned=lambda video, first, losses: heard.append(("tuned", video, first, len(losses))),
        vsodboost_video_finished=lambda video, summary: heard.append(("finished", video, summary["frames"])),
    )
    assert report.failed == {}
    expected = [
        [
            ("started", video),
            ("mined", video, 0, [1]),
            ("tuned", video, 0, 3),
            ("mined", video, 3, [4]),
            ("tuned", video, 3, 3),
            ("finished", video, 5),
        ]
        for video in ("a", "b")
    ]
    assert heard == [*expected[0], *expected[1]]


def test_an_observer_may_take_fewer_parameters(tmp_path: Path) -> None:
    heard: list[str] = []
    watched_run(tmp_path, "a", vsodboost_video_finished=lambda video: heard.append(video.upper()))
    assert heard == ["A"]


def test_an_observer_that_fails_is_named_and_the_other_videos_go_on(tmp_path: Path) -> None:
    def refuse(video: str) -> None:
        if video == "a":
            raise OSError("disk\nfull")

    report = watched_run(tmp_path, "a", "b", vsodboost_video_started=refuse)
    assert report.failed == {"a": "plugin made: vsodboost_video_started failed: disk full"}
    assert [summary["video"] for summary in report.done] == ["b"]


def test_an_observer_with_a_parameter_of_its_own_is_refused() -> None:
    with pytest.raises(PluginError, match="vsodboost_video_started"):
        registry_with(vsodboost_video_started=lambda video, colour: None)
