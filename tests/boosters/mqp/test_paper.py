"""The MQP paper's own mining, by hand; its switches; and that the tuned model's maps are the result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from shipped_models import add_region_model
from small_plans import small_plan, small_scene

from vsodboost.boosters import cards
from vsodboost.boosters.cards import MQP_PAPER
from vsodboost.boosters.common import as_it_is, passed_through
from vsodboost.boosters.mqp import booster as mqp
from vsodboost.boosters.mqp import paper as mqp_paper
from vsodboost.boosters.mqp import paper_settings
from vsodboost.boosters.mqp.paper import PaperMqp, binarised, filtered
from vsodboost.boosters.mqp.paper_settings import PaperSettings, paper_profile, read_settings
from vsodboost.data.decision import Decision
from vsodboost.data.errors import UsageError
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Scene
from vsodboost.decision.gate import at_source_size
from vsodboost.decision.trust import FEATURES, TrustModel
from vsodboost.io.array_source import ArraySource
from vsodboost.ops.resize import size_of_short_side
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.options import Options, choose
from vsodboost.pipeline.plan import set_up
from vsodboost.registry.discovery import Entry, Registry

QUALITY = np.array([0.9, 0.2, 0.8, 0.7, 0.1, 0.6, 0.55, 0.3, 0.5, 0.95], np.float32)
CONSISTENCY = np.array([0.5, 0.9, 0.6, 0.7, 0.9, 0.4, 0.8, 0.9, 0.3, 0.2], np.float32)
# Of high quality: 0, 2, 3, 5, 6, 8, 9.


@pytest.fixture
def trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trust model that looks at the overlap with the fusion network's map alone."""
    features = len(FEATURES)
    hidden = np.zeros((features, 1), np.float32)
    hidden[FEATURES.index("fused")] = 1
    model = TrustModel(
        np.zeros(features, np.float32), np.ones(features, np.float32), hidden, np.zeros(1, np.float32),
        np.full(1, 5, np.float32), -2.0,
    )  # fmt: skip
    (tmp_path / "trust.json").write_text(model.to_json(), encoding="utf-8")
    add_region_model(tmp_path)
    monkeypatch.setenv("VSODBOOST_SHIPPED", str(tmp_path))


def scene() -> Scene:
    maps = np.random.default_rng(0).random((10, 32, 64)).astype(np.float32)
    return small_scene(10, quality=QUALITY, consistency=CONSISTENCY, target=maps, fused=maps)


def test_filter_over_windows_of_all_frames() -> None:
    # 0..4: best of 0, 2, 3 is 3. 5..9: best of 5, 6, 8, 9 is 6.
    assert filtered(scene(), QUALITY >= 0.5, PaperSettings()).tolist() == [3, 6]
    # 0-2: 2, 3-5: 3, 6-8: 6, 9: 9.
    assert filtered(scene(), QUALITY >= 0.5, PaperSettings(window=3)).tolist() == [2, 3, 6, 9]


def test_filter_over_windows_of_mined_frames() -> None:
    # (0, 2, 3, 5, 6): 6; (8, 9): 8.
    assert filtered(scene(), QUALITY >= 0.5, PaperSettings(windows="mined")).tolist() == [6, 8]
    # (0, 2, 3): 3; (5, 6, 8): 6; (9).
    assert filtered(scene(), QUALITY >= 0.5, PaperSettings(windows="mined", window=3)).tolist() == [3, 6, 9]


@pytest.mark.parametrize("windows", ["frames", "mined"])
def test_t_of_one_keeps_every_frame_of_high_quality(windows: str) -> None:
    settings = read_settings({"window": "1", "windows": windows})
    assert PaperMqp(settings).mine(scene()).indices.tolist() == [0, 2, 3, 5, 6, 8, 9]


def test_the_targets_own_maps_teach_and_count_alike() -> None:
    mined = PaperMqp(PaperSettings()).mine(scene())
    assert (mined.pseudo_truth == scene().target[[3, 6]]).all()
    assert mined.weights.tolist() == [1, 1]


