"""From easy to hard: trusted proposals teach a classifier, which settles more of them (LIMVSOD, Algorithm 1)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.clustering import Clusters, cluster_motion, k_means, salient_clusters
from vsodboost.boosters.longterm.proposals import ProposalPool
from vsodboost.boosters.longterm.settings import GrowthRule, LongtermSettings, TrustRule

LOWER_BOUND = 0.6
"""ξ: at least this share of a cluster is kept by each ranking."""


@dataclass(frozen=True)
class Partition:
    """What is known of N proposals after clustering: ``features`` float32[N, D], their ``clusters``, ``distance``
    float32[N] to the cluster's mean (SIM, Eq. 10), ``motion`` float32[N] (PMS, Eq. 8), and which are in a ``salient``
    cluster, bool[N]."""

    features: NDArray[np.float32]
    clusters: Clusters
    distance: NDArray[np.float32]
    motion: NDArray[np.float32]
    salient: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.distance)


def cut_off(ordered: NDArray[np.float32], bound: float = LOWER_BOUND) -> int:
    """α or β of Eq. 13 to 16: how many of the g ``ordered`` values to keep.

    The cut is made where the values change most between the j-th and the next, ξ <= j < g with ξ = ``bound`` · g; of
    equal changes the first counts. The change is taken as a length: β+ ranks in descending order, and read literally
    Eq. 15 would cut that list where it is flattest.

    Defined beyond the paper: where nothing changes beyond ξ, or no place is left for j, all g are kept.
    """
    count = len(ordered)
    first = max(math.ceil(bound * count - 1e-9), 1)
    changes = np.abs(np.diff(ordered.astype(np.float64)))[first - 1 :]  # changes[i] lies between places first + i, + 1
    if len(changes) == 0 or changes.max() <= 0:
        return count
    return first + int(changes.argmax())


def trusted(partition: Partition, rule: TrustRule = "intersection") -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(Pos, Neg): which proposals teach that they are salient, and which that they are not, ``bool[N]`` each.

    ``intersection`` is the paper's, cluster by cluster: the top-α nearest to the cluster's mean that are also among the
    top-β by motion, the most moving of a salient cluster (Eq. 17), the least moving of another (Eq. 18). ``means`` is
    the script's, on the pooled classes (see ``trusted_by_means``).
    """
    if rule == "means":
        return (
            trusted_by_means(partition, partition.salient, salient=True, reach=2.0),
            trusted_by_means(partition, ~partition.salient, salient=False, reach=2.0),
        )
    kept = np.zeros(len(partition), bool)
    for k in range(partition.clusters.count):
        members = np.flatnonzero(partition.clusters.labels == k)
        if len(members) == 0:
            continue
        sign = -1 if partition.salient[members[0]] else 1
        kept[_intersection(members, partition.distance[members], sign * partition.motion[members])] = True
    return kept & partition.salient, kept & ~partition.salient


