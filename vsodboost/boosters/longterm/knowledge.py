"""What is known of a video once all of it was seen: clusters, and which proposals are salient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.clustering import Clusters, k_means
from vsodboost.boosters.longterm.mining import Classifier, MiningRules, ProposalLabels, mine
from vsodboost.boosters.longterm.pool import ProposalPool
from vsodboost.boosters.longterm.salient_clusters import cluster_motion, salient_clusters
from vsodboost.boosters.longterm.settings import LongtermSettings
from vsodboost.boosters.longterm.trusted import Partition


@dataclass(frozen=True)
class MinedProposals:
    """The ``pool`` of N proposals, its ``clusters``, their mean motion ``cluster_motion`` float64[K] (Eq. 4), which of
    them are ``salient`` int64[ν] (Eq. 2), and the ``labels`` on every proposal."""

    pool: ProposalPool
    clusters: Clusters
    cluster_motion: NDArray[np.float64]
    salient: NDArray[np.int64]
    labels: ProposalLabels


def learn_about(
    pool: ProposalPool, settings: LongtermSettings, *, seed: int = 0, device: str = "cpu"
) -> MinedProposals:
    """Cluster the pool, find the salient clusters and mine (Algorithm 1 of paper 000, lines 5 to 10)."""
    clusters = k_means(pool.features, settings.clusters, seed)
    means = cluster_motion(pool.motion, clusters.labels, clusters.count)
    salient = salient_clusters(means, settings.salient_clusters)
    partition = Partition(
        features=pool.features,
        clusters=clusters,
        distance=clusters.distances(pool.features),
        motion=pool.motion,
        salient=np.isin(clusters.labels, salient),
    )
    rounds = 0 if settings.classifier == "none" else settings.rounds
    rules = MiningRules(settings.trust, settings.growth, settings.share, rounds)
    return MinedProposals(
        pool, clusters, means, salient, mine(partition, _classifier(pool, settings, seed, device), rules)
    )


def _classifier(pool: ProposalPool, settings: LongtermSettings, seed: int, device: str) -> Classifier:
    if settings.classifier == "crops":
        from vsodboost.boosters.longterm.crop_classifier import CropClassifier

        assert pool.crops is not None and settings.classifier_weights is not None
        return CropClassifier(pool.crops, settings.classifier_weights, seed=seed, device=device)
    from vsodboost.boosters.longterm.classifier import FeatureClassifier

    return FeatureClassifier(pool.features, pool.mirrored, seed=seed, device=device)
