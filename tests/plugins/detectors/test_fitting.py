"""Frames into pictures and boxes back: three ways to fit, normalisation."""

import numpy as np
import pytest
from moving_pattern import pattern
from vsodboost_plugins.detectors.feeding import Fit, Normalisation
from vsodboost_plugins.detectors.fitting import fitted, picture


@pytest.mark.parametrize(
    ("fit", "shape", "offset"),
    [("letterbox", (32, 64), (0, 16)), ("corner", (32, 64), (0, 0)), ("stretch", (64, 64), (0, 0))],
)
def test_where_a_wide_frame_lies(fit: Fit, shape: tuple[int, int], offset: tuple[int, int]) -> None:
    inner, placement = fitted(pattern(100, 200), (64, 64), fit)
    assert inner.shape == (*shape, 3) and placement.offset == offset
    left, top = offset
    corners = np.array([[left, top, left + shape[1], top + shape[0]]], np.float32)
    assert np.allclose(placement.to_frame(corners), [[0, 0, 200, 100]])


@pytest.mark.parametrize("fit", ["letterbox", "corner", "stretch"])
@pytest.mark.parametrize("size", [(1, 1), (1, 999), (37, 61), (480, 854)])
def test_boxes_come_back_for_any_frame(fit: Fit, size: tuple[int, int]) -> None:
    whole, placement = picture(np.zeros((*size, 3), np.uint8), (96, 64), fit, Normalisation())
    assert whole.shape == (96, 64, 3) and whole.dtype == np.float32
    boxes = np.array([[0, 0, size[1], size[0]], [size[1] / 4, 0, size[1] / 2, size[0] / 3]])
    there = boxes * np.array(placement.scale * 2) + np.array(placement.offset * 2)
    assert (there >= 0).all() and (there[:, 2:] <= (64 + 1e-6, 96 + 1e-6)).all()
    assert np.allclose(placement.to_frame(there.astype(np.float32)), boxes, atol=1e-3)


def test_borders_are_grey_around_a_letterbox_and_zero_beside_a_corner() -> None:
    frame = np.full((10, 20, 3), 255, np.uint8)
    normalise = Normalisation(mean=(0.5, 0.4, 0.3), std=(0.5, 0.2, 0.1))
    boxed, _ = picture(frame, (20, 20), "letterbox", normalise)
    assert np.allclose(boxed[5:15], (1, 3, 7)) and np.allclose(
        boxed[:5], ((114 / 255 - np.array((0.5, 0.4, 0.3))) / (0.5, 0.2, 0.1))
    )
    assert np.array_equal(boxed[15:], boxed[:5])
    cornered, _ = picture(frame, (20, 20), "corner", normalise)
    assert np.allclose(cornered[:10], (1, 3, 7)) and (cornered[10:] == 0).all()
    raw, _ = picture(frame, (20, 20), "letterbox", normalise, bytes_wanted=True)
    assert raw.dtype == np.uint8 and (raw[5:15] == 255).all() and (raw[:5] == 114).all()


def test_normalisation_knows_white_and_channel_order() -> None:
    frame = np.full((2, 2, 3), (255, 51, 0), np.uint8)
    assert np.allclose(Normalisation()(frame), (1, 0.2, 0))
    assert np.allclose(Normalisation(bgr=True)(frame), (0, 0.2, 1))
    assert np.allclose(Normalisation(white=1, mean=(100, 0, 0), std=(2, 1, 1))(frame), (77.5, 51, 0))
    assert np.allclose(Normalisation(white=1).grey, 114)
