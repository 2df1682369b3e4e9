from __future__ import annotations

import cv2
import numpy as np
import pytest
from vsodboost_plugin_example import _spectral_residual
from vsodboost_plugin_example.block_matching import BlockMatching
from vsodboost_plugin_example.spectral_residual import SpectralResidual

from vsodboost import Clip, Request, UsageError


def texture(height: int, width: int) -> np.ndarray:
    coarse = np.random.default_rng(0).integers(0, 256, (height // 4, width // 4, 3)).astype(np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def test_a_thing_on_a_plain_ground_is_salient() -> None:
    frame = np.random.default_rng(0).integers(110, 130, (120, 160, 3)).astype(np.uint8)
    cv2.circle(frame, (110, 50), 9, (240, 40, 40), -1)
    [found] = SpectralResidual().predict(Clip(frame[None], ("0",), "disc"))
    assert found.dtype == np.float32 and found.min() == 0 and found.max() == 1
    y, x = np.unravel_index(np.argmax(found), found.shape)
    assert abs(x * 160 / found.shape[1] - 110) < 12 and abs(y * 120 / found.shape[0] - 50) < 12


def test_a_flat_frame_has_no_salient_part() -> None:
    found = SpectralResidual().predict(Clip(np.full((2, 40, 60, 3), 90, np.uint8), ("0", "1"), "flat"))
    assert found.shape == (2, 43, 64) and found.max() == 0


@pytest.mark.parametrize("shift", [(0, 0), (5, -3), (-8, 6)])
def test_a_shifted_picture_has_that_flow(shift: tuple[int, int]) -> None:
    picture = texture(160, 208)
    dx, dy = shift
    first, second = picture[16:144, 16:192], picture[16 - dy : 144 - dy, 16 - dx : 192 - dx]
    flow = BlockMatching().estimate(first[None], second[None])
    assert flow.shape == (1, 128, 176, 2) and flow.dtype == np.float32
    np.testing.assert_allclose(np.median(flow, axis=(0, 1, 2)), shift, atol=0.3)


def test_frames_smaller_than_a_block_and_frames_without_texture() -> None:
    small = texture(40, 48)[None]
    assert BlockMatching().estimate(small, small).shape == (1, 40, 48, 2)
    flat = np.full((1, 100, 100, 3), 7, np.uint8)
    assert not BlockMatching().estimate(flat, flat).any()


def test_a_wrong_option_is_refused() -> None:
    assert _spectral_residual(Request(options={"width": "32"})).width == 32
    with pytest.raises(UsageError, match="not 'wide'"):
        _spectral_residual(Request(options={"width": "wide"}))
