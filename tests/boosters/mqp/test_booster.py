"""Mining by hand: windows, quality, shots, and what happens when nothing moves."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from vsodboost.boosters.common import window_winners
from vsodboost.boosters.mqp.booster import STEPS, Mqp, MqpSettings, build
from vsodboost.data.errors import UsageError
from vsodboost.data.scene import Scene
from vsodboost.data.training_set import TuneSettings
from vsodboost.ops.sharpen import sigmoid_of
from vsodboost.registry.booster import Context
from vsodboost.registry.interfaces import Request


def scene(quality: list[float], shots: tuple[tuple[int, int], ...] | None = None) -> Scene:
    count = len(quality)
    maps = np.zeros((count, 8, 8), np.float32)
    maps[:, 2:5, 2:5] = 1
    return Scene(
        video="v",
        names=tuple(str(i) for i in range(count)),
        first=0,
        frames=np.zeros((count, 8, 8, 3), np.uint8),
        shots=shots or ((0, count),),
        target=maps,
        motion=np.ones((count, 8, 8, 2), np.float32),
        motion_maps=maps,
        fused=maps,
        quality=np.array(quality, np.float32),
        consistency=np.linspace(0.5, 0.9, count).astype(np.float32),
        static=np.zeros(count, bool),
    )


def test_each_window_gives_its_best_eligible_frame() -> None:
    score = np.array([0.1, 0.9, 0.2, 0.8, 0.3, 0.4, 0.5], np.float32)
    eligible = np.array([1, 0, 1, 1, 1, 1, 0], bool)
    assert window_winners(score, eligible, ((0, 7),), 5).tolist() == [3, 5]
    assert window_winners(score, eligible, ((0, 3), (3, 7)), 5).tolist() == [2, 3]
    assert window_winners(score, np.zeros(7, bool), ((0, 7),), 5).tolist() == []


@pytest.mark.parametrize(("asked", "steps"), [(None, STEPS), (25, 25)])
def test_tuning_is_short_unless_the_user_says_how_long(asked: int | None, steps: int) -> None:
    context = SimpleNamespace(steps=asked, tuning=TuneSettings(steps=25))
    assert Mqp(MqpSettings()).setup(cast("Context", context)).tuning == TuneSettings(steps=steps)


def test_low_quality_frames_are_not_mined() -> None:
    mined = Mqp(MqpSettings(window=2, quality=0.6, drop=0.0)).mine(scene([0.9, 0.1, 0.2, 0.8, 0.3, 0.4]))
    assert mined.indices.tolist() == [0, 3]
    assert mined.weights.mean() == pytest.approx(1)
    assert mined.pseudo_truth[0, 3, 3] > 0.99
    assert mined.pseudo_truth[0, 7, 7] < 0.01


def test_when_no_frame_reaches_the_bar_the_best_third_is_taken() -> None:
    mined = Mqp(MqpSettings(window=1, quality=0.99, drop=0.0)).mine(scene([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]))
    assert mined.indices.tolist() == [4, 5]


def test_nothing_is_mined_where_nothing_moves() -> None:
    quiet = replace(scene([0.0, 0.0]), static=np.ones(2, bool))
    assert len(Mqp(MqpSettings()).mine(quiet)) == 0


def test_an_empty_target_map_teaches_nothing() -> None:
    blank = scene([0.9, 0.9])
    blank = replace(blank, target=blank.target * np.array([0, 1], np.float32)[:, None, None])
    assert Mqp(MqpSettings(window=1, drop=0.0)).mine(blank).indices.tolist() == [1]


def test_sharpening_keeps_one_half_and_the_order() -> None:
    values = np.linspace(0, 1, 11, dtype=np.float32)[None, None]
    sharp = sigmoid_of(values)[0, 0]
    assert sharp[5] == pytest.approx(0.5)
    assert (np.diff(sharp) > 0).all()


@pytest.mark.parametrize("options", [{"window": "x"}, {"window": "0"}, {"pseudo-truth": "magic"}, {"quality": "much"}])
def test_bad_options_are_usage_errors(options: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="mqp"):
        build(Request(options=options))
