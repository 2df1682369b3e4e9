"""How long it will take yet: a run with known costs, played without waiting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vsodboost.pipeline.estimate import SEEING, STAGES, STEP, USUAL, Estimate

QUICK = {"read": 0.01, "perceive": 0.05, "target": 0.3, "fuse": 0.2, "predict": 0.2, "decide": 0.05, "write": 0.1}


def played(costs: dict[str, float], tune: float, buffers: int, length: int = 50, passes: int = 1) -> Iterator[tuple]:
    """Play a video of ``buffers``, each stage in tenths; yield the clock, the estimate and the time that truly passed
    of all. ``costs`` are seconds a frame, ``tune`` seconds a buffer."""
    estimate = Estimate(buffers * length, buffers, passes=passes)
    cycles = [SEEING] * buffers * (passes - 1) * (buffers > 1) + [STAGES] * buffers
    whole = sum(tune if s == "tune" else costs.get(s, 0) * length for stages in cycles for s in stages)
    now = 100.0
    for stages in cycles:
        for stage in stages:
            seconds = tune if stage == "tune" else costs.get(stage, 0) * length
            estimate.begins(stage, now)
            for tenth in range(10):
                if stage == "tune":
                    estimate.reaches(tenth / 10, now)
                yield now - 100, estimate, now, whole
                now += seconds / 10
            estimate.ends(stage, seconds)
        if stages is STAGES:
            estimate.done += length


ODD = {"read": 0.01, "perceive": 0.12, "target": 0.1, "fuse": 0.06, "predict": 0.07, "decide": 0.05, "write": 0.07}


@pytest.mark.parametrize(
    ("costs", "tune", "buffers", "passes"),
    [
        (USUAL, 32.0, 1, 1),
        ({stage: 5 * cost for stage, cost in USUAL.items()}, 160.0, 1, 1),  # a slow machine
        (ODD, 29.0, 1, 1),
        (ODD, 40.0, 1, 1),
        (QUICK, 30.0, 3, 1),  # costs far from the usual are known after the first buffer
        (QUICK, 90.0, 3, 1),
        (QUICK, 60.0, 3, 2),
    ],
)
def test_from_the_first_third_on_it_is_right_within_30_percent(
    costs: dict[str, float], tune: float, buffers: int, passes: int
) -> None:
    wrong = []
    for gone, estimate, now, whole in played(costs, tune, buffers, passes=passes):
        left = whole - gone
        if gone > whole / 3 and left > 0.05 * whole:
            wrong.append(abs(estimate.remaining(now) - left) / left)
    assert sorted(wrong)[int(0.9 * len(wrong))] < 0.3


def test_a_slower_machine_gets_the_same_share() -> None:
    slow = {stage: 7 * cost for stage, cost in QUICK.items()}
    for costs, tune in ((QUICK, 60.0), (slow, 420.0)):
        shares = [e.share_of_buffer(now) for _, e, now, _ in played(costs, tune, 1)]
        assert shares[0] < 0.05 and shares[-1] > 0.9
        middle = shares[len(shares) // 2]
        assert 0.1 < middle < 0.9


def test_what_was_said_to_be_done_is_not_taken_back() -> None:
    shares: dict[float, list[float]] = {}
    for _, estimate, now, _ in played({**QUICK, "write": 2.0}, 90.0, 3):  # the last stage takes far longer than usual
        shares.setdefault(estimate.done, []).append(estimate.share_of_buffer(now))
    assert len(shares) == 3 and all(told == sorted(told) for told in shares.values())


def test_a_run_that_goes_on_does_not_count_what_is_there() -> None:
    estimates = [Estimate(300, 3), Estimate(300, 3)]
    for estimate in estimates:
        for stage, seconds in (("read", 1.0), ("perceive", 8.0), ("target", 10.0)):
            estimate.begins(stage, 0.0)
            estimate.ends(stage, seconds)
    estimates[1].goes_on(200)
    whole, last = (estimate.remaining(19.0) for estimate in estimates)
    assert estimates[1].done == 200 and last < whole / 3


def test_what_is_written_costs_what_it_costs() -> None:
    few, many = Estimate(100, write=0.01), Estimate(100, write=1.0)
    for estimate in (few, many):
        for stage in ("read", "perceive"):
            estimate.begins(stage, 0.0)
            estimate.ends(stage, 100 * USUAL[stage])
    assert many.remaining(8.0) - few.remaining(8.0) == pytest.approx(99.0)


def test_the_time_left_falls_while_one_of_several_writers_takes_its_time() -> None:
    """Nothing is told between a share of .05 after a second and the end, nine seconds later than foreseen."""
    estimate = Estimate(20, write=1.0)
    for stage in ("read", "perceive", "decide"):
        estimate.begins(stage, 0.0)
        estimate.ends(stage, 20 * USUAL[stage])
    estimate._over.update(STAGES[:-1])
    estimate.begins("write", 10.0)
    estimate.reaches(0.05, 11.0)
    left = [estimate.remaining(10.0 + second) for second in range(1, 30)]
    assert left == sorted(left, reverse=True)
    assert left[0] == pytest.approx(19.0, rel=0.05) and 0 < left[-1] < 2


def test_what_is_not_learned_takes_no_time() -> None:
    quick, full = Estimate(10, learns=False), Estimate(10)
    for estimate in (quick, full):
        for stage in ("read", "perceive"):
            estimate.begins(stage, 0.0)
            estimate.ends(stage, 10 * USUAL[stage])
    rest = 10 * sum(cost for stage, cost in USUAL.items() if stage not in ("read", "perceive", "predict"))
    assert quick.remaining(1.0) == pytest.approx(rest)
    assert full.remaining(1.0) == pytest.approx(rest + 10 * USUAL["predict"] + 40 * STEP)


def test_nothing_is_known_before_something_was_measured() -> None:
    estimate = Estimate(100)
    estimate.begins("read", 0.0)
    assert not estimate.known
    estimate.ends("read", 1.0)
    estimate.begins("perceive", 1.0)
    estimate.ends("perceive", 8.0)
    assert estimate.known and estimate.remaining(9.0) > 0
    assert not Estimate(None).known
