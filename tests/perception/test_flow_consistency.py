"""Forward-backward consistency against hand-made flows."""

import numpy as np
import pytest

from vsodboost.perception.flow_consistency import flow_consistency


def constant(dx: float, dy: float, size: tuple[int, int] = (12, 16)) -> np.ndarray:
    return np.broadcast_to(np.array((dx, dy), np.float32), (1, *size, 2)).copy()


def test_a_flow_and_its_reverse_agree_except_where_they_leave_the_frame() -> None:
    mask = flow_consistency(constant(3, -2), constant(-3, 2))
    expected = np.zeros((1, 12, 16), np.float32)
    expected[:, 2:, :-3] = 1
    assert mask.dtype == np.float32 and np.array_equal(mask, expected)


@pytest.mark.parametrize(("left_over", "agrees"), [(0.70, True), (0.72, False)])
def test_the_border_of_the_criterion(left_over: float, agrees: bool) -> None:
    # Standing still and coming back by d: d² < 0.01 d² + 0.5, so d < 0.7107.
    assert (flow_consistency(constant(0, 0), constant(left_over, 0)) == agrees).all()


def test_long_flow_may_differ_by_more() -> None:
    assert flow_consistency(constant(8, 0, (20, 40)), constant(-7, 0, (20, 40)))[:, :, :30].all()  # 1 < .01 · 113 + .5
    assert not flow_consistency(constant(1, 0), constant(-2, 0)).any()


def test_the_backward_flow_is_read_where_the_forward_flow_leads() -> None:
    forward, backward = constant(0, 0, (6, 12)), constant(0, 0, (6, 12))
    forward[:, 2:4, 2:4], backward[:, 2:4, 7:9] = (5, 0), (-5, 0)
    mask = flow_consistency(forward, backward)
    expected = np.ones((1, 6, 12), np.float32)
    expected[:, 2:4, 7:9] = 0  # these stood still and yet come back: covered by what moved onto them
    assert np.array_equal(mask, expected)


def test_soft_answers_are_graded_around_one_half() -> None:
    forward = np.concatenate([constant(0, 0)] * 3)
    border = np.sqrt(0.5 / 0.99)
    backward = np.concatenate([constant(0, 0), constant(border, 0), constant(5, 0)])
    soft = flow_consistency(forward, backward, soft=True)
    assert np.allclose(soft[0], 1) and np.allclose(soft[1], 0.5, atol=1e-6) and (soft[2] < 1e-6).all()


def test_wrong_shapes_are_refused_and_none_is_fine() -> None:
    assert flow_consistency(constant(0, 0)[:0], constant(0, 0)[:0]).shape == (0, 12, 16)
    with pytest.raises(ValueError, match="one shape"):
        flow_consistency(constant(0, 0), constant(0, 0)[:, :5])
