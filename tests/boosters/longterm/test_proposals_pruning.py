"""Which proposals are kept."""

from __future__ import annotations

import numpy as np

from vsodboost.boosters.longterm.proposals import best, staged
from vsodboost.data.types import Proposals


def proposals(*rows: tuple[float, float, float, float, float]) -> Proposals:
    """Boxes and their scores."""
    values = np.array(rows, np.float32).reshape(-1, 5)
    return Proposals(values[:, :4], values[:, 4])


NONE = proposals()


def test_the_ten_best() -> None:
    many = proposals(*[(n, 0, n + 1, 1, n / 20) for n in range(15)])
    kept = best(many)
    assert kept.boxes[:, 0].tolist() == [14, 13, 12, 11, 10, 9, 8, 7, 6, 5]
    assert len(best(NONE)) == 0


def test_the_script_skips_a_frame_with_fewer_than_four() -> None:
    three = proposals(*[(20 * n, 0, 20 * n + 10, 10, 0.5) for n in range(3)])
    assert len(staged(three, NONE)) == 0
    assert len(staged(three, proposals((0, 50, 10, 60, 0.5)))) == 4


def test_the_script_drops_doubles_then_weak_neighbours_of_the_two_best() -> None:
    found = proposals(
        (0, 0, 100, 100, 0.9),  # the best
        (0, 0, 100, 95, 0.8),  # its double: IoU .95
        (50, 50, 150, 150, 0.17),  # touches the best, .17 <= .2 * .9: goes
        (90, 90, 200, 200, 0.5),  # touches it too, .5 > .18: stays, and is the second
        (180, 180, 260, 260, 0.09),  # touches the second only, .09 <= .1: goes
        (300, 300, 310, 310, 0.02),  # alone: stays, however weak
    )
    kept = staged(found, NONE)
    np.testing.assert_allclose(kept.scores, [0.9, 0.5, 0.02], atol=1e-6)


def test_the_script_takes_three_of_the_flow_image() -> None:
    apart = proposals(*[(20 * n, 0, 20 * n + 10, 10, 0.5) for n in range(12)])
    flow = proposals(*[(20 * n, 50, 20 * n + 10, 60, 0.1 + n / 100) for n in range(5)])
    kept = staged(apart, flow)
    assert len(kept) == 13
    assert sorted(kept.boxes[kept.boxes[:, 1] == 50][:, 0].tolist()) == [40, 60, 80]
