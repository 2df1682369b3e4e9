"""The ablation: what its rows mine and score, and that perception is shared between them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmark_scripts import script
from shipped_models import add_region_model
from small_plans import ConstantFlow, numbered, small_plan, small_scene

from vsodboost.boosters.mqp.booster import Mqp, MqpSettings
from vsodboost.data.types import FlowField, Frames, Maps
from vsodboost.decision.trust import FEATURES, TrustModel
from vsodboost.io.array_source import ArraySource

ablation = script("mqp_ablation")
QUALITY = np.array([0.9, 0.1, 0.7, 0.2, 0.6, 0.3], np.float32)


@pytest.fixture(autouse=True)
def trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = TrustModel(
        np.zeros(len(FEATURES), np.float32), np.ones(len(FEATURES), np.float32), np.ones((len(FEATURES), 1),
        np.float32), np.zeros(1, np.float32), np.ones(1, np.float32), 0.0,
    )  # fmt: skip
    (tmp_path / "trust.json").write_text(model.to_json(), encoding="utf-8")
    add_region_model(tmp_path)
    monkeypatch.setenv("VSODBOOST_SHIPPED", str(tmp_path))


def test_motion_teaches_frames_of_high_quality_or_as_many_at_random() -> None:
    motion = np.random.default_rng(0).random((6, 32, 64)).astype(np.float32)
    scene = small_scene(6, quality=QUALITY, motion_maps=motion)
    mined = ablation.MotionTeaches(0.6, at_random=False).mine(scene)
    assert mined.indices.tolist() == [0, 2, 4]
    assert (mined.pseudo_truth == motion[[0, 2, 4]]).all()
    drawn = [ablation.MotionTeaches(0.6, at_random=True, seed=s).mine(scene).indices.tolist() for s in range(20)]
    assert all(len(set(d)) == 3 and d == sorted(d) for d in drawn)
    assert len({tuple(d) for d in drawn}) > 5
    assert drawn[3] == ablation.MotionTeaches(0.6, at_random=True, seed=3).mine(scene).indices.tolist()
    assert ablation.MotionTeaches(0.95, at_random=False).mine(scene).indices.tolist() == [0, 2]  # the best third
    assert len(ablation.MotionTeaches(0.6, at_random=False).mine(replace(scene, static=np.ones(6, bool)))) == 0


class Counting(ConstantFlow):
    calls = 0

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        self.calls += 1
        return super().estimate(first, second)


def test_rows_share_perception_and_each_learns_from_what_it_mined() -> None:
    frames = numbered(np.random.default_rng(0).integers(0, 255, (6, 64, 96, 3), np.uint8))
    truth = np.zeros((64, 96), bool)
    truth[16:48, 24:72] = True
    asked: list[int] = []

    def target(given: Frames) -> Maps:
        asked.append(len(given))
        return np.repeat(truth[None].astype(np.float32), len(given), axis=0)

    flow = Counting(1.0, 0.5)
    first, second = Mqp(MqpSettings(window=2, quality=0)), Mqp(MqpSettings(window=6, quality=0))
    plan = small_plan(first, target, flow=flow)
    rows = [
        ablation.Row("III", "target", "target"),
        ablation.Row("III", "MS", "motion"),
        ablation.Row("II", "two", "student", "two", first),
        ablation.Row("II", "two, decision", "final", "two", first),
        ablation.Row("II", "six", "final", "six", second),
    ]
    measured = ablation.Measured()
    ablation.measure(plan, rows, ArraySource(frames, "clip"), {"00000": truth, "00003": truth}, measured)
    assert (flow.calls, asked) == (2, [6])  # there and back, once
    assert measured.rows["III", "target"]["clip"] == pytest.approx(
        {"maxF": 1, "S": 1, "MAE": 0, "J": 1, "frame maxF": 1}
    )
    assert measured.high.f.count + measured.low.f.count == 2
    assert measured.mined.keys() == {("II", "two"), ("II", "two, decision"), ("II", "six")}
    lines: list[str] = []
    ablation.report(measured, lines.append)
    text = "\n".join(lines)
    assert "Table I:" in text and "Table II" in text and "Table III" in text and "two, decision" in text


def test_figures_are_those_of_the_8_bit_file(tmp_path: Path) -> None:
    from vsodboost.io.atomic import write_png
    from vsodboost.metrics.evaluate import evaluate

    rng = np.random.default_rng(0)
    maps = rng.random((3, 40, 60)).astype(np.float32) ** 2
    truths = rng.random((3, 40, 60)) > 0.7
    score = ablation.Score()
    for t in range(3):
        score.add(maps[t], truths[t])
        write_png(tmp_path / "maps" / "clip" / f"{t}.png", np.rint(maps[t] * 255).astype(np.uint8))
        write_png(tmp_path / "truth" / "clip" / f"{t}.png", truths[t].astype(np.uint8) * 255)
    expected = evaluate(tmp_path / "truth", tmp_path / "maps").mean
    found = score.figures()
    assert {k: found[k] for k in ("maxF", "S", "MAE", "J")} == pytest.approx(
        {k: expected[k] for k in ("maxF", "S", "MAE", "J")}
    )


def test_the_beginning_of_a_video() -> None:
    source = ablation.FirstFrames(ArraySource(np.zeros((5, 8, 8, 3), np.uint8), "clip"), 3)
    assert (len(list(source.frames())), source.length, source.name) == (3, 3, "clip")
    assert ablation.FirstFrames(ArraySource(np.zeros((2, 8, 8, 3), np.uint8)), 3).length == 2
