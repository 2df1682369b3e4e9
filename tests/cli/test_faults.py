"""What a plugin does wrong on the first of two videos fails that video, by the plugin's name; the second is done."""

# ruff: noqa: F811 (fixtures are imported by name)
from __future__ import annotations

import functools
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from moving_pattern import pattern
from stranger_package import Install, install  # noqa: F401

from vsodboost.cli import main
from vsodboost.pipeline import plan

WRONG = '''
import os
import sys

import numpy as np
import torch
import vsodboost
from torch import nn
from vsodboost import Booster, BoosterCard, Card, Decision, Mined, Overrides, SpatialModelCard, TrainingSet, Writer
from vsodboost.registry.interfaces import Outcome

LEFT = []
"""What is still to go wrong: each fault happens once."""


def once(how):
    if LEFT:
        LEFT.pop()
        if how == "exits":
            sys.exit("bye")
        if how == "memory":
            raise MemoryError
        if how == "raises":
            raise KeyError("gone")
        return True
    return False


class Repeats:
    """A fusion network that gives the target's map back."""

    def predict(self, frames, motion=None, maps=None):
        return np.full(frames.shape[:3], 0.5, np.float32) if maps is None else np.array(maps)


class Small(Booster):
    """Learns from the first frame; everything is small, so that many runs are quick."""

    def __init__(self, how=""):
        self.how = how

    def setup(self, context):
        return Overrides(working=lambda size: (32, 64))

    def mine(self, scene):
        size, one = scene.target.shape[1:], np.ones(1, np.float32)
        truth = np.ones((1, *size), np.float32)
        wrong = {
            "nan": (np.arange(1), truth * np.nan, one),
            "shape": (np.arange(1), np.ones((1, 3, 3), np.float32), one),
            "range": (np.arange(1), truth * 255, one),
            "index": (np.array([99]), truth, one),
            "order": (np.array([1, 0]), np.ones((2, *size), np.float32), np.ones(2, np.float32)),
            "weights": (np.arange(1), truth, 0 * one),
            "floats": (np.array([0.5]), truth, one),
        }
        outside = {"frame": 9, "box": [0, 0, 4, 4], "kind": "salient"}
        notes = {"warnings": {"warnings": [3]}, "boxes": {"boxes": [outside]}}
        if self.how in ("none", "extra", "writes", *wrong, *notes) and once(self.how):
            if self.how == "none":
                return None
            if self.how == "writes":
                scene.target[:] = 0
            if self.how == "extra":
                few = TrainingSet(scene.frames[:1], truth, one, scene.motion[:1, :4], scene.target[:1])
                return Mined(np.arange(1), truth, one, extra=few)
            if self.how in notes:
                return Mined(np.arange(1), truth, one, notes[self.how])
            return Mined(*wrong[self.how])
        if self.how in ("raises", "exits", "memory"):
            once(self.how)
        return Mined(np.arange(1), scene.target[:1].copy(), one)

    def begin_video(self, source):
        self.how == "begin" and once("raises")

    def guidance(self, scene):
        return scene.target[:1] if self.how == "guidance" and once("") else scene.target

    def fuse(self, scene, predictions):
        bad = self.how == "fuse" and once("")
        return np.full_like(scene.target, np.inf) if bad else predictions.guided

    def decide(self, scene, boosted, decision):
        return "the boosted one" if self.how == "decide" and once("") else decision

    def fixed_maps(self, scene):
        return {99: scene.target[0]} if self.how == "fixed" and once("") else {}


class Tiny(nn.Conv2d):
    """A student of one layer."""

    def __init__(self, how=""):
        super().__init__(3, 1, 3, padding=1)
        self.how = how

    def forward(self, images):
        logits = super().forward(images)
        tuned = torch.is_grad_enabled()
        if self.how == "untuned-raises" and not tuned or self.how in ("raises", "exits", "memory"):
            once(self.how.replace("untuned-", ""))
        if self.how in ("nan", "shape", "whole", "list", "channels") and once(""):
            return {
                "nan": logits * float("nan"),
                "shape": logits[..., ::2],
                "whole": (logits > 0).long(),
                "list": [logits],
                "channels": logits.expand(-1, 2, -1, -1),
            }[self.how]
        return logits


class Leaves:
    """Whatever it is asked, it ends the process."""

    def predict(self, first, motion=None, maps=None):
        once("exits")
        if hasattr(first, "frames"):  # a target's clip
            return first.frames[..., 0] / np.float32(255)
        if first.ndim == 4 and first.shape[-1] == 2:  # a motion model's motion
            return np.zeros(first.shape[:3], np.float32), np.ones(len(first), np.float32)
        return np.full(first.shape[:3], 0.5, np.float32) if maps is None else np.array(maps)

    def estimate(self, first, second):
        once("exits")
        return np.ones((*first.shape[:3], 2), np.float32)

    def detect(self, frames):
        once("exits")
        box = np.array([[8, 8, 40, 40]], np.float32)
        return [vsodboost.Proposals(box, np.ones(1, np.float32)) for _ in frames]

    def decide(self, scene, boosted, predictions):
        once("exits")
        half = np.full(len(scene), 0.5, np.float32)
        return Decision(boosted, half, half, half, ("",) * len(scene))


class LeavesBetweenVideos:
    """An executor that ends the process behind its first video."""

    def run(self, work, sources):
        for source in sources:
            yield Outcome(source, summary=work(source))
            once("exits")


class LeavesWhileWriting(Writer):
    def add(self, buffer):
        once("exits")


class SumsUpBadly(Writer):
    def add(self, buffer):
        self.frames = buffer.maps

    def finish(self, summary):
        summary["mean"] = self.frames.mean()  # a NumPy number is as good as Python's
        if once(""):
            summary["names"] = {"a set"}


class TalksBadly(Leaves):
    """Its notes are no list."""

    @property
    def notes(self):
        return 3 if once("") else []

    def predict(self, clip):
        return clip.frames[..., 0] / np.float32(255)


class Huge:
    """Flow that no video has."""

    def estimate(self, first, second):
        return np.full((*first.shape[:3], 2), 1e9 if once("") else 1, np.float32)


@vsodboost.hookimpl
def vsodboost_register_boosters(register):
    for how in ("", "raises", "exits", "memory", "nan", "shape", "range", "index", "order", "weights", "floats", "none",
                "extra", "writes", "warnings", "boxes", "begin", "guidance", "fuse", "decide", "fixed"):
        register("small" + (how and f"-{how}"), lambda request, how=how: Small(how), BoosterCard(summary=how))


@vsodboost.hookimpl
def vsodboost_register_spatial_models(register):
    for how in ("", "raises", "untuned-raises", "exits", "memory", "nan", "shape", "whole", "list", "channels"):
        register("tiny" + (how and f"-{how}"), lambda request, how=how: Tiny(how), SpatialModelCard(summary=how))


@vsodboost.hookimpl
def vsodboost_register_targets(register):
    register("leaves", lambda request: Leaves(), vsodboost.TargetCard(summary="leaves"))
    register("talks-badly", lambda request: TalksBadly(), vsodboost.TargetCard(summary="its notes are no list"))
    register("leaves-early", lambda request: sys.exit("no"), vsodboost.TargetCard(summary="leaves"))


@vsodboost.hookimpl
def vsodboost_register_detectors(register):
    register("leaves", lambda request: Leaves(), vsodboost.DetectorCard(summary="leaves"))


@vsodboost.hookimpl
def vsodboost_register_flows(register):
    register("leaves", lambda request: Leaves(), vsodboost.FlowCard(summary="leaves"))
    register("huge", lambda request: Huge(), vsodboost.FlowCard(summary="huge"))


@vsodboost.hookimpl
def vsodboost_register_motion_models(register):
    register("leaves", lambda request: Leaves(), Card(summary="leaves"))


@vsodboost.hookimpl
def vsodboost_register_fusion_networks(register):
    register("repeats", lambda request: Repeats(), SpatialModelCard(summary="repeats", guidance=True))
    register("leaves", lambda request: Leaves(), SpatialModelCard(summary="leaves", guidance=True))


@vsodboost.hookimpl
def vsodboost_register_decisions(register):
    register("leaves", lambda request: Leaves(), Card(summary="leaves"))


@vsodboost.hookimpl
def vsodboost_register_executors(register):
    register("leaves", lambda request: LeavesBetweenVideos(), Card(summary="leaves"))


@vsodboost.hookimpl
def vsodboost_register_writers(register):
    register("leaves", lambda request: LeavesWhileWriting(), Card(summary="leaves"))
    register("sums-up-badly", lambda request: SumsUpBadly(), Card(summary="a set in the summary"))


@vsodboost.hookimpl
def vsodboost_video_started(video):
    if os.environ.get("WRONG_OBSERVER") == video:
        sys.exit(3)
'''
"""A stranger's package in which everything that a plugin may be goes wrong once."""


