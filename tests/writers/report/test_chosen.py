"""Which frames are shown in full."""

from __future__ import annotations

from vsodboost.writers.report.chosen import APART, Chosen, Extremes, Spread


def test_the_largest_scores_that_lie_apart_are_kept() -> None:
    pool = Extremes(2)
    for frame, score in enumerate([0, 5, 6, *[0] * 20, 3, *[0] * 20, 4]):
        pool.offer(frame, score)
    assert pool.best_first() == [2, 44]  # 1 lies next to 2, and 3 < 4
    pool.offer(44 + APART, 9)
    assert pool.best_first() == [44 + APART, 2]


def test_a_spread_is_even_however_long_the_video_is() -> None:
    spread = Spread(4)
    for frame in range(1000):
        spread.offer(frame)
    steps = {b - a for a, b in zip(spread.frames, spread.frames[1:], strict=False)}
    assert 4 <= len(spread.frames) < 8 and steps == {spread.every} and spread.frames[0] == 0
    assert spread.evenly(3) == [0, spread.frames[len(spread.frames) // 2], spread.frames[-1]]
    assert Spread(4, frames=[0, 1]).evenly(5) == [0, 1]


def test_a_frame_is_shown_once_for_its_first_reason_and_the_most_telling_come_first() -> None:
    chosen = Chosen()
    for frame in range(100):
        low = frame == 50
        chosen.offer(frame, trust=0.1 if low else 0.9, change=1.0 if low else 0.0, quality=0.5, mined=frame in (10, 90))
        assert len(chosen.candidates()) <= 18
    reasons = chosen.reasons()
    assert next(iter(reasons.items())) == (50, "least trust")
    assert set(reasons) <= chosen.candidates() and len(reasons) <= 13
    assert {reasons[10], reasons[90]} <= {"learned from", "least trust", "largest change"}
