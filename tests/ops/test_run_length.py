"""Run lengths and polygons, against the reader of their formats and against what is drawn from them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vsodboost.ops.run_length import polygons, rle_text, run_lengths


def shapes() -> list[np.ndarray]:
    """Masks of all kinds, ``bool[37, 53]``."""
    rng = np.random.default_rng(0)
    noise = rng.random((37, 53))
    blobs = [cv2.GaussianBlur(rng.random((37, 53)), (0, 0), 4) for _ in range(4)]
    corner = np.zeros((37, 53), bool)
    corner[0, 0] = corner[-1, -1] = True
    return [np.zeros((37, 53), bool), np.ones((37, 53), bool), corner, noise > 0.5, *(b > np.median(b) for b in blobs)]


def test_by_hand() -> None:
    mask = np.array([[0, 1, 1], [0, 1, 0]], bool)
    assert run_lengths(mask) == [2, 3, 1] and rle_text([2, 3, 1]) == "231"
    assert run_lengths(~mask) == [0, 2, 3, 1]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools and NumPy 2
@pytest.mark.parametrize("number", range(8))
def test_pycocotools_reads_the_same_mask(number: int) -> None:
    coco = pytest.importorskip("pycocotools.mask")
    mask = shapes()[number]
    text = rle_text(run_lengths(mask))
    np.testing.assert_array_equal(coco.decode({"size": [37, 53], "counts": text}), mask)
    assert coco.encode(np.asfortranarray(mask, np.uint8))["counts"].decode() == text


@pytest.mark.parametrize("number", [0, 1, 4, 5, 6, 7])
def test_polygons_draw_the_mask_again(number: int) -> None:
    mask = shapes()[number]
    drawn = np.zeros(mask.shape, np.uint8)
    for part in polygons(mask, 0.5):
        assert part.dtype == np.float32 and len(part) >= 3
        cv2.fillPoly(drawn, [np.rint(part).astype(np.int32)], 1)
    union = (drawn > 0) | mask
    assert not union.any() or ((drawn > 0) & mask).sum() / union.sum() > 0.9


def test_a_hole_stays_a_hole() -> None:
    mask = np.zeros((60, 80), bool)
    mask[10:50, 10:70] = True
    mask[20:40, 30:50] = False
    (part,) = polygons(mask)
    drawn = np.zeros(mask.shape, np.uint8)
    cv2.fillPoly(drawn, [np.rint(part).astype(np.int32)], 1)
    assert drawn[30, 40] == 0 and drawn[15, 15] == 1 and (drawn > 0).sum() == pytest.approx(mask.sum(), rel=0.1)
