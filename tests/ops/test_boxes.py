"""Boxes: overlap and suppression against naive references, clipping, degenerate boxes."""

import numpy as np
import pytest

from vsodboost.ops.boxes import areas, best_proposals, clipped, enclosing, iou, non_maximum_suppression


def random_boxes(count: int, seed: int, *, span: float = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    corner, extent = rng.uniform(0, span, (count, 2)), rng.uniform(-2, 30, (count, 2))  # some are empty
    scores = rng.integers(0, 12, count) / 12  # ties are common
    return np.concatenate((corner, corner + extent), axis=1).astype(np.float32), scores.astype(np.float32)


def naive_iou(a: np.ndarray, b: np.ndarray) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = float(width * height) if width > 0 and height > 0 else 0.0
    sizes = [float((x[2] - x[0]) * (x[3] - x[1])) if x[2] > x[0] and x[3] > x[1] else 0.0 for x in (a, b)]
    union = sum(sizes) - shared
    return shared / union if union > 0 else 0.0


def naive_suppression(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    kept: list[int] = []
    for i in sorted(range(len(boxes)), key=lambda i: (-scores[i], i)):
        if all(naive_iou(boxes[i], boxes[k]) <= threshold for k in kept):
            kept.append(i)
    return kept


@pytest.mark.parametrize("seed", range(3))
def test_iou_equals_a_naive_loop(seed: int) -> None:
    (first, _), (second, _) = random_boxes(20, seed), random_boxes(15, seed + 50)
    expected = np.array([[naive_iou(a, b) for b in second] for a in first])
    result = iou(first, second)
    assert result.dtype == np.float32 and result.shape == (20, 15)
    assert np.allclose(result, expected, atol=1e-6) and expected.max() > 0.3


def test_iou_of_known_boxes() -> None:
    boxes = np.array([[0, 0, 2, 2], [1, 0, 3, 2], [2, 0, 4, 2], [1, 1, 1, 5]], np.float32)
    expected = [[1, 1 / 3, 0, 0], [1 / 3, 1, 1 / 3, 0], [0, 1 / 3, 1, 0], [0, 0, 0, 0]]
    assert np.allclose(iou(boxes, boxes), expected)
    assert np.allclose(areas(boxes), [4, 4, 4, 0])


@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_suppression_equals_a_naive_loop(seed: int, threshold: float) -> None:
    boxes, scores = random_boxes(60, seed, span=30)
    expected = naive_suppression(boxes, scores, threshold)
    assert non_maximum_suppression(boxes, scores, threshold).tolist() == expected
    assert non_maximum_suppression(boxes, scores, threshold, most=5).tolist() == expected[:5]
    assert threshold > 0.5 or len(expected) < 60


def test_a_box_on_the_threshold_stays() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 10, 6]], np.float32)  # overlaps of exactly .5 and of .6
    assert non_maximum_suppression(boxes, np.array([0.9, 0.8, 0.7], np.float32), 0.5).tolist() == [0, 1]


def test_no_boxes_give_no_boxes() -> None:
    none, nothing = np.zeros((0, 4), np.float32), np.zeros(0, np.float32)
    assert non_maximum_suppression(none, nothing, 0.5).shape == (0,)
    assert iou(none, none).shape == (0, 0) and clipped(none, 3, 4).shape == (0, 4)
    assert len(best_proposals(none, nothing, (3, 4), least=0, overlap=0.5, most=3)) == 0


def test_boxes_are_cut_at_the_border() -> None:
    boxes = np.array([[-5, -1, 7, 99], [1, 2, 3, 4], [50, 50, 60, 60]], np.float32)
    assert clipped(boxes, 10, 20).tolist() == [[0, 0, 7, 10], [1, 2, 3, 4], [20, 10, 20, 10]]


def test_proposals_are_sound_and_best_first() -> None:
    boxes = np.array(
        [[0, 0, 4, 4], [0, 0, 4, 5], [9, 9, 30, 30], [3, 3, 3, 9], [40, 0, 50, 9], [np.nan, 0, 5, 5], [6, 0, 9, 3]],
        np.float32,
    )
    scores = np.array([0.5, 0.6, 0.05, 0.9, 0.9, 0.9, 1.5], np.float32)
    proposals = best_proposals(boxes, scores, (12, 16), least=0.1, overlap=0.5, most=10)
    assert proposals.boxes.tolist() == [[6, 0, 9, 3], [0, 0, 4, 5]] and np.allclose(proposals.scores, [1, 0.6])
    assert proposals.boxes.dtype == proposals.scores.dtype == np.float32
    lower = best_proposals(boxes, scores, (12, 16), least=0.0, overlap=0.9, most=3)
    assert lower.boxes.tolist() == [[6, 0, 9, 3], [0, 0, 4, 5], [0, 0, 4, 4]]


def test_what_encloses_a_mask() -> None:
    mask = np.zeros((5, 7), bool)
    assert enclosing(mask) is None
    mask[1, 2] = mask[3, 6] = True
    assert enclosing(mask) == (slice(1, 4), slice(2, 7))
