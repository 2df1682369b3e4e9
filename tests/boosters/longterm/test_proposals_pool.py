"""The pool of a video's proposals."""

from __future__ import annotations

import numpy as np

from vsodboost.boosters.longterm.proposals import ProposalPool, ProposalPoolBuilder
from vsodboost.data.types import Proposals


def test_an_empty_pool_is_nothing() -> None:
    builder = ProposalPoolBuilder()
    assert builder.build() is None
    builder.add(
        0,
        Proposals(np.zeros((0, 4), np.float32), np.zeros(0, np.float32)),
        np.zeros(0, np.float32),
        np.zeros((0, 2), np.float32),
    )
    assert builder.build() is None


def test_rows_of_some_frames(pool: ProposalPool) -> None:
    assert pool.rows(3, 2).tolist() == [6, 7, 8, 9]
    assert pool.rows(19, 100).tolist() == [38, 39]
    assert pool.rows(20, 1).tolist() == []
