"""Motion cues of a shot: both directions averaged, one frame has none, a broken estimator is named."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.data.errors import PluginError
from vsodboost.ops.overlap import soft_overlap
from vsodboost.perception.motion_model import CameraResidual
from vsodboost.perception.perceive import perceive


class Known:
    """Estimator that reports an object moving right by 4 px forward and 2 px backward."""

    def estimate(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        forward = int(first[0, 0, 0, 0]) < int(second[0, 0, 0, 0])
        flow = np.zeros((*first.shape[:3], 2), np.float32)
        flow[:, 12:20, 12:20, 0] = 4 if forward else -2
        return flow


def clip(count: int) -> np.ndarray:
    return np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 32, 32, 3)).copy()


def test_inner_frames_take_the_mean_of_both_directions() -> None:
    cues = perceive(Known(), CameraResidual(), clip(3), "known")
    assert np.abs(cues.motion[:, 16, 16, 0] - [4, 3, 2]).max() < 0.2
    assert cues.flow[2, 16, 16, 0] == 2  # the last frame carries the negated backward flow
    assert cues.maps[:, 14:18, 14:18].min() > 0.9
    assert not cues.static.any()


def test_one_frame_has_no_motion() -> None:
    cues = perceive(Known(), CameraResidual(), clip(1), "known")
    assert cues.static.all()
    assert cues.maps.max() == 0
    assert cues.quality[0] == 0


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.zeros((1, 32, 32, 1), np.float32), "shape"),
        (np.full((1, 32, 32, 2), np.nan, np.float32), "NaN"),
        (RuntimeError("no luck"), "no luck"),
    ],
)
def test_a_broken_estimator_is_named(answer: object, message: str) -> None:
    class Broken:
        def estimate(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
            if isinstance(answer, Exception):
                raise answer
            return answer  # type: ignore[return-value]

    with pytest.raises(PluginError, match=f"flow 'broken'.*{message}"):
        perceive(Broken(), CameraResidual(), clip(2), "flow 'broken'")


def test_soft_overlap() -> None:
    a = np.zeros((3, 4, 4), np.float32)
    b = np.zeros((3, 4, 4), np.float32)
    a[0, :2], b[0, :2] = 1, 1  # the same
    a[1, :2], b[1, 1:3] = 1, 1  # half of each: 2·4 / (8 + 8)
    assert soft_overlap(a, b).tolist() == [1.0, 0.5, 1.0]


class Stopping:
    """Estimator of a shot in which the object moves by 3 px a frame, but not between frames 1 and 3."""

    def estimate(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        flow = np.zeros((*first.shape[:3], 2), np.float32)
        for field, a, b in zip(flow, first[:, 0, 0, 0].astype(int), second[:, 0, 0, 0].astype(int), strict=True):
            if not {a, b} <= {1, 2, 3}:
                field[12:20, 12:20, 0] = 3 * (b - a)
        return flow


def test_frames_between_which_nothing_moves_share_what_motion_says() -> None:
    cues = perceive(Stopping(), CameraResidual(), clip(6), "stopping")
    assert np.abs(cues.motion[:, 16, 16, 0] - 3).max() < 0.2
    assert (cues.motion[1] == cues.motion[2]).all() and (cues.maps[1] == cues.maps[3]).all()
    assert not cues.static.any()
    assert cues.flow[:, 16, 16, 0].tolist() == [3] * 6


def test_a_shot_in_which_nothing_moves_at_all_is_static() -> None:
    cues = perceive(Stopping(), CameraResidual(), clip(4)[1:], "stopping")
    assert cues.static.all() and cues.maps.max() == 0
