"""SPyNet with its published weights on real frames."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from shared_data import shared
from vsodboost_plugins.flow import farneback, spynet

from vsodboost.registry.interfaces import FlowEstimator, Request


@pytest.fixture(scope="module")
def estimator() -> FlowEstimator:
    return spynet.build(Request(options={"weights": str(shared("data", "weights", "spynet-sintel-final.pt"))}))


def frame(sequence: str, number: int) -> NDArray[np.uint8]:
    path = shared("data", "davis-dev", "JPEGImages", "480p", sequence, f"{number:05}.jpg")
    return np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), np.uint8)


@pytest.mark.parametrize(("dx", "dy"), [(-4, 3), (8, -6), (0, 1)])
def test_a_known_shift_of_a_real_frame_is_recovered(estimator: FlowEstimator, dx: int, dy: int) -> None:
    picture = frame("libby", 10)
    first, second = picture[100:292, 200:520], picture[100 - dy : 292 - dy, 200 - dx : 520 - dx]
    flow = estimator.estimate(first[None], second[None])[0]
    assert np.median(np.hypot(flow[..., 0] - dx, flow[..., 1] - dy)) < 0.05


def photometric_error(first: NDArray[np.uint8], second: NDArray[np.uint8], flow: NDArray[np.float32]) -> float:
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    seen = cv2.remap(second, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return float(np.abs(seen.astype(np.float32) - first).mean())


def test_it_explains_real_motion_better_than_farneback(estimator: FlowEstimator) -> None:
    # Where little moves the two are level; the mean over davis-dev is in benchmarks/flow_estimators.py.
    errors = []
    for sequence, number in (("libby", 24), ("scooter-black", 20), ("camel", 44)):
        first, second = (frame(sequence, n)[128:384, 187:667].copy() for n in (number, number + 1))
        flows = [method.estimate(first[None], second[None])[0] for method in (estimator, farneback.Farneback())]
        errors.append([photometric_error(first, second, flow) for flow in flows])
    ours, theirs = np.mean(errors, axis=0)
    assert ours < 0.9 * theirs, errors
