"""Motion sources: one row a detector and flow, what has no weights is said, and the share of the flow in the time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from benchmark_scripts import script
from moving_pattern import pattern
from shipped_models import add_region_model
from small_network import drawn_network
from small_networks import see_small
from small_plans import bright_student, small_plan
from vsodboost_plugins.detectors import blobs

from vsodboost import boosters
from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.errors import UnknownPlugin, WeightsError
from vsodboost.data.types import FlowField, Frames
from vsodboost.decision.trust import FEATURES, TrustModel
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline import plan
from vsodboost.registry.discovery import Registry, hookspecs
from vsodboost.registry.interfaces import NamedFlowEstimator, Request
from vsodboost.spatial.student import Student
from vsodboost.weights.shipped import shipped_path


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script, with the shipped networks, a trust model of no prediction, and no weights of others."""
    model = TrustModel(
        np.zeros(len(FEATURES), np.float32), np.ones(len(FEATURES), np.float32), np.ones((len(FEATURES), 1),
        np.float32), np.zeros(1, np.float32), np.ones(1, np.float32), 0.0,
    )  # fmt: skip
    networks = [shipped_path(name) for name in ("lite", "mqpm")]
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "trust.json").write_text(model.to_json(), encoding="utf-8")
    add_region_model(tmp_path / "shipped")
    for path in networks:
        (tmp_path / "shipped" / path.name).symlink_to(path)
    monkeypatch.setenv("VSODBOOST_SHIPPED", str(tmp_path / "shipped"))
    monkeypatch.setenv("VSODBOOST_HOME", str(tmp_path / "no-weights"))
    return script("motion_sources")


class Moving:
    """What is bright moves by ``step`` px a frame."""

    def __init__(self, step: float) -> None:
        self.step, self.calls = step, 0

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        self.calls += 1
        flow = np.zeros((*first.shape[:3], 2), np.float32)
        forwards = first[..., 0].argmax(axis=2).mean() <= second[..., 0].argmax(axis=2).mean()
        flow[first[..., 0] > 180, 0] = self.step if forwards else -self.step
        return flow


def video(count: int = 6) -> Frames:
    frames = np.random.default_rng(0).integers(60, 120, (count, 64, 96, 3)).astype(np.uint8)
    for t in range(count):
        frames[t, 10:34, 8 + 4 * t : 32 + 4 * t, 0] = 220
    return frames


def small() -> plan.Plan:
    registry = Registry()
    registry.manager.add_hookspecs(hookspecs)
    registry.add(boosters, "boosters")
    registry.add(blobs, "blobs")
    booster, card = registry.build("boosters", "mqp", Request())
    return replace(
        small_plan(booster, lambda frames: (frames[..., 0] > 180).astype(np.float32)),
        booster_card=card,
        registry=registry,
        fusion=Student(drawn_network(), SpatialModelCard(summary="drawn")),
        student=bright_student(),
        working=lambda size: size,
    )


def test_every_flow_goes_with_every_detector_and_is_asked_once(sources: ModuleType) -> None:
    frames, measured = video(), sources.Measured()
    truths = {"00001": frames[1, ..., 0] > 180, "00004": frames[4, ..., 0] > 180}
    flows = [sources.Flow(name, sources.Timed(Moving(step))) for name, step in (("slow", 2.0), ("none at all", 0.0))]
    detectors = [sources.Detector("none"), sources.Detector("blobs")]
    for flow in flows:
        sources.measure(small(), flow, detectors, ArraySource(frames, "clip"), truths, measured)
        assert flow.estimator.estimator.calls == 2  # there and back, for both detectors
    names = [sources.TARGET, sources.MOTION, "none", "blobs"]
    assert set(measured.rows) == {(name, flow.name) for name in names for flow in flows}
    assert all(0 <= by["clip"]["S"] <= 1 for by in measured.rows.values())
    assert measured.rows[sources.TARGET, "slow"]["clip"]["J"] == 1
    assert measured.rows[sources.MOTION, "none at all"]["clip"]["J"] == 0
    assert measured.frames == {"slow": 6, "none at all": 6}
    assert all(0 < spent["flow"] < spent["boost"] for spent in measured.seconds.values())
    assert sources.spread(measured.rows, sources.MOTION, ["slow", "none at all"])["J"] > 0

    lines: list[str] = []
    absent = {"flows": {"pwcnet": "no weights here: fetch them"}, "detectors": {"yolov4:y.cfg": "cannot run here: why"}}
    sources.report(measured, ["none at all"], absent, lines.append)
    text = "\n".join(lines)
    assert "Table VI: mqp" in text and "Table VII: longterm, detector blobs" in text and "share" in text
    assert text.count("pwcnet                    no weights here") == 3
    assert "detector yolov4:y.cfg" in text and "cannot run here" in text
    assert "How far" not in text  # one flow is trained: nothing to compare it with
    lines.clear()
    sources.report(measured, (), None, lines.append)
    assert any(line.strip().startswith("How far 2 flows lie apart") for line in lines)


