from __future__ import annotations

import numpy as np

from vsodboost.metrics.window import around, within


def test_a_window_holds_the_mask_and_its_margin_within_the_frame() -> None:
    mask = np.zeros((20, 30), bool)
    assert around(mask, 3) is None
    mask[8, 12:15] = True
    assert around(mask, 0) == (slice(8, 9), slice(12, 15))
    assert around(mask, 3) == (slice(5, 12), slice(9, 18))
    mask[0, 29] = mask[19, 0] = True
    assert around(mask, 3) == (slice(0, 20), slice(0, 30))


def test_a_window_of_a_window_shows_the_same() -> None:
    frame = np.arange(600).reshape(20, 30)
    outer, inner = (slice(4, 15), slice(7, 29)), (slice(2, 5), slice(0, 9))
    assert (frame[outer][inner] == frame[within(outer, inner)]).all()
