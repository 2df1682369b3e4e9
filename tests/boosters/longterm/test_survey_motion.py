"""PMS, Eq. 8 of LIMVSOD, by hand, and the maps that it is taken of."""

from __future__ import annotations

import numpy as np
import pytest
from small_plans import small_scene

from vsodboost.boosters.longterm.survey import motion_values, salient_evidence


def moving() -> np.ndarray:
    """A frame of 4 x 5 px: .8 in the four px of the upper left, .2 in the lower right one; 3.4 in all."""
    motion = np.zeros((4, 5), np.float32)
    motion[:2, :2], motion[3, 4] = 0.8, 0.2
    return motion


BOXES = np.array([[0, 0, 2, 2], [0, 0, 4, 2], [4, 3, 5, 4], [2, 0, 4, 4]], np.float32)


def test_eq_8_is_the_mean_in_the_box() -> None:
    np.testing.assert_allclose(motion_values(moving(), BOXES), [0.8, 3.2 / 8, 0.2, 0.0], atol=1e-6)


def test_the_scripts_penalty_below_a_quarter_of_the_frames_motion() -> None:
    # The first two hold 3.2 of 3.4; the third 0.2, less than a quarter: a tenth of it.
    np.testing.assert_allclose(motion_values(moving(), BOXES, "penalised"), [0.8, 0.4, 0.02, 0.0], atol=1e-6)


def test_exactly_a_quarter_is_not_penalised() -> None:
    motion = np.array([[1, 1, 1, 1]], np.float32)
    boxes = np.array([[0, 0, 1, 1]], np.float32)
    assert motion_values(motion, boxes, "penalised")[0] == pytest.approx(1.0)


@pytest.mark.parametrize("rule", ["mean", "penalised"])
def test_all_zero_motion_is_zero(rule: str) -> None:
    values = motion_values(np.zeros((4, 5), np.float32), BOXES, rule)  # type: ignore[arg-type]
    assert values.tolist() == [0, 0, 0, 0]


def test_no_proposals() -> None:
    assert motion_values(moving(), np.zeros((0, 4), np.float32)).shape == (0,)


def test_the_evidence_for_salient_clusters_is_empty_where_nothing_moves() -> None:
    motion, fused = np.zeros((2, 8, 8), np.float32), np.full((2, 8, 8), 0.5, np.float32)
    motion[1, 2, 2] = 0.25
    scene = small_scene(2, (8, 8), motion_maps=motion, fused=fused)
    assert salient_evidence(scene, 0, "predictions").max() == 0
    assert salient_evidence(scene, 1, "predictions").min() == 0.5
    assert (salient_evidence(scene, 1, "mean") == motion[1]).all()