@pytest.fixture
def videos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two videos of three frames in ``videos/``, and their maps in ``maps/``; the current folder holds both."""
    monkeypatch.chdir(tmp_path)
    ground = pattern(32, 64) // 2
    for name in ("aa", "zz"):
        for kind in ("videos", "maps"):
            (tmp_path / kind / name).mkdir(parents=True)
        for t in range(3):
            mask = np.zeros((32, 64), np.uint8)
            cv2.circle(mask, (16 + 6 * t, 16), 8, 255, -1)
            frame = np.where(mask[..., None] > 0, np.uint8(230), ground)
            cv2.imwrite(str(tmp_path / "videos" / name / f"{t:05d}.png"), frame)
            cv2.imwrite(str(tmp_path / "maps" / name / f"{t:05d}.png"), mask)


def wrap(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    """Exit code and the lines of standard error."""
    words = ["wrap", "videos", "--device", "cpu", "--steps", "1", "--motion", "camera", "--quiet", "-o", "out"]
    chosen = dict(zip(arguments[::2], arguments[1::2], strict=True))
    chosen = {"--target": "maps:maps", "--booster": "small", "--spatial-model": "tiny", **chosen}
    if chosen["--booster"] == "small" and "--fusion-network" not in chosen:
        chosen["--fusion-network"] = "repeats"
    with pytest.raises(SystemExit) as left:
        main([*words, *(word for pair in chosen.items() for word in pair)])
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return int(left.value.code or 0), said.splitlines()


def fail_once(install: Install) -> None:
    install("wrong", WRONG + "\nLEFT.append(1)\n")


def one_fails(code: int, lines: list[str], *named: str) -> None:
    assert code == 1
    assert len(lines) == 1 and lines[0].startswith("vsodboost: aa: "), lines
    for words in named:
        assert re.search(words, lines[0]), lines
    assert not (Path("out") / "aa" / "run.json").exists()
    assert sorted(file.name for file in (Path("out") / "zz").glob("*.png")) == [f"{t:05d}.png" for t in range(3)]
    assert list(Path("out").rglob(".vsodboost-tmp-*")) == []


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ("raises", "failed on frames 00000 to 00002: KeyError: 'gone'"),
        ("exits", "called sys.exit"),
        ("memory", "ran out of memory"),
        ("nan", "pseudo truth with NaN"),
        ("shape", r"pseudo truth of shape \(1, 3, 3\); expected \(1, 32, 64\)"),
        ("range", r"pseudo truth in \[0, 255\]"),
        ("index", "mined frame 99 of a scene of 3 frames"),
        ("order", r"not ascending: \[1, 0\]"),
        ("weights", "weights are above 0"),
        ("floats", r"indices are float64\[1\]"),
        ("none", "mine returned a NoneType; expected a Mined"),
        ("extra", r"extra.motion has shape \(1, 4, 64, 2\)"),
        ("writes", "read-only"),
        ("warnings", "the notes' 'warnings' are to be a list of lines"),
        ("boxes", "the notes' 'boxes' are to be a list of {'frame': index in the scene"),
        ("begin", "failed in begin_video: KeyError"),
        ("guidance", r"guidance of shape \(1, 32, 64\)"),
        ("fuse", "fused maps with NaN or infinite values"),
        ("decide", "decide returned a str; expected a Decision"),
        ("fixed", "a fixed map for frame 99 of a scene of 3 frames"),
    ],
)
def test_boosters(videos: None, install: Install, capsys: pytest.CaptureFixture[str], how: str, named: str) -> None:
    fail_once(install)
    one_fails(*wrap(capsys, "--booster", f"small-{how}"), f"booster 'small-{how}'", named)


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ("raises", "failed while it was tuned: KeyError: 'gone'"),
        ("untuned-raises", "failed on frames: KeyError: 'gone'"),
        ("exits", "called sys.exit"),
        ("memory", "ran out of memory"),
        ("nan", "logits with NaN"),
        ("shape", r"logits of shape \(4, 1, 32, 32\)"),
        ("whole", "returned a torch.int64; expected a tensor of logits"),
        ("list", "returned a list; expected a tensor of logits"),
        ("channels", r"logits of shape \(4, 2, 32, 64\)"),
    ],
)
def test_spatial_models(
    videos: None, install: Install, capsys: pytest.CaptureFixture[str], how: str, named: str
) -> None:
    fail_once(install)
    one_fails(*wrap(capsys, "--spatial-model", f"tiny-{how}"), f"spatial model 'tiny-{how}'", named)


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("--target", "target 'leaves'"),
        ("--flow", "flow estimator 'leaves'"),
        ("--motion", "motion model 'leaves'"),
        ("--fusion-network", "fusion network 'leaves'"),
        ("--decision", "decision 'leaves'"),
        ("--write", "writer 'leaves'"),
    ],
)
def test_a_plugin_of_any_kind_that_ends_the_process_fails_one_video(
    videos: None, install: Install, capsys: pytest.CaptureFixture[str], option: str, name: str
) -> None:
    fail_once(install)
    one_fails(*wrap(capsys, option, "leaves"), name, r"called sys.exit\('bye'\)")


def test_a_summary_that_no_file_can_hold_fails_one_video(
    videos: None, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_once(install)
    code, lines = wrap(capsys, "--write", "sums-up-badly")
    one_fails(code, lines, "writer 'sums-up-badly' put into the summary", "a set is no JSON value")
    assert 0 < json.loads(Path("out/zz/run.json").read_text())["mean"] < 1


def test_notes_of_a_target_that_are_no_list_fail_one_video(
    videos: None, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_once(install)
    one_fails(*wrap(capsys, "--target", "talks-badly"), "target 'talks-badly' failed: 'int' object is not iterable")


def test_a_detector_that_ends_the_process_fails_one_video(
    videos: None, install: Install, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "Plan", functools.partial(plan.Plan, working=lambda size: size))
    fail_once(install)
    one_fails(*wrap(capsys, "--booster", "longterm", "--detector", "leaves"), "detector 'leaves'", "called sys.exit")


def test_an_observer_that_ends_the_process_fails_one_video(
    videos: None, install: Install, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    install("wrong", WRONG)
    monkeypatch.setenv("WRONG_OBSERVER", "aa")
    one_fails(*wrap(capsys), "plugin wrong: vsodboost_video_started", r"sys.exit\(3\)")


def test_an_executor_that_ends_the_process_keeps_what_is_done(
    videos: None, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_once(install)
    code, lines = wrap(capsys, "--executor", "leaves")
    assert (code, lines) == (1, ["vsodboost: executor 'leaves' called sys.exit('bye'); zz is not done; --resume goes "
                                 "on, --executor local does without it"])  # fmt: skip
    assert sorted(path.name for path in Path("out").iterdir()) == ["aa"]
    before = {path: path.read_bytes() for path in Path("out/aa").iterdir()}
    Path("resume.toml").write_text("resume = true")
    assert wrap(capsys, "--config", "resume.toml") == (0, [])
    assert (Path("out") / "zz" / ".done.json").exists()
    assert {path: path.read_bytes() for path in Path("out/aa").iterdir()} == before


def test_flow_that_no_video_has_fails_one_video(
    videos: None, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_once(install)
    one_fails(*wrap(capsys, "--flow", "huge"), "flow estimator 'huge'", "1e[+]09 px for frames of 64x32 px")


def test_a_factory_that_ends_the_process_is_named(
    videos: None, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("wrong", WRONG)
    code, lines = wrap(capsys, "--target", "leaves-early")
    assert code == 1
    assert lines == ["vsodboost: target 'leaves-early' (plugin wrong) could not be built: it called sys.exit('no')"]
    assert not Path("out").exists()


@pytest.mark.parametrize("occupied", ["a file", "results"])
def test_an_occupied_output_folder_fails_its_video_alone(
    videos: None, install: Install, capsys: pytest.CaptureFixture[str], occupied: str
) -> None:
    install("wrong", WRONG)
    Path("out").mkdir()
    if occupied == "a file":
        Path("out/aa").write_text("mine")
    else:
        Path("out/aa").mkdir()
        Path("out/aa/00000.png").write_text("mine")
    code, lines = wrap(capsys)
    assert code == 1 and len(lines) == 1
    assert re.match(r"vsodboost: (aa: out/aa is a file|out/aa already holds results);", lines[0])
    assert len(list(Path("out/zz").glob("*.png"))) == 3
    assert next(Path("out").glob("aa*")).is_file() or Path("out/aa/00000.png").read_text() == "mine"
