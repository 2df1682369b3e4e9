"""Work on pictures in threads, a few ahead: OpenCV, which does it, lets other threads of Python run meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

MOST = 4
PIXELS = 4 * 1920 * 1080
"""Of the pictures that are worked on at a time: each may take some hundred bytes a pixel meanwhile."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def threads_for(size: tuple[int, int]) -> int:
    """Return how many threads may work on pictures of ``size`` (H, W) at a time: at most as many as torch has."""
    import torch  # here: reports and the studio load writers and need no torch

    return max(1, min(torch.get_num_threads(), MOST, PIXELS // (size[0] * size[1])))


def mapped(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """Yield what ``work`` makes of each of ``items``, in their order.

    So many ``threads`` work, each on the next item, and no more results than that wait to be taken. What ``work``
    raises is raised where its result was due; nothing is begun after that. One thread is the caller's own.
    """
    if threads < 2:
        yield from map(work, items)
        return
    due: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                due.append(pool.submit(work, item))
                if len(due) > threads:
                    yield due.popleft().result()
            while due:
                yield due.popleft().result()
        finally:
            for waiting in due:
                waiting.cancel()


def each(work: Callable[[Item], object], items: Iterable[Item], threads: int) -> None:
    """Call ``work`` with each of ``items``, as ``mapped`` does."""
    for _ in mapped(work, items, threads):
        pass
