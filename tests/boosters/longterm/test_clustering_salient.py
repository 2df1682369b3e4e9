"""Salient clusters, Eq. 2 to 4 of LIMVSOD, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.boosters.longterm.clustering import cluster_motion, salient_clusters


def test_eq_4_is_the_mean_motion_value_of_a_clusters_proposals() -> None:
    motion = np.array([0.2, 0.4, 0.9, 0.1], np.float32)
    means = cluster_motion(motion, np.array([0, 0, 1, 2]), 3)
    np.testing.assert_allclose(means, [0.3, 0.9, 0.1], atol=1e-7)


def test_eq_2_and_3_stop_before_the_steepest_fall() -> None:
    # Descending: .9 .8 .3 .2 ...; falls -.1 -.5 -.1: the steepest follows the second.
    means = np.array([0.3, 0.9, 0.2, 0.8, 0.1, 0.1, 0.05, 0.0])
    assert salient_clusters(means).tolist() == [1, 3]


def test_fewer_than_half_the_clusters_are_salient() -> None:
    # The steepest fall of all follows the fifth; with K = 8 only the first three places count.
    means = np.array([0.9, 0.85, 0.83, 0.75, 0.7, 0.1, 0.05, 0.0])
    # Falls: -.05 -.02 -.08: the third of them.
    assert salient_clusters(means).tolist() == [0, 1, 2]


@pytest.mark.parametrize(("count", "most"), [(10, 4), (8, 3), (6, 2), (5, 1), (4, 1)])
def test_nu_is_below_half_of_k(count: int, most: int) -> None:
    means = 1 - np.arange(count) ** 2 / count**2  # falls ever faster: as many as may be
    assert len(salient_clusters(means)) == most


def test_of_equal_falls_the_first_counts() -> None:
    assert salient_clusters(np.array([0.8, 0.6, 0.4, 0.2, 0.1, 0.1, 0.1, 0.1])).tolist() == [0]


@pytest.mark.parametrize("rule", ["gradient", "ratio", "steepest"])
def test_all_zero_motion_has_no_salient_cluster(rule: str) -> None:
    assert salient_clusters(np.zeros(8), rule).tolist() == []  # type: ignore[arg-type]


@pytest.mark.parametrize("rule", ["gradient", "ratio", "steepest"])
def test_a_cluster_without_motion_is_never_salient(rule: str) -> None:
    assert salient_clusters(np.array([0.0, 0.3, 0, 0, 0, 0, 0, 0]), rule).tolist() == [1]  # type: ignore[arg-type]


def test_one_cluster_is_salient_if_it_moves() -> None:
    assert salient_clusters(np.array([0.4])).tolist() == [0]
    assert salient_clusters(np.array([0.0])).tolist() == []


def test_two_or_three_clusters_have_one_salient() -> None:
    assert salient_clusters(np.array([0.1, 0.4])).tolist() == [1]
    assert salient_clusters(np.array([0.5, 0.1, 0.49])).tolist() == [0]


def test_the_scripts_rule_goes_on_while_a_mean_is_over_half_of_the_one_before() -> None:
    means = np.array([0.3, 0.9, 0.5, 0.14, 0.0])
    # .9 / .5 = 1.8, .5 / .3 = 1.67, .3 / .14 = 2.14: stop; there is no cap.
    assert salient_clusters(means, "ratio").tolist() == [1, 2, 0]
    assert salient_clusters(np.array([0.8, 0.4]), "ratio").tolist() == [0]  # exactly half is not over half


def test_ours_finds_the_steepest_fall_of_all_and_caps_the_number_then() -> None:
    alike = np.array([0.9, 0.89, 0.88, 0.88, 0.87, 0.1, 0.05, 0.0])
    assert salient_clusters(alike).tolist() == [0]
    assert salient_clusters(alike, "steepest").tolist() == [0, 1, 2]
    early = np.array([0.3, 0.9, 0.2, 0.8, 0.1, 0.1, 0.05, 0.0])
    assert salient_clusters(early, "steepest").tolist() == [1, 3]
