"""K-means: Eq. 1, and the means and distances of Eq. 10."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.boosters.longterm.clustering import k_means


def test_two_groups_by_hand_and_eq_10() -> None:
    features = np.array([[0, 0], [0, 2], [10, 0], [10, 4]], np.float32)
    clusters = k_means(features, 2)
    assert clusters.labels.tolist() == [0, 0, 1, 1]
    assert clusters.centres.tolist() == [[0, 1], [10, 2]]
    assert clusters.distances(features).tolist() == [1, 1, 2, 2]


def test_eight_separate_groups_are_found_whatever_the_seed() -> None:
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(8, 5)) * 20
    features = (centres[:, None] + rng.normal(size=(8, 30, 5))).reshape(-1, 5).astype(np.float32)
    for seed in range(3):
        clusters = k_means(features, 8, seed)
        assert clusters.labels.tolist() == np.repeat(np.arange(8), 30).tolist()


def test_the_result_is_a_fixed_point() -> None:
    features = np.random.default_rng(1).normal(size=(200, 4)).astype(np.float32)
    clusters = k_means(features, 6)
    apart = np.linalg.norm(features[:, None] - clusters.centres, axis=2)
    assert (apart.argmin(axis=1) == clusters.labels).mean() > 0.98
    for k in range(clusters.count):
        np.testing.assert_allclose(clusters.centres[k], features[clusters.labels == k].mean(axis=0), atol=1e-5)


def test_the_same_seed_gives_the_same_clusters() -> None:
    features = np.random.default_rng(2).normal(size=(300, 6)).astype(np.float32)
    first, second = k_means(features, 8, 5), k_means(features.copy(), 8, 5)
    assert (first.labels == second.labels).all()
    assert (first.centres == second.centres).all()


def test_identical_features_are_one_cluster() -> None:
    clusters = k_means(np.full((7, 3), 0.3, np.float32), 8)
    assert clusters.count == 1
    assert clusters.labels.tolist() == [0] * 7
    assert clusters.distances(np.full((7, 3), 0.3, np.float32)).max() < 1e-6


def test_fewer_different_features_than_clusters() -> None:
    features = np.array([[1.0], [5.0], [1.0], [9.0], [5.0]], np.float32)
    clusters = k_means(features, 8)
    assert clusters.labels.tolist() == [0, 1, 0, 2, 1]


def test_one_cluster_and_one_feature() -> None:
    assert k_means(np.array([[1.0], [3.0]], np.float32), 1).centres.tolist() == [[2.0]]
    assert k_means(np.array([[1.0, 2.0]], np.float32), 8).labels.tolist() == [0]


def test_a_large_offset_does_not_hide_the_clusters() -> None:
    features = np.array([[1000.0], [1000.1], [1001.0], [1001.1]], np.float32)
    assert k_means(features, 2).labels.tolist() == [0, 0, 1, 1]


def test_nothing_cannot_be_clustered() -> None:
    with pytest.raises(ValueError, match="0 features"):
        k_means(np.zeros((0, 3), np.float32), 8)
    with pytest.raises(ValueError, match="0 clusters"):
        k_means(np.ones((2, 3), np.float32), 0)
