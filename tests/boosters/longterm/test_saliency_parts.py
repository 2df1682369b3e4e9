"""What of a map belongs to salient proposals."""

from __future__ import annotations

import numpy as np

from vsodboost.boosters.longterm.saliency import mined_part


def two_squares() -> np.ndarray:
    picture = np.zeros((60, 100), np.float32)
    picture[10:40, 10:40] = 0.9
    picture[10:40, 60:90] = 0.8
    return picture


def test_a_component_stays_whole_though_a_proposal_shows_a_part_of_it() -> None:
    kept = mined_part(two_squares(), [(30, 30, 40, 40)])
    np.testing.assert_allclose(kept[11:39, 11:39], 0.9, atol=0.02)
    assert kept[:, 55:].max() == 0


def test_a_corner_does_not_make_a_component_salient() -> None:
    # The window holds 100 px, of which 4 are the component's.
    assert mined_part(two_squares(), [(38, 38, 48, 48)]).max() == 0


def test_soft_edges_stay() -> None:
    picture = two_squares()
    picture[10:40, 40:42] = 0.2
    kept = mined_part(picture, [(10, 10, 40, 40)])
    assert kept[25, 40] > 0.15


def test_no_window_keeps_nothing_and_an_empty_map_stays_empty() -> None:
    assert mined_part(two_squares(), []).max() == 0
    assert mined_part(np.zeros((5, 5), np.float32), [(0, 0, 5, 5)]).max() == 0
