from __future__ import annotations

import numpy as np
import pytest

from vsodboost.metrics.frame_pair import adaptive_threshold, frame_pair, stretched, unit_map


@pytest.mark.parametrize(("dtype", "top"), [("uint8", 255), ("uint16", 65535), ("bool", 1), ("float32", 1)])
def test_every_dtype_comes_out_in_zero_to_one(dtype: str, top: int) -> None:
    values = unit_map(np.array([[0, top]], dtype=dtype))
    assert values.dtype == np.float64
    assert values.tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros((2, 2, 3), np.uint8), r"\[H, W\], got \[2, 2, 3\]"),
        (np.zeros((0, 4), np.uint8), r"\[0, 4\]"),
        (np.zeros((2, 2), np.int32), "int32"),
        (np.array([[0.0, 1.5]]), "0 to 1.5"),
        (np.array([[-0.1, 0.5]]), "-0.1 to 0.5"),
        (np.array([[np.nan, 0.5]]), "nan"),
    ],
)
def test_bad_maps_are_refused(bad: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        unit_map(bad)


def test_truth_has_to_be_bool_and_of_the_same_size() -> None:
    with pytest.raises(ValueError, match="uint8"):
        frame_pair(np.zeros((2, 2)), np.zeros((2, 2), np.uint8))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"\[2, 2\] and truth \[2, 3\]"):
        frame_pair(np.zeros((2, 2)), np.zeros((2, 3), bool))


def test_stretched_reaches_both_ends_and_leaves_a_constant_map() -> None:
    assert stretched(np.array([[0.2, 0.3, 0.6]])) == pytest.approx(np.array([[0, 0.25, 1]]))
    assert stretched(np.full((2, 2), 0.4)).tolist() == [[0.4, 0.4], [0.4, 0.4]]


def test_adaptive_threshold_is_at_most_one() -> None:
    assert adaptive_threshold(0.2) == 0.4
    assert adaptive_threshold(0.6) == 1
