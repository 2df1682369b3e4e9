"""The trustworthy proposals, Eq. 10 to 18 of LIMVSOD, by hand."""

from __future__ import annotations

import numpy as np

from vsodboost.boosters.longterm.clustering import Clusters
from vsodboost.boosters.longterm.mining import Partition, cut_off, trusted, trusted_by_means


def partition(features: list[float], labels: list[int], motion: list[float], salient: tuple[int, ...]) -> Partition:
    """One-dimensional features, already clustered."""
    values, groups = np.array(features, np.float32)[:, None], np.array(labels)
    centres = np.stack([values[groups == k].mean(axis=0) for k in range(max(labels) + 1)])
    clusters = Clusters(groups, centres)
    return Partition(
        values, clusters, clusters.distances(values), np.array(motion, np.float32), np.isin(groups, salient)
    )


def test_eq_13_cuts_before_the_greatest_step_beyond_xi() -> None:
    # g = 10, so 6 <= j < 10. Steps after places 6 to 9: 1, 5, 1, 2. The one after the second place does not count.
    distances = np.array([0, 1, 50, 51, 52, 53, 54, 59, 60, 62], np.float32)
    assert cut_off(distances) == 7


def test_xi_is_rounded_up_to_a_whole_place() -> None:
    # g = 4: 2.4 <= j < 4 leaves j = 3 alone, although the greatest step follows the second place.
    assert cut_off(np.array([0, 1, 90, 91], np.float32)) == 3
    # g = 5: 3 <= j < 5.
    assert cut_off(np.array([0, 1, 2, 30, 31], np.float32)) == 3
    assert cut_off(np.array([0, 1, 2, 3, 31], np.float32)) == 4


def test_eq_15_cuts_a_descending_list_where_it_falls_most() -> None:
    assert cut_off(np.array([9, 8.5, 8, 7.9, 7.8, 7.7, 7.6, 2, 1, 0], np.float32)) == 7


def test_nothing_is_cut_where_nothing_changes_or_no_place_is_left() -> None:
    assert cut_off(np.zeros(10, np.float32)) == 10
    assert cut_off(np.array([0, 1, 2, 3, 4, 5, 5, 5, 5, 5], np.float32)) == 10
    assert [cut_off(np.arange(g, dtype=np.float32)) for g in (0, 1, 2)] == [0, 1, 2]
    assert cut_off(np.arange(3, dtype=np.float32)) == 2


def test_eq_17_and_18_intersect_the_two_rankings() -> None:
    # Cluster 0, salient: mean feature 2. Distances 0 1 1 2 ... by construction below.
    # features      2    1    3    0    4        distance 0 1 1 2 2
    # motion       .9   .8   .1   .7   .75
    # By distance: rows 0 1 2 | 3 4 (the step of 1 follows the third place): alpha = 3 keeps 0, 1, 2.
    # By motion, descending: .9 .8 .75 .7 | .1: the greatest fall follows the fourth: beta = 4 keeps 0, 1, 4, 3.
    # Both: 0, 1.
    # Cluster 1, not salient: mean feature 12. By distance again 5 6 7 | 8 9; by motion, ascending:
    # .0 .05 .1 .15 | .9, which is row 6: beta keeps 5, 7, 8, 9. Both: 5, 7.
    known = partition(
        [2, 1, 3, 0, 4, 12, 11, 13, 10, 14],
        [0] * 5 + [1] * 5,
        [0.9, 0.8, 0.1, 0.7, 0.75, 0.0, 0.9, 0.05, 0.1, 0.15],
        salient=(0,),
    )
    positive, negative = trusted(known)
    assert np.flatnonzero(positive).tolist() == [0, 1]
    assert np.flatnonzero(negative).tolist() == [5, 7]


def test_identical_features_and_motion_are_all_trusted() -> None:
    known = partition([1] * 6, [0] * 6, [0.5] * 6, salient=(0,))
    positive, negative = trusted(known)
    assert positive.all()
    assert not negative.any()


def test_the_scripts_means_in_sequence() -> None:
    # Class 1: motion .9 .8 .2 .7, mean .65: rows 0, 1, 3 stay. Their mean feature is 4; squares 16 16 64, mean 32;
    # twice that keeps all, once keeps rows 0 and 1.
    known = partition([0, 0, 5, 12, 7, 7], [0, 0, 0, 0, 1, 1], [0.9, 0.8, 0.2, 0.7, 0.1, 0.3], salient=(0,))
    wide = trusted_by_means(known, known.salient, salient=True, reach=2.0)
    narrow = trusted_by_means(known, known.salient, salient=True, reach=1.0)
    assert np.flatnonzero(wide).tolist() == [0, 1, 3]
    assert np.flatnonzero(narrow).tolist() == [0, 1]
    # Class 0: motion .1 .3, mean .2: the first stays, and is its own mean.
    positive, negative = trusted(known, "means")
    assert (positive == wide).all()
    assert np.flatnonzero(negative).tolist() == [4]


def test_the_scripts_means_of_nothing() -> None:
    known = partition([1, 2], [0, 0], [0.5, 0.5], salient=())
    assert not trusted_by_means(known, known.salient, salient=True, reach=2.0).any()
    # Nothing of a salient class lies above a mean that all share.
    assert not trusted_by_means(known, ~known.salient, salient=True, reach=2.0).any()
    assert trusted_by_means(known, ~known.salient, salient=False, reach=2.0).all()
