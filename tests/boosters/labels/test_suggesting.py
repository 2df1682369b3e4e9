"""Which frames to label next: doubt draws, nearness and likeness repel."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vsodboost.boosters.labels.suggesting import ALIKE, FADE, LEAST_DOUBT, TRUST_ERROR, looks_of, suggest


def plain(count: int) -> np.ndarray:
    """Frames that all look different."""
    return np.eye(count, dtype=np.float32)[:, :, None].repeat(3, axis=2).reshape(count, -1) * 10


def indices(trust: np.ndarray, looks: np.ndarray, cuts: list[int], count: int, **more: list[int]) -> list[int]:
    """Which frames are suggested."""
    return [s.index for s in suggest(trust, looks, cuts, count, **more)]


def test_frames_of_little_trust_come_first_and_lie_apart() -> None:
    trust = np.full(100, 0.95, np.float32)
    trust[60:80] = 0.3
    trust[10:14] = 0.5
    first, second, third = suggest(trust, plain(100), [], 3)
    assert 62 <= first.index <= 77  # within the bad stretch
    assert abs(second.index - first.index) > 6
    assert first.gain > second.gain > third.gain > 0
    assert first.trust == pytest.approx(0.3)


@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_frames_of_equal_trust_are_covered_evenly_whatever_its_error(count: int, alike: bool) -> None:
    rng = np.random.default_rng(count)
    looks = np.zeros((90, 3), np.float32) if alike else plain(90)
    trust = np.asarray(0.9 + rng.uniform(-TRUST_ERROR, TRUST_ERROR, 90), np.float32)
    wanted = [(i + 0.5) * 90 / count for i in range(count)]
    found = sorted(indices(trust, looks, [], count))
    assert all(abs(i - at) <= 0.2 * 90 / count for i, at in zip(found, wanted, strict=True))


def test_help_does_not_cross_a_cut_but_likeness_does() -> None:
    trust = np.full(20, 0.5, np.float32)
    assert sorted(i // 10 for i in indices(trust, plain(20), [10], 2)) == [0, 1]
    # Both shots alike, the second one longer and so chosen; a third that looks different is next.
    looks = np.zeros((40, 3), np.float32)
    looks[30:] = 5
    chosen = indices(np.full(40, 0.5, np.float32), looks, [12, 30], 2)
    assert 12 <= chosen[0] < 30 <= chosen[1]


def test_gain_by_hand() -> None:
    # Two frames of different shots that look alike: a label settles its own doubt, and of the other's ALIKE, faded by
    # half the distance that one label has to cover.
    trust = np.array([0.4, 0.6], np.float32)
    (first,) = suggest(trust, np.zeros((2, 3), np.float32), [1], 1)
    # Doubts .6 and .4 are .1 from their median, .05 of it beyond trust's error.
    own, other = 0.55 + LEAST_DOUBT, 0.45 + LEAST_DOUBT
    alike = ALIKE * (1 - FADE * (1 - math.exp(-1 / 4)))
    assert first.index == 0
    assert first.gain == pytest.approx((own + alike * other) / (own + other), rel=1e-5)


def test_labelled_frames_are_not_asked_for_again() -> None:
    trust = np.full(60, 0.9, np.float32)
    trust[20:30] = 0.2
    assert 22 <= indices(trust, plain(60), [], 1)[0] <= 27
    assert not 10 <= indices(trust, plain(60), [], 1, labelled=[24])[0] <= 38
    assert indices(np.zeros(3, np.float32), plain(3), [], 9, labelled=[1]) in ([0, 2], [2, 0])


def test_no_more_than_there_are_frames() -> None:
    assert len(suggest(np.zeros(2, np.float32), plain(2), [], 5)) == 2


def test_long_videos_have_as_many_candidates() -> None:
    trust = np.full(4000, 0.9, np.float32)
    trust[3000:3100] = 0.1
    (found,) = suggest(trust, np.zeros((4000, 2), np.float32), [1000, 2990, 3110], 1)
    assert 3000 <= found.index < 3100


def test_looks_are_thumbnails() -> None:
    frames = np.zeros((2, 32, 56, 3), np.uint8)
    frames[1] = 255
    looks = looks_of(frames)
    assert looks.shape == (2, 8 * 14 * 3)
    assert (looks[0].max(), looks[1].min()) == (0, 1)