def test_otsu_by_hand() -> None:
    m = np.array([[[0.1, 0.15, 0.2, 0.7, 0.75, 0.8]]], np.float32)
    assert binarised(m).tolist() == [[[0, 0, 0, 1, 1, 1]]]
    mined = PaperMqp(read_settings({"pseudo-truth": "code"})).mine(scene())
    assert set(np.unique(mined.pseudo_truth)) == {0, 1}


def test_nothing_of_high_quality_is_nothing_mined() -> None:
    mined = PaperMqp(PaperSettings()).mine(replace(scene(), quality=np.full(10, 0.49, np.float32)))
    assert len(mined) == 0
    assert mined.notes["reason"] == "no motion of high quality"


def test_the_switches_are_what_they_say() -> None:
    assert set(cards.MQP_PAPER.options) == {"follow", "windows", "window", "rate", *paper_settings.SWITCHES}
    paper, code = read_settings({}).tune_settings(), read_settings({"follow": "code"}).tune_settings()
    assert (paper.rate, paper.batch, paper.passes, paper.mirror, paper.clamp) == (1e-3, 8, 5, True, None)
    assert (code.rate, code.batch, code.passes, code.mirror, code.clamp) == (1e-4, 2, 10, False, 0.5)
    assert (paper.optimizer, paper.loss, paper.every_output, paper.keep_moments) == (
        "adam", "cross-entropy-sum", False, False)  # fmt: skip
    assert (code.optimizer, code.loss, code.every_output, code.keep_moments) == ("adam", "cross-entropy", True, True)
    assert read_settings({"rate": "0.01"}).tune_settings().rate == 0.01
    mixed = read_settings({"follow": "code", "loss": "paper"})
    assert (mixed.loss, mixed.tuning) == ("paper", "code")


def test_the_profile_follows_the_switches() -> None:
    assert paper_profile({}) == {
        "booster": "mqp-paper", "motion": "mqpm-paper", "flow": "spynet", "spatial_model": "mqp-paper",
        "carry_over": False,
    }  # fmt: skip
    assert paper_profile({"follow": "code"}) == {
        "booster": "mqp-paper", "motion": "mqpm-paper", "flow": "pwcnet", "spatial_model": "cpd", "carry_over": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    "options", [{"model": "x"}, {"follow": "both"}, {"window": "0"}, {"window": "a"}, {"windows": "all"},
                {"rate": "0"}, {"rate": "nan"}],
)  # fmt: skip
def test_bad_options_are_usage_errors(options: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="mqp-paper"):
        read_settings(options)


def test_choosing_a_profile() -> None:
    registry = Registry()
    for name, module, card in (("mqp", mqp, cards.MQP), ("mqp-paper", mqp_paper, cards.MQP_PAPER)):
        registry.entries["boosters"][name] = Entry(name, module.build, card, "boosters")
    assert choose({"seed": 3}, registry) == Options(seed=3)
    chosen = choose({"profile": "paper", "booster": "mqp", "flow": "dis"}, registry)
    assert (chosen.booster, chosen.flow, chosen.motion, chosen.spatial_model) == (
        "mqp-paper", "dis", "mqpm-paper", "mqp-paper")  # fmt: skip
    assert choose({"profile": "paper", "booster": "mqp-paper"}, registry).spatial_model == "mqp-paper"
    with pytest.raises(UsageError, match="fast, quick and paper"):
        choose({"profile": "slow"}, registry)
    card = replace(registry.entries["boosters"]["mqp"].card, paper_profile=None)
    registry.entries["boosters"]["mqp"] = replace(registry.entries["boosters"]["mqp"], card=card)
    with pytest.raises(UsageError, match="no profile 'paper'; those that have: mqp-paper"):
        choose({"profile": "paper"}, registry)


def test_the_booster_is_refused_outside_its_profile() -> None:
    with pytest.raises(UsageError, match="--profile paper"):
        small_plan(PaperMqp(PaperSettings()))


