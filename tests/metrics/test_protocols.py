from __future__ import annotations

import cv2
import numpy as np
import pytest
from map_files import blob

from vsodboost.data.errors import UsageError
from vsodboost.metrics.protocols import ALL, DAVSOD, protocol_named


def test_which_frames_are_scored() -> None:
    assert list(ALL.scored(range(7))) == [0, 1, 2, 3, 4, 5, 6]
    assert list(ALL.scored(range(7), step=3)) == [0, 3, 6]
    assert list(DAVSOD.scored(range(7))) == [1, 2, 3, 4, 5]
    assert list(DAVSOD.scored(range(7), step=3)) == [1, 4]
    assert list(DAVSOD.scored(range(2))) == []


def test_an_unknown_protocol_lists_the_known() -> None:
    assert protocol_named("davsod") is DAVSOD
    with pytest.raises(UsageError, match="'vos'; there are all and davsod"):
        protocol_named("vos")


def test_grey_figures_see_the_stretched_map_and_masks_as_the_protocol_says() -> None:
    dim = np.array([[0, 60, 120]], np.uint8)
    grey, masks = ALL.prepared(dim, (1, 3))
    assert grey.tolist() == [[0, 0.5, 1]]
    assert masks == pytest.approx(dim / 255)
    grey, masks = DAVSOD.prepared(dim, (1, 3))
    assert grey.tolist() == masks.tolist() == [[0, 0.5, 1]]


def test_all_resizes_bilinearly_in_whole_numbers() -> None:
    small = (blob(0, (24, 32)) * 255).astype(np.uint8)
    _, masks = ALL.prepared(small, (48, 64))
    assert (masks * 255 == cv2.resize(small, (64, 48), interpolation=cv2.INTER_LINEAR)).all()


@pytest.mark.parametrize(("dtype", "top"), [("uint8", 255), ("uint16", 65535)])
def test_davsod_resizes_with_keys_cubic_kernel(dtype: str, top: int) -> None:
    """Twice the size: away from the border each pixel is a fixed mean of four, a = -.5, at -/+ a quarter pixel."""
    row = (np.random.default_rng(0).random(20) * top).astype(dtype)
    row[0], row[-1] = 0, top  # so that stretching changes nothing
    grey, _ = DAVSOD.prepared(np.repeat(row[None], 4, axis=0), (8, 40))
    distance = np.array([1.75, 0.75, 0.25, 1.25])
    near, far = 1.5 * distance**3 - 2.5 * distance**2 + 1, -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    weights = np.where(distance < 1, near, far)
    for centre in range(3, 17):
        expected = weights @ row[centre - 2 : centre + 2].astype(float)
        assert grey[4, 2 * centre] * top == pytest.approx(np.clip(expected, 0, top), abs=1 + top * 1e-6)


def test_overshoot_of_the_cubic_kernel_is_clipped() -> None:
    edge = np.zeros((8, 8), np.uint8)
    edge[:, 4:] = 255
    grey, _ = DAVSOD.prepared(edge, (16, 16))
    assert grey.min() == 0
    assert grey.max() == 1
    assert (grey[8, 9:] > 0.9).all()
