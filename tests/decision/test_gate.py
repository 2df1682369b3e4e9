"""The gate: the better map by trust, steady over time, untouched where nothing moves."""

from __future__ import annotations

import numpy as np
import pytest
from small_scenes import disc, scene_of

from vsodboost.data.decision import Decision
from vsodboost.data.predictions import Predictions
from vsodboost.decision.fusion import fuse
from vsodboost.decision.gate import TrustGate, at_source_size, smoothed
from vsodboost.ops.sharpen import sharpen
from vsodboost.weights.shipped import shipped_path

GATE = TrustGate(shipped_path("trust", ".json"))


def noise(count: int) -> np.ndarray:
    return (np.random.default_rng(0).random((count, 32, 32)) > 0.85).astype(np.float32)


def test_a_garbage_target_is_replaced() -> None:
    here = disc(8, 16, 16)
    scene = scene_of(target=noise(8), motion_maps=here, fused=here)
    decision = GATE.decide(scene, here, Predictions(here, here))
    assert decision.weight.min() > 0.9
    assert np.abs(decision.maps - here).max() < 0.15
    assert (decision.trust > decision.target_trust + 0.1).all()


def test_a_garbage_boost_is_refused() -> None:
    here = disc(8, 16, 16)
    decision = GATE.decide(scene_of(target=here), noise(8), Predictions(here, here))
    assert decision.weight.max() < 0.1
    assert np.abs(decision.maps - here).max() < 0.15


def test_static_shots_pass_through_flagged_and_untouched() -> None:
    target = np.random.default_rng(1).random((6, 32, 32)).astype(np.float32)
    scene = scene_of(target=target, static=np.array([0, 0, 0, 1, 1, 1], bool), shots=((0, 3), (3, 6)))
    decision = GATE.decide(scene, disc(6, 16, 16), Predictions(disc(6, 16, 16), disc(6, 16, 16)))
    assert [flag == "static" for flag in decision.flags] == [False] * 3 + [True] * 3
    assert (decision.maps[3:] == target[3:]).all()
    full = np.repeat(np.repeat(target, 2, 1), 2, 2)
    assert (at_source_size(decision, full)[3:] == full[3:]).all()


def test_without_tuning_frames_are_flagged() -> None:
    here = disc(4, 16, 16)
    assert set(GATE.decide(scene_of(target=here), here, None).flags) <= {"untuned", "low_trust"}


def test_detail_of_the_target_is_kept_where_both_agree() -> None:
    target = np.zeros((1, 64, 64), np.float32)
    target[0, 20:45, 21:44] = 1  # its edges lie between the pixels of the working size
    target[0, :4, :4] = 1  # a distractor that the boosted map removed
    small = target.reshape(1, 32, 2, 32, 2).mean(axis=(2, 4))
    boosted = small.copy()
    boosted[0, :2, :2] = 0
    one = np.ones(1, np.float32)
    full = at_source_size(Decision(boosted, one, one, one, ("",)), target)
    assert (full[0, 20:45, 21:44] > 0.99).all()
    assert full[0, :2, :2].max() < 0.01


def test_smoothing_stays_within_shots_and_keeps_constants() -> None:
    values = np.array([0, 0, 0, 0, 1, 1, 1, 1], np.float32)
    assert smoothed(values, ((0, 4), (4, 8))) == pytest.approx(values, abs=1e-6)
    across = smoothed(values, ((0, 8),))
    assert 0 < across[3] < across[4] < 1


def test_fuse_is_the_mean_of_three() -> None:
    a, b, c = disc(2, 10, 10), disc(2, 20, 20), disc(2, 16, 16)
    scene = scene_of(target=a, motion_maps=c)
    assert fuse(scene, Predictions(a, b)) == pytest.approx(sharpen((a + b + c) / 3), abs=1e-6)


def test_haze_does_not_come_back_and_a_doubted_target_gives_no_contours() -> None:
    target = np.full((1, 64, 64), 0.05, np.float32)
    target[0, 20:44, 20:44] = 0.95
    boosted = np.zeros((1, 32, 32), np.float32)
    boosted[0, 10:22, 10:22] = 1
    one, doubted = np.ones(1, np.float32), np.full(1, 0.7, np.float32)
    kept = at_source_size(Decision(boosted, one, one, one, ("",)), target)
    left = at_source_size(Decision(boosted, one, one, doubted, ("",)), target)
    assert kept[0, 2, 2] == left[0, 2, 2] == 0
    assert kept[0, 18, 32] > 0.03
    assert left[0, 18, 32] == 0
    assert left[0, 32, 32] == 1


def test_a_decision_without_the_targets_detail_is_enlarged_and_nothing_else() -> None:
    target = np.zeros((1, 64, 64), np.float32)
    boosted = np.full((1, 32, 32), 0.5, np.float32)
    one = np.ones(1, np.float32)
    assert (at_source_size(Decision(boosted, one, one, one, ("",), target_detail=False), target) == 0.5).all()
    none = Decision(boosted, 0 * one, one, one, ("",), target_detail=False)
    assert (at_source_size(none, target) == target).all()


def test_frames_of_one_picture_share_the_trust_of_the_maps_that_are_there() -> None:
    here = disc(4, 16, 16)
    whole = GATE.decide(scene_of(target=here), here, Predictions(here, here))
    sparse = scene_of(target=here, no_target=np.array([False, True, True, False]))
    decision = GATE.decide(sparse, here, Predictions(here, here))
    assert decision.target_trust[[0, 3]] == pytest.approx(whole.target_trust[[0, 3]], abs=1e-6)
    assert decision.flags == ("", "no_target", "no_target", "")
