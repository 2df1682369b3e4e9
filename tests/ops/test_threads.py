"""Work in threads, in order."""

from __future__ import annotations

import threading

import pytest

from vsodboost.ops.threads import mapped, threads_for


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_order(threads: int) -> None:
    assert list(mapped(lambda x: x * x, range(20), threads)) == [x * x for x in range(20)]


def test_several_work_at_a_time() -> None:
    together = threading.Barrier(2, timeout=10)  # broken, if one waits for the other's end
    assert sorted(mapped(lambda _: together.wait(), range(4), 2)) == [0, 0, 1, 1]


def test_little_is_begun_before_it_is_asked_for() -> None:
    begun: list[int] = []

    def items() -> object:
        for n in range(100):
            begun.append(n)
            yield n

    results = mapped(lambda x: x, items(), 2)  # type: ignore[arg-type, var-annotated]
    assert next(results) == 0 and len(begun) <= 3
    results.close()  # type: ignore[attr-defined]
    assert len(begun) <= 3


def test_what_fails_is_raised_in_its_place_and_ends_the_work() -> None:
    done: list[int] = []

    def work(n: int) -> int:
        if n == 5:
            raise ValueError("the fifth")
        done.append(n)
        return n

    seen = []
    with pytest.raises(ValueError, match="the fifth"):
        for n in mapped(work, range(100), 2):
            seen.append(n)
    assert seen == [0, 1, 2, 3, 4] and len(done) < 20


def test_large_pictures_are_worked_on_one_at_a_time() -> None:
    assert threads_for((2160, 3840)) == 1 <= threads_for((480, 854)) <= 4
