"""Farnebäck's estimator: known shifts, any size, options."""

import numpy as np
import pytest
from moving_pattern import pattern, shifted_pair
from vsodboost_plugins.flow import farneback

from vsodboost.data.errors import UsageError
from vsodboost.registry.interfaces import FlowEstimator, Request


def test_a_known_shift_is_recovered() -> None:
    first, second = shifted_pair(120, 160, dx=3, dy=-2)
    flow = farneback.build(Request()).estimate(first, second)
    assert flow.dtype == np.float32 and flow.shape == (1, 120, 160, 2)
    assert np.abs(np.median(flow[0, 15:-15, 15:-15], axis=(0, 1)) - (3, -2)).max() < 0.1


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (33, 47)])
def test_any_size_and_any_number_of_pairs(size: tuple[int, int]) -> None:
    frames = np.stack([pattern(*size, n) for n in range(3)])
    estimator: FlowEstimator = farneback.Farneback()
    flow = estimator.estimate(frames[:-1], frames[1:])
    assert flow.shape == (2, *size, 2) and np.isfinite(flow).all()
    assert np.array_equal(flow[1:], estimator.estimate(frames[1:2], frames[2:]))
    assert estimator.estimate(frames[:0], frames[:0]).shape == (0, *size, 2)


def test_options_reach_the_algorithm_and_wrong_ones_are_refused() -> None:
    first, second = shifted_pair(80, 100, dx=2, dy=0)
    fine = farneback.build(Request(options={"levels": "1", "window": "5"})).estimate(first, second)
    assert not np.array_equal(fine, farneback.Farneback().estimate(first, second))
    for wrong in ({"window": "2"}, {"levels": "0"}, {"levels": "x"}):
        with pytest.raises(UsageError, match="must be a whole number of at least"):
            farneback.build(Request(options=wrong))
