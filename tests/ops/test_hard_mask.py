"""Hard masks of soft maps."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.ops.hard_mask import Hardening, hard_mask, soft_edge

SIZE = (120, 160)


def drawn(*boxes: tuple[int, int, int, int], value: float = 1.0) -> np.ndarray:
    """A map with ``value`` in boxes of rows and columns."""
    saliency = np.zeros(SIZE, np.float32)
    for top, bottom, left, right in boxes:
        saliency[top:bottom, left:right] = value
    return saliency


def test_the_threshold_alone() -> None:
    saliency = drawn((10, 20, 10, 20), value=0.5)
    saliency[40:50, 40:50] = 0.49
    mask = hard_mask(saliency, Hardening())
    assert mask.dtype == bool and mask.sum() == 100 and mask[10:20, 10:20].all()


def test_cleaning_takes_specks_and_fills_small_holes_only() -> None:
    saliency = drawn((20, 80, 20, 80), (100, 102, 100, 102))
    saliency[40:43, 40:43] = 0  # a hole of 9 px
    saliency[55:75, 55:75] = 0  # one of 400 px: an arm on a hip
    mask = hard_mask(saliency, Hardening(clean=True))
    assert mask[41, 41] and not mask[65, 65] and not mask[100:102, 100:102].any()
    assert mask.sum() == pytest.approx(3600 - 400, abs=16)  # corners are rounded a little


def test_a_small_object_alone_is_no_speck() -> None:
    assert hard_mask(drawn((50, 54, 50, 54)), Hardening(clean=True)).sum() >= 9


def test_the_largest_parts() -> None:
    saliency = drawn((10, 50, 10, 50), (60, 90, 10, 40), (60, 80, 100, 120))
    one, two = (hard_mask(saliency, Hardening(largest=n)) for n in (1, 2))
    assert one.sum() == 1600 and two.sum() == 2500 and not two[70, 110]
    assert hard_mask(saliency, Hardening(largest=9)).sum() == 2900


def test_thin_parts_are_kept_on_request() -> None:
    saliency = drawn((30, 90, 40, 100))
    saliency[59:61, 100:150] = 0.35  # a tail that faded
    gone, kept = (hard_mask(saliency, Hardening(clean=True, keep_thin=thin)) for thin in (False, True))
    assert not gone[60, 145] and kept[60, 145]
    assert kept[30:90, 40:100].all() and kept.sum() < 3600 + 4 * 60


def test_nothing_gives_nothing() -> None:
    for how in (Hardening(), Hardening(clean=True, largest=1, keep_thin=True)):
        assert not hard_mask(np.zeros(SIZE, np.float32), how).any()


def test_the_soft_edge_is_narrow() -> None:
    mask = drawn((30, 90, 40, 100)) > 0
    alpha = soft_edge(mask)
    assert alpha.dtype == np.float32 and (alpha[33:87, 43:97] == 1).all() and (alpha[:27] == 0).all()
    assert 0 < alpha[30, 70] < 1
