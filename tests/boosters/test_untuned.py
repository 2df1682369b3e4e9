"""The booster that learns nothing."""

from __future__ import annotations

import numpy as np
from small_plans import small_scene

from vsodboost.boosters.untuned import Untuned
from vsodboost.data.decision import Decision


def test_that_nothing_was_learned_is_no_flag_where_nothing_was_to_be() -> None:
    scene, ones = small_scene(3), np.ones(3, np.float32)
    decision = Decision(scene.target, ones, ones, ones, ("untuned", "low_trust", "no_target"))
    assert Untuned().decide(scene, scene.target, decision).flags == ("", "low_trust", "no_target")
