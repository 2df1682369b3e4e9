"""The trustworthy proposals that the first classifier learns from: Eq. 10 to 18 of paper 000, and the script's rule."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.clustering import Clusters
from vsodboost.boosters.longterm.rules import TrustRule

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
