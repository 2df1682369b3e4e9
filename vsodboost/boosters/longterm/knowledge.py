"""What is known of a video once all of it was seen: clusters, and which proposals are salient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.clustering import Clusters, k_means
from vsodboost.boosters.longterm.heap import Heap
from vsodboost.boosters.longterm.mining import Classifier, MiningRules, Verdict, mine
from vsodboost.boosters.longterm.salient_clusters import cluster_motion, salient_clusters
from vsodboost.boosters.longterm.settings import LongtermSettings
from vsodboost.boosters.longterm.trusted import Partition


@dataclass(frozen=True)
class Knowledge:
    """The ``heap`` of N proposals, its ``clusters``, their mean motion ``cluster_motion`` float64[K] (Eq. 4), which of
    them are ``salient`` int64[ν] (Eq. 2), and the ``verdict`` on every proposal."""

    heap: Heap
    clusters: Clusters
    cluster_motion: NDArray[np.float64]
    salient: NDArray[np.int64]
    verdict: Verdict


def learn_about(heap: Heap, settings: LongtermSettings, *, seed: int = 0, device: str = "cpu") -> Knowledge:
    """Cluster the heap, find the salient clusters and mine (Algorithm 1 of paper 000, lines 5 to 10)."""
    clusters = k_means(heap.features, settings.clusters, seed)
    means = cluster_motion(heap.motion, clusters.labels, clusters.count)
    salient = salient_clusters(means, settings.salient_clusters)
    partition = Partition(
        features=heap.features,
        clusters=clusters,
        distance=clusters.distances(heap.features),
        motion=heap.motion,
        salient=np.isin(clusters.labels, salient),
    )
    rounds = 0 if settings.classifier == "none" else settings.rounds
    rules = MiningRules(settings.trust, settings.growth, settings.share, rounds)
    return Knowledge(heap, clusters, means, salient, mine(partition, _classifier(heap, settings, seed, device), rules))


def _classifier(heap: Heap, settings: LongtermSettings, seed: int, device: str) -> Classifier:
    if settings.classifier == "crops":
        from vsodboost.boosters.longterm.crop_classifier import CropClassifier

        assert heap.crops is not None and settings.classifier_weights is not None
        return CropClassifier(heap.crops, settings.classifier_weights, seed=seed, device=device)
    from vsodboost.boosters.longterm.classifier import FeatureClassifier

    return FeatureClassifier(heap.features, heap.mirrored, seed=seed, device=device)
