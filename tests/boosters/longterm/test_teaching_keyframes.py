"""Keyframes, Sec. IV-B of LIMVSOD, and Otsu's threshold."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.boosters.longterm.teaching import agreement, batch_winners, otsu, random_frames
from vsodboost.metrics.s_measure import s_measure

SCORE = np.array([0.1, 0.5, 0.3, 0.9, 0.2, 0.4, 0.8, 0.8, 0.0, 0.6, 0.7], np.float32)
ALL = np.ones(11, bool)
SHOT = ((0, 11),)


def square(left: int) -> np.ndarray:
    picture = np.zeros((16, 24), np.float32)
    picture[4:12, left : left + 8] = 1
    return picture


def test_agreement_is_the_s_measure_of_fs_against_ms() -> None:
    saliency = np.stack([square(4) * 0.9, square(12)])
    motion = np.stack([square(4) * 0.7, square(4)])
    score = agreement(saliency, motion)
    assert score[0] == pytest.approx(s_measure(saliency[0], motion[0] > 0.5), abs=1e-4)
    assert score[0] > 0.8 > 0.5 > score[1]


def test_the_scripts_truth_is_the_brightest_pixels_only() -> None:
    motion = square(4) * 0.9
    motion[6, 6] = 1
    assert agreement(square(4)[None], motion[None], "brightest")[0] < agreement(square(4)[None], motion[None])[0]


def test_one_frame_of_each_batch_of_five() -> None:
    # 0-4: frame 3; 5-9: 6 and 7 are equal, the first counts; 10 closes the video.
    assert batch_winners(SCORE, ALL, SHOT, 5).tolist() == [3, 6, 10]


def test_the_script_drops_the_batch_that_the_end_closes() -> None:
    assert batch_winners(SCORE, ALL, SHOT, 5, keep_last=False).tolist() == [3, 6]
    assert batch_winners(SCORE[:10], ALL[:10], ((0, 10),), 5, keep_last=False).tolist() == [3]


def test_batches_stay_within_shots_and_take_eligible_frames() -> None:
    assert batch_winners(SCORE, ALL, ((0, 3), (3, 11)), 5).tolist() == [1, 3, 10]
    only = ALL.copy()
    only[[3, 5, 6, 7, 8, 9]] = False
    assert batch_winners(SCORE, only, SHOT, 5).tolist() == [1, 10]
    assert batch_winners(SCORE, ~ALL, SHOT, 5).tolist() == []


def test_a_one_frame_video_is_a_batch() -> None:
    assert batch_winners(SCORE[:1], ALL[:1], ((0, 1),), 5).tolist() == [0]


def test_random_frames_are_one_a_batch_and_seeded() -> None:
    chosen = random_frames(ALL, SHOT, 5, 0)
    assert [int(t) // 5 for t in chosen] == [0, 1, 2]
    assert (chosen == random_frames(ALL, SHOT, 5, 0)).all()
    assert len({tuple(random_frames(ALL, SHOT, 5, seed).tolist()) for seed in range(8)}) > 1


def test_otsu_parts_two_groups_of_grey() -> None:
    values = np.array([[0.1, 0.12, 0.15], [0.7, 0.8, 0.14]], np.float32)
    assert otsu(values).tolist() == [[0, 0, 0], [1, 1, 0]]


def test_otsu_agrees_with_opencv_on_noise() -> None:
    cv2 = pytest.importorskip("cv2")
    grey = np.random.default_rng(0).integers(0, 256, (40, 50)).astype(np.uint8) // 3
    grey[10:20, 10:30] += 150
    _, theirs = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    assert (otsu(grey.astype(np.float32) / 255) == theirs).all()


def test_a_constant_map_is_empty_for_otsu() -> None:
    assert otsu(np.full((3, 3), 0.4, np.float32)).max() == 0