def test_differences_are_to_the_target_and_the_worst_sequence_is_told(sources: ModuleType) -> None:
    def figures(s: float) -> dict[str, float]:
        return {"maxF": s, "S": s, "MAE": 1 - s, "J": s}

    rows = {
        ("target", "a"): {"x": figures(0.5), "y": figures(0.7)},
        ("none", "a"): {"x": figures(0.8), "y": figures(0.6)},
        ("none", "b"): {"x": figures(0.7), "y": figures(0.6)},
    }
    gain = sources.differences(rows, "none", "a")
    assert gain == pytest.approx({"maxF": 0.1, "S": 0.1, "MAE": -0.1, "J": 0.1, "worst": -0.1})
    apart = sources.spread(rows, "none", ["a", "b"])
    assert apart == pytest.approx({"maxF": 0.05, "S": 0.05, "MAE": 0.05, "J": 0.05, "one": 0.1})


def test_what_runs_here_and_why_the_rest_does_not(sources: ModuleType, tmp_path: Path) -> None:
    registry = Registry.load()
    names = ["dis:fast", "farneback", "pwcnet", "dis:slow", f"flow:{tmp_path}"]
    found, absent = sources.flows_here(names, {}, registry, "cpu", random=False)
    assert [flow.name for flow in found] == ["dis:fast", "farneback", f"flow:{tmp_path}"]
    assert isinstance(found[2].estimator, NamedFlowEstimator) and not isinstance(found[0].estimator, NamedFlowEstimator)
    assert absent["pwcnet"].startswith("no weights here: pwcnet: no weights yet")
    assert absent["dis:slow"].startswith("cannot run here: --flow-option preset=slow: must be one of")

    found, absent = sources.flows_here(["spynet"], {}, registry, "cpu", random=True)
    assert [(flow.name, flow.trained) for flow in found] == [("spynet, random", False)] and not absent
    assert found[0].estimator.estimate(pattern(33, 47)[None], pattern(33, 47, 1)[None]).shape == (1, 33, 47, 2)
    assert found[0].estimator.seconds > 0

    found, absent = sources.detectors_here(["none", "blobs", "efficientdet:d7"], {}, registry)
    assert [detector.name for detector in found] == ["none", "blobs"]
    assert absent["efficientdet:d7"].startswith("no weights here: ")

    with pytest.raises(UnknownPlugin):
        sources.flows_here(["diss"], {}, registry, "cpu", random=True)
    with pytest.raises(UnknownPlugin):
        sources.detectors_here(["blob"], {}, registry)
    with pytest.raises(WeightsError):  # a file that was given must be right
        sources.flows_here(["spynet"], {"spynet": str(tmp_path / "none.pt")}, registry, "cpu", random=True)


def test_the_command_prints_tables_and_writes_them(
    sources: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    see_small(monkeypatch)
    for t, frame in enumerate(video(3)):
        mask = (frame[..., 0] > 180).astype(np.uint8) * 255
        for folder, picture in (("JPEGImages/480p", frame[..., ::-1]), ("Annotations/480p", mask), ("maps", mask)):
            (tmp_path / folder / "box").mkdir(parents=True, exist_ok=True)
            assert cv2.imwrite(str(tmp_path / folder / "box" / f"{t:05d}.png"), picture)
    data, out = str(tmp_path), tmp_path / "sources.json"
    given = ["--flows", "dis:ultrafast", "pwcnet", "--detectors", "none", "blobs", "efficientdet:d7", "--steps", "2"]
    sources.main([data, f"{data}/maps", *given, "--device", "cpu", "--json", str(out)])
    said = capsys.readouterr()
    assert "Table VI: mqp" in said.out and "efficientdet:d7 is left out, no weights here: " in said.err
    made = json.loads(out.read_text(encoding="utf-8"))
    assert [(row["detector"], row["flow"]) for row in made["rows"]] == [
        (name, "dis:ultrafast") for name in ("target", "motion alone", "none", "blobs")
    ]
    assert set(made["absent"]["flows"]) == {"pwcnet"} and made["frames"] == {"dis:ultrafast": 3}
    for wrong in (["--flows", "pwcnet"], ["--weights", "raft=x"], ["--only", "nobody"]):
        with pytest.raises(SystemExit):
            sources.main([data, f"{data}/maps", "--flows", "dis", *wrong])