@pytest.mark.parametrize(
    ("size", "expected"), [((480, 854), (352, 640)), ((854, 480), (640, 352)), ((100, 100), (352, 352))]
)
def test_scenes_have_a_short_side_of_352(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert size_of_short_side(352, size) == expected


def decision(of: Scene) -> Decision:
    half = np.full(len(of), 0.5, np.float32)
    return Decision((of.target + of.fused) / 2, half, half, np.full(len(of), 0.4, np.float32), ("",) * len(of))


@pytest.mark.usefixtures("trust")
def test_the_tuned_models_map_is_the_result() -> None:
    booster, seen = PaperMqp(PaperSettings()), scene()
    booster.mine(seen)
    predicted = (seen.fused * np.float32(0.5) + np.float32(0.2)).astype(np.float32)
    predicted[0] = 1 - predicted[0]
    boosted = booster.fuse(seen, Predictions(predicted, predicted))
    assert boosted.min((1, 2)) == pytest.approx(np.zeros(10), abs=1e-6)
    assert boosted.max((1, 2)) == pytest.approx(np.ones(10), abs=1e-6)
    result = booster.decide(seen, boosted, decision(seen))
    assert (result.maps == boosted).all()
    assert result.weight.tolist() == [1.0] * 10
    assert result.trust[0] < result.trust[1]  # the first is the negative of what the fusion network saw
    enlarged = at_source_size(result, np.zeros((10, 64, 128), np.float32))
    assert enlarged.shape == (10, 64, 128)
    assert np.abs(enlarged[1] - torch.nn.functional.interpolate(
        torch.from_numpy(boosted[1])[None, None], size=(64, 128), mode="bilinear"
    )[0, 0].numpy()).max() < 1e-3  # fmt: skip


@pytest.mark.usefixtures("trust")
def test_the_targets_maps_pass_where_nothing_was_ever_mined() -> None:
    booster, dull = PaperMqp(PaperSettings()), replace(scene(), quality=np.zeros(10, np.float32))
    booster.mine(dull)
    passed = booster.decide(dull, booster.fuse(dull, Predictions(dull.fused, dull.fused)), decision(dull))
    assert set(passed.flags) == {"untuned"}
    given = np.random.default_rng(1).random((10, 50, 70)).astype(np.float32)
    assert (at_source_size(passed, given) == given).all()
    assert passed.trust.tolist() == pytest.approx([0.4] * 10)

    booster.mine(scene())
    booster.mine(replace(dull, first=10))  # a later buffer of the same video: the model has learned
    assert booster.decide(dull, dull.target, decision(dull)).weight.tolist() == [1.0] * 10
    booster.begin_video(ArraySource(np.zeros((1, 8, 8, 3), np.uint8), "next"))
    booster.mine(dull)
    assert set(booster.decide(dull, dull.target, decision(dull)).flags) == {"untuned"}


@pytest.mark.usefixtures("trust")
def test_engine_runs_it_without_fusion_or_decision() -> None:
    frames = np.random.default_rng(0).integers(0, 255, (6, 64, 96, 3), np.uint8)
    booster = PaperMqp(PaperSettings(window=2))
    booster.mine = lambda scene: mine(replace(scene, quality=np.ones(len(scene), np.float32)))  # type: ignore
    mine = PaperMqp.mine.__get__(booster)
    plan = small_plan(booster, booster_card=MQP_PAPER, profile="paper")
    plan.student.network.side = 32  # type: ignore[assignment]
    engine = Engine(set_up(plan))
    (done,) = engine.boost(ArraySource(frames))
    assert done.scene.frames.shape == (6, 32, 64, 3)
    assert len(done.mined) == 3
    assert len(done.losses) == 2  # five passes of three frames in batches of eight
    alone = engine.plan.student.predict(done.scene.frames)
    assert np.allclose(done.decision.maps, booster.fuse(done.scene, Predictions(alone, alone)), atol=1e-6)


@pytest.mark.usefixtures("trust")
def test_frames_without_a_map_of_the_target_are_flagged_and_have_trust_all_the_same() -> None:
    silent = np.arange(10) % 2 == 1
    sparse = replace(scene(), no_target=silent)
    flat = np.where(silent, 0, 0.7).astype(np.float32)
    given = Decision(sparse.target, np.ones(10, np.float32), flat, flat, ("",) * 10)
    for found, word in ((passed_through(sparse, given), "untuned"), (as_it_is(sparse, sparse.target, given), "")):
        assert [flag == "no_target" for flag in found.flags] == silent.tolist() and found.flags[0] in (
            word,
            "low_trust",
        )
        assert (found.trust > 0).all()
