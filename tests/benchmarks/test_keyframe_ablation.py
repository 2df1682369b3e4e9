"""The keyframe ablation: its rows, and that they share perception and differ in tuning."""

from __future__ import annotations

from pathlib import Path

import keyframe_ablation as ablation
import numpy as np
import pytest
from small_plans import ConstantFlow, numbered, small_plan

from vsodboost.boosters import cards
from vsodboost.boosters.keyframe import booster
from vsodboost.boosters.keyframe.booster import Keyframe, KeyframeSettings
from vsodboost.data.types import FlowField, Frames, Maps
from vsodboost.io.array_source import ArraySource
from vsodboost.registry.discovery import Entry


def test_rows_are_those_of_the_papers_tables() -> None:
    rows = ablation.rows_of(["3", "4", "5"])
    assert [row.outcome for row in rows if row.table == "III"] == ["target", "low-level", "final", "boosted", "final"]
    assert [dict(row.options)["lambda"] for row in rows if row.table == "IV"] == ["1", "5", "8", "10"]
    assert [dict(row.options)["threshold"] for row in rows if row.table == "V"] == ["0.3", "0.5", "0.6", "0.75", "0.85"]
    assert {row.booster for row in rows if row.table in ("IV", "V")} == {"keyframe-paper"}
    assert {row.booster for row in ablation.rows_of(["5"], "keyframe")} == {"keyframe"}


class Counting(ConstantFlow):
    calls = 0

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        self.calls += 1
        return super().estimate(first, second)


def test_rows_are_measured_on_the_same_scenes() -> None:
    frames = numbered(np.random.default_rng(0).integers(0, 255, (6, 64, 96, 3), np.uint8))
    truth = np.zeros((64, 96), bool)
    truth[16:48, 24:72] = True

    def target(given: Frames) -> Maps:
        return np.repeat(truth[None].astype(np.float32), len(given), axis=0)

    flow = Counting(1.0, 0.5)
    plan = small_plan(Keyframe(KeyframeSettings()), target, flow=flow)
    for name, card, build in (
        ("keyframe", cards.KEYFRAME, booster.build),
        ("keyframe-paper", cards.KEYFRAME_PAPER, booster.build_paper),
    ):
        plan.registry.entries["boosters"][name] = Entry(name, build, card, "test")
    rows = [
        *ablation.rows_of(["3"]),
        ablation.Row("V", "NR < 1.1", "final", "keyframe-paper", (("threshold", "1.1"),)),
    ]
    measured = ablation.Measured()
    ablation.measure(plan, rows, ArraySource(frames, "clip"), {"00000": truth, "00003": truth}, measured)
    assert flow.calls == 2  # there and back, once for all rows
    by_name = {row.name: figures["clip"] for row, figures in measured.rows.items()}
    assert by_name["target"]["S"] == pytest.approx(1)
    assert by_name["low-level saliency (Eq. 6)"]["S"] < 1
    every = {row.name: found["clip"] for row, found in measured.keyframes.items()}
    assert every["NR < 1.1"] == 6
    assert set(every) == {"paper (Eq. 9)", "keyframe, before the gate", "keyframe", "NR < 1.1"}
    lines: list[str] = []
    ablation.report(measured, lines.append)
    assert "Table III" in "\n".join(lines) and "NR < 1.1" in "\n".join(lines)
    made = ablation.as_json(measured, {"data": Path("d")})
    assert made["asked"] == {"data": "d"}
    assert made["tables"]["V"]["NR < 1.1"]["keyframes"] == {"clip": 6}