def _intersection(
    members: NDArray[np.int64], distance: NDArray[np.float32], motion: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Members that are among the top-α of ascending ``distance`` and the top-β of ascending ``motion``."""
    near = np.argsort(distance, kind="stable")
    best = np.argsort(motion, kind="stable")
    alpha, beta = cut_off(distance[near]), cut_off(motion[best])
    return members[np.intersect1d(near[:alpha], best[:beta])]


def trusted_by_means(
    partition: Partition, candidates: NDArray[np.bool_], *, salient: bool, reach: float
) -> NDArray[np.bool_]:
    """The script's filter of one pooled class, ``bool[N]``: first by motion, then by distance.

    Of the ``candidates``, a salient class keeps those above its mean motion value, the other those up to its mean; of
    the survivors stay those whose squared distance to the survivors' mean feature is at most ``reach`` times the mean
    of those squares.
    """
    if not candidates.any():
        return np.zeros(len(partition), bool)
    middle = float(partition.motion[candidates].mean(dtype=np.float64))
    kept = candidates & (partition.motion > middle if salient else partition.motion <= middle + 1e-9)
    if not kept.any():
        return kept
    features = partition.features.astype(np.float64)
    squared = np.square(features - features[kept].mean(axis=0)).sum(axis=1)
    return np.asarray(kept & (squared <= reach * float(squared[kept].mean()) * (1 + 1e-9)))


SALIENT, BACKGROUND, UNDECIDED = 1, 0, -1


class Classifier(Protocol):
    """The binary classifier of Sec. III-D; it knows all N proposals of the video."""

    def update(self, rows: NDArray[np.int64], salient: NDArray[np.bool_]) -> None:
        """Learn, or go on learning, from proposals ``rows`` int64[Q] and their labels bool[Q] (Eq. 9)."""
        ...

    def probabilities(self) -> NDArray[np.float32]:
        """How likely each proposal is salient, ``float32[N]`` in [0, 1]."""
        ...


@dataclass(frozen=True)
class MiningRules:
    """``share`` is γ, the part of the agreed proposals that each of ``rounds`` iterations adds."""

    trust: TrustRule = "intersection"
    growth: GrowthRule = "agree"
    share: float = 0.6
    rounds: int = 3


@dataclass(frozen=True)
class ProposalLabels:
    """What mining made of N proposals.

    ``label`` int8[N] is 1 (in Pos), 0 (in Neg) or -1 (undecided); ``iteration`` int8[N] the one that settled it (0 is
    the trusted start), -1 while undecided. ``probability`` float32[N] is the last classifier's, .5 where none could be
    trained. ``growth`` lists (|Pos|, |Neg|) after each iteration.
    """

    label: NDArray[np.int8]
    iteration: NDArray[np.int8]
    probability: NDArray[np.float32]
    growth: tuple[tuple[int, int], ...]


def mine(partition: Partition, classifier: Classifier, rules: MiningRules) -> ProposalLabels:
    """Start from the trusted proposals, train the classifier, and let both sets grow, ``rules.rounds`` times.

    Where one of the sets is empty there is nothing to tell apart, and where no rounds are wanted nobody asks: no
    classifier is trained and the start is the end.
    """
    positive, negative = trusted(partition, rules.trust)
    iteration = np.where(positive | negative, 0, -1).astype(np.int8)
    growth = [(int(positive.sum()), int(negative.sum()))]
    probability = np.full(len(partition), 0.5, np.float32)
    for turn in range(1, rules.rounds + 1):
        if not positive.any() or not negative.any():
            break
        rows = np.flatnonzero(positive | negative)
        classifier.update(rows, positive[rows])
        probability = classifier.probabilities()
        if rules.growth == "agree":
            more_positive, more_negative = agreed(partition, positive | negative, probability, rules.share)
            positive, negative = positive | more_positive, negative | more_negative
        else:
            positive = trusted_by_means(partition, probability > 0.5, salient=True, reach=1.0)
            negative = trusted_by_means(partition, probability <= 0.5, salient=False, reach=1.0)
        settled = positive | negative
        iteration = np.where(settled, np.where(iteration < 0, turn, iteration), -1).astype(np.int8)
        growth.append((int(positive.sum()), int(negative.sum())))
    if rules.rounds and positive.any() and negative.any():  # updated after the last growth too
        rows = np.flatnonzero(positive | negative)
        classifier.update(rows, positive[rows])
        probability = classifier.probabilities()
    label = np.where(positive, SALIENT, np.where(negative, BACKGROUND, UNDECIDED)).astype(np.int8)
    return ProposalLabels(label, iteration, probability, tuple(growth))


def agreed(
    partition: Partition, settled: NDArray[np.bool_], probability: NDArray[np.float32], share: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """What one iteration adds to Pos and to Neg, ``bool[N]`` each.

    Of the proposals not ``settled`` yet, those whose cluster and whose prediction say the same; of these the
    ⌈``share`` · n⌉ nearest to their cluster's mean.
    """
    open_ones = ~settled
    said_salient = probability > 0.5
    return (
        _nearest(partition.distance, open_ones & partition.salient & said_salient, share),
        _nearest(partition.distance, open_ones & ~partition.salient & ~said_salient, share),
    )


def _nearest(distance: NDArray[np.float32], candidates: NDArray[np.bool_], share: float) -> NDArray[np.bool_]:
    rows = np.flatnonzero(candidates)
    ranked = rows[np.argsort(distance[rows], kind="stable")]
    chosen = np.zeros(len(distance), bool)
    chosen[ranked[: math.ceil(share * len(ranked) - 1e-9)]] = True
    return chosen


@dataclass(frozen=True)
class MinedProposals:
    """The ``pool`` of N proposals, its ``clusters``, their mean motion ``cluster_motion`` float64[K] (Eq. 4), which of
    them are ``salient`` int64[ν] (Eq. 2), and the ``labels`` on every proposal."""

    pool: ProposalPool
    clusters: Clusters
    cluster_motion: NDArray[np.float64]
    salient: NDArray[np.int64]
    labels: ProposalLabels

    def checkpoint(self) -> dict[str, Any]:
        """Return it as plain values, without the features and pictures that only mining needs."""
        pool = replace(self.pool, features=self.pool.features[:0], mirrored=None, crops=None)
        return {**vars(self), "pool": vars(pool), "clusters": vars(self.clusters), "labels": vars(self.labels)}

    @classmethod
    def restored(cls, saved: dict[str, Any]) -> MinedProposals:
        """Return what ``checkpoint`` gave."""
        pool, clusters = ProposalPool(**saved["pool"]), Clusters(**saved["clusters"])
        labels = ProposalLabels(**saved["labels"])
        return cls(**{**saved, "pool": pool, "clusters": clusters, "labels": labels})


def learn_about(
    pool: ProposalPool, settings: LongtermSettings, *, seed: int = 0, device: str = "cpu"
) -> MinedProposals:
    """Cluster the pool, find the salient clusters and mine (Algorithm 1 of LIMVSOD, lines 5 to 10)."""
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
        from vsodboost.boosters.longterm.classifiers import CropClassifier

        assert pool.crops is not None and settings.classifier_weights is not None
        return CropClassifier(pool.crops, settings.classifier_weights, seed=seed, device=device)
    from vsodboost.boosters.longterm.classifiers import FeatureClassifier

    return FeatureClassifier(pool.features, pool.mirrored, seed=seed, device=device)
