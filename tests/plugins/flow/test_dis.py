"""Dense inverse search: known shifts, any size, presets."""

import cv2
import numpy as np
import pytest
from moving_pattern import pattern, shifted_pair
from vsodboost_plugins.flow import dis

from vsodboost.data.errors import UsageError
from vsodboost.registry.interfaces import FlowEstimator, Request


@pytest.mark.parametrize("preset", ["ultrafast", "fast", "medium"])
def test_a_known_shift_is_recovered(preset: str) -> None:
    first, second = shifted_pair(160, 220, dx=-4, dy=3)
    flow = dis.build(Request(options={"preset": preset})).estimate(first, second)
    assert flow.dtype == np.float32 and flow.shape == (1, 160, 220, 2)
    assert np.abs(np.median(flow[0, 10:-10, 10:-10], axis=(0, 1)) - (-4, 3)).max() < 0.15


@pytest.mark.parametrize("size", [(1, 1), (7, 200), (200, 9), (33, 47), (12, 13), (240, 427)])
def test_any_size_comes_back_finite_at_that_size(size: tuple[int, int]) -> None:
    first, second = shifted_pair(*size, dx=1, dy=0)
    for preset in dis.PRESETS:
        flow = dis.DIS(preset).estimate(first, second)
        assert flow.shape == (1, *size, 2) and np.isfinite(flow).all()


def test_a_batch_equals_its_pairs_one_by_one() -> None:
    frames = np.stack([pattern(90, 120, seed) for seed in range(4)])
    estimator = dis.DIS()
    together = estimator.estimate(frames[:-1], frames[1:])
    alone = [estimator.estimate(frames[n : n + 1], frames[n + 1 : n + 2])[0] for n in range(3)]
    assert np.array_equal(together, np.stack(alone))
    assert estimator.estimate(frames[:0], frames[:0]).shape == (0, 90, 120, 2)


def test_frames_are_taken_as_rgb() -> None:
    first, second = shifted_pair(96, 128, dx=3, dy=0)
    expected = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(
        cv2.cvtColor(first[0], cv2.COLOR_RGB2GRAY), cv2.cvtColor(second[0], cv2.COLOR_RGB2GRAY), None
    )
    assert np.array_equal(dis.DIS("fast").estimate(first, second)[0], expected)


def test_the_estimator_keeps_the_contract() -> None:
    assert isinstance(dis.build(Request()), FlowEstimator)
    with pytest.raises(UsageError, match="must be one of ultrafast, fast, medium"):
        dis.build(Request(options={"preset": "slow"}))
    with pytest.raises(ValueError, match="differ in shape"):
        dis.DIS().estimate(np.zeros((1, 8, 8, 3), np.uint8), np.zeros((2, 8, 8, 3), np.uint8))
    with pytest.raises(ValueError, match="must be uint8"):
        dis.DIS().estimate(np.zeros((1, 8, 8), np.uint8), np.zeros((1, 8, 8), np.uint8))
