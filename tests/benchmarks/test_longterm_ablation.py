"""The ablation of longterm: which runs its rows share, what they score, and what its stages cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmark_scripts import script
from shipped_models import add_region_model
from small_network import drawn_network
from small_plans import small_plan
from vsodboost_plugins.detectors import blobs

from vsodboost import boosters
from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.types import FlowField, Frames
from vsodboost.decision.trust import FEATURES, TrustModel
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.plan import Plan, set_up
from vsodboost.registry.discovery import Registry, hookspecs
from vsodboost.registry.interfaces import Request
from vsodboost.spatial.student import Student


@pytest.fixture
def ablation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    model = TrustModel(
        np.zeros(len(FEATURES), np.float32), np.ones(len(FEATURES), np.float32), np.ones((len(FEATURES), 1),
        np.float32), np.zeros(1, np.float32), np.ones(1, np.float32), 0.0,
    )  # fmt: skip
    (tmp_path / "trust.json").write_text(model.to_json(), encoding="utf-8")
    add_region_model(tmp_path)
    monkeypatch.setenv("VSODBOOST_SHIPPED", str(tmp_path))
    return script("longterm_ablation")


class Moving:
    """What is bright moves by 4 px."""

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        flow = np.zeros((*first.shape[:3], 2), np.float32)
        forwards = second[..., 2].max() >= first[..., 2].max()
        flow[first[..., 0] > 180, 0] = 4 if forwards else -4
        return flow


def video(count: int = 6) -> Frames:
    frames = np.random.default_rng(0).integers(60, 120, (count, 64, 96, 3)).astype(np.uint8)
    for t in range(count):
        frames[t, 10:34, 8 + 4 * t : 32 + 4 * t, 0] = 220
    return frames


def plan_for() -> Plan:
    registry = Registry()
    registry.manager.add_hookspecs(hookspecs)
    registry.add(boosters, "boosters")
    registry.add(blobs, "blobs")
    mqp, _ = registry.build("boosters", "mqp", Request())
    plan = small_plan(mqp, lambda frames: (frames[..., 0] > 180).astype(np.float32), flow=Moving())
    booster, card = registry.build("boosters", "longterm", Request())
    plan = replace(
        plan,
        options=replace(plan.options, booster="longterm", booster_options={"clusters": "2"}),
        booster=booster,
        booster_card=card,
        registry=registry,
        fusion=Student(drawn_network(), SpatialModelCard(summary="drawn")),
        working=lambda size: size,
    )
    return set_up(plan)


def test_rows_that_need_the_same_run_share_it(ablation) -> None:
    rows = ablation.rows_of(["2", "3", "5", "6"])
    names = [row.name for row in rows if row.table == "II"]
    assert names[3:8] == [
        "+SOPM(MAX)",
        "+SOPM(MAX)+BC",
        "+SOPM(AVE)+BC",
        "+SOPM(MAX)+BC+OLF",
        "+SOPM(MAX)+BC+OLF(KFS)",
    ]
    runs = {row.run for row in rows if row.booster}
    # Without classifier, whole, averages, random, motion alone, mqp; 3 numbers of iterations, of clusters and of
    # batches beside it.
    assert len(runs) == 6 + 3 + 3 + 3
    whole = [(row.table, row.name) for row in rows if row.run == ("longterm", ())]
    assert ("II", "product") in whole
    assert ("V", "K = 8, product") in whole
    assert ("VI", "B = 5, product") in whole
    assert ("III", "iteration 3, FS") in whole


def test_every_row_is_scored_and_the_report_has_the_sequences(ablation) -> None:
    plan, frames = plan_for(), video()
    truths = {"00001": frames[1, ..., 0] > 180, "00004": frames[4, ..., 0] > 180}
    measured = ablation.Measured()
    rows = ablation.rows_of(["2"])
    ablation.measure(plan, rows, ArraySource(frames, "clip"), truths, measured)
    assert set(measured.rows) == {(row.table, row.name) for row in rows}
    assert measured.rows["II", "target"]["clip"]["J"] == 1
    assert measured.rows["II", "motion saliency (Eq. 7)"]["clip"]["J"] < 1
    # The window of an average counts where patches overlap: other maps than the maximum, unless one patch is all.
    assert all(0 <= by["clip"]["S"] <= 1 for by in measured.rows.values())
    lines: list[str] = []
    ablation.report(measured, lines.append)
    text = "\n".join(lines)
    assert "Table II" in text and "S by sequence" in text and "\nclip " in text


def test_costs_add_up_by_stage_and_the_parts_are_left_as_they_were(ablation) -> None:
    from vsodboost.boosters.longterm import mining, survey, teaching

    before = (survey.look, survey.propose, mining.k_means, mining.mine, teaching.frame_saliency)
    measured = ablation.Measured()
    for booster in ("mqp", "longterm"):
        ablation.cost(plan_for(), booster, ArraySource(video(), "clip"), measured)
    after = (survey.look, survey.propose, mining.k_means, mining.mine, teaching.frame_saliency)
    assert before == after
    assert measured.frames == {"mqp": 6, "longterm": 6}
    assert {"look", "propose", "survey, rest", "cluster and mine", "patches"} <= set(measured.seconds["longterm"])
    assert "look" not in measured.seconds["mqp"]
    assert min(min(spent.values()) for spent in measured.seconds.values()) >= 0
    lines: list[str] = []
    ablation.report(measured, lines.append)
    text = "\n".join(lines)
    assert "Table VIII" in text and "object proposals" in text and "total" in text


def test_a_long_video_is_made_of_a_short_one() -> None:
    long_video = script("long_video")
    frames = video(3)
    made = list(long_video.Repeated(ArraySource(frames, "clip"), 8).frames())
    assert [f.name for f in made[-2:]] == ["000006", "000007"]
    order = [0, 1, 2, 2, 1, 0, 0, 1]
    for number, (frame, place) in enumerate(zip(made, order, strict=True)):
        expected = frames[place] if number < 6 else frames[place][:, ::-1]
        assert (frame.image == expected).all()
    assert long_video.resident() > 1
