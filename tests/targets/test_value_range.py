from __future__ import annotations

import numpy as np
import pytest

from vsodboost.targets.value_range import BYTES, DEEP, SIGNED, UNIT, Meaning, Scale, Unclear, meaning

RAMP = np.linspace(0, 1, 400, dtype=np.float32).reshape(1, 20, 20)
MASK = RAMP > 0.7


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (RAMP, UNIT),
        (RAMP * 0.02, UNIT),  # a weak map of 0..1
        (RAMP * 0.0005, None),
        (MASK, UNIT),
        (MASK.astype(np.uint8), UNIT),
        (MASK.astype(np.uint8) * 255, BYTES),
        (np.zeros((1, 4, 4), np.uint8), None),
        ((RAMP * 255).astype(np.uint8), BYTES),
        ((RAMP * 60).astype(np.uint8), BYTES),  # dark, but of many greys
        ((RAMP * 60000).astype(np.int64), DEEP),
        (RAMP * 255, BYTES),
        (RAMP * 300 - 20, BYTES),  # overshoot
        (RAMP * 65535, DEEP),
        (np.clip(RAMP * 1.2 - 0.1, -0.04, 1.04), UNIT),
        (np.tanh(RAMP * 40 - 20), SIGNED),
        (RAMP - 0.5, "logits"),
        (RAMP * 20 - 10, "logits"),
        (RAMP * 3 - 2.9, "logits"),
    ],
)
def test_what_values_mean(values: np.ndarray, expected: Meaning) -> None:
    assert meaning(values) == expected


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (RAMP * 100, "values from 0 to 100, which"),
        (RAMP * 2, "values from 0 to 2, which"),
        (RAMP * 1000, "values from 0 to 1000, which"),
        (RAMP * 0.3 - 0.1, "values from -0.1 to 0.2, which"),
        ((RAMP * 20).astype(np.int64), r"whole numbers \(0, 1, 2, 3, 4, ...\), which may be class numbers"),
        (MASK * 15, r"whole numbers \(0, 15\), which"),
        (MASK.astype(np.int32) - 1, r"whole numbers \(-1, 0\), which"),
    ],
)
def test_what_may_mean_several_things_is_said(values: np.ndarray, said: str) -> None:
    with pytest.raises(Unclear, match=f"^{said}"):
        meaning(values)


def test_scales_go_to_the_unit_range() -> None:
    np.testing.assert_allclose(Scale(-1, 1).unit(np.array([-1.0, 0.0, 1.0])), [0, 0.5, 1])
    np.testing.assert_allclose(Scale(1, 0).unit(np.array([1.0, 0.25])), [0, 0.75])
    assert (str(SIGNED), str(BYTES), str(Scale(0.5, 2))) == ("-1..1", "0..255", "0.5..2")
    assert UNIT.holds(-0.2, 1.2) and not UNIT.holds(0, 1.3) and not UNIT.holds(-0.3, 1)
