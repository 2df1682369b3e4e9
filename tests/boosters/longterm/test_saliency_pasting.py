"""Pasting, Eq. 19 of LIMVSOD, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.boosters.longterm.saliency import pasted, stretched

A = np.array([[0.2, 0.6], [0.4, 0.8]], np.float32)
B = np.array([[0.9, 0.1], [0.3, 0.5]], np.float32)
WINDOWS = [(0, 0, 2, 2), (1, 0, 3, 2)]


def test_z_of_eq_19_is_min_max() -> None:
    np.testing.assert_allclose(stretched(A), [[0, 2 / 3], [1 / 3, 1]], atol=1e-6)


def test_a_constant_patch_says_nothing() -> None:
    assert stretched(np.full((2, 3), 0.7, np.float32)).tolist() == [[0, 0, 0], [0, 0, 0]]


def test_eq_19_takes_the_greatest() -> None:
    frame = pasted([A, B], WINDOWS, (3, 4))
    np.testing.assert_allclose(frame, [[0.2, 0.9, 0.1, 0], [0.4, 0.8, 0.5, 0], [0, 0, 0, 0]], atol=1e-6)


def test_ave_of_table_ii_averages_where_patches_overlap() -> None:
    frame = pasted([A, B], WINDOWS, (2, 3), "mean")
    np.testing.assert_allclose(frame, [[0.2, 0.75, 0.1], [0.4, 0.55, 0.5]], atol=1e-6)


def test_the_scripts_adding_saturates_and_is_stretched_after_each_patch() -> None:
    # After A, stretched over the frame with its zeros: / .8. Then + B, at most 1, and the least (0) stays.
    frame = pasted([A, B], WINDOWS, (2, 4), "add")
    np.testing.assert_allclose(frame, [[0.25, 1, 0.1, 0], [0.5, 1, 0.5, 0]], atol=1e-6)


def test_patches_are_scaled_to_their_windows() -> None:
    frame = pasted([np.full((8, 8), 0.5, np.float32)], [(1, 0, 4, 2)], (2, 5))
    np.testing.assert_allclose(frame, [[0, 0.5, 0.5, 0.5, 0]] * 2)


@pytest.mark.parametrize("rule", ["max", "mean", "add"])
def test_no_patch_is_an_empty_frame(rule: str) -> None:
    assert pasted([], [], (2, 2), rule).tolist() == [[0, 0], [0, 0]]  # type: ignore[arg-type]
