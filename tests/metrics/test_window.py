from __future__ import annotations

import numpy as np

from vsodboost.metrics.window import around


def test_a_window_holds_the_mask_and_its_margin_within_the_frame() -> None:
    mask = np.zeros((20, 30), bool)
    assert around(mask, 3) is None
    mask[8, 12:15] = True
    assert around(mask, 0) == (slice(8, 9), slice(12, 15))
    assert around(mask, 3) == (slice(5, 12), slice(9, 18))
    mask[0, 29] = mask[19, 0] = True
    rows, columns = around(mask, 3) or (slice(0), slice(0))
    assert mask[rows, columns].shape == mask.shape
