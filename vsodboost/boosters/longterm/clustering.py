"""Proposals in clusters, and which of these are salient (LIMVSOD, Sec. III-B)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.settings import SalientRule

RESTARTS = 4
ITERATIONS = 50
TOLERANCE = 1e-4
"""A run ends when the centres move by less than this share of the features' spread."""


@dataclass(frozen=True)
class Clusters:
    """``labels`` int64[N] in [0, K), ``centres`` float32[K, D]: mean features, AP of Eq. 10. No cluster is empty."""

    labels: NDArray[np.int64]
    centres: NDArray[np.float32]

    @property
    def count(self) -> int:
        """K, which is less than was asked for where there are fewer different features."""
        return len(self.centres)

    def distances(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """SIM of Eq. 10: the L2 distance ``float32[N]`` of each feature ``float32[N, D]`` to its cluster's mean."""
        return np.asarray(np.linalg.norm(features - self.centres[self.labels], axis=1), np.float32)


def k_means(features: NDArray[np.float32], count: int, seed: int = 0) -> Clusters:
    """Cluster features ``float32[N, D]`` into at most ``count`` clusters by L2 distance (Lloyd's, k-means++ seeding).

    The best of four seeded runs; the same input and seed give the same answer. Fewer different features than ``count``
    give as many clusters as there are different ones (identical features: one). Clusters are numbered by their first
    member.

    Raises:
        ValueError: no features, or ``count`` < 1.
    """
    if len(features) == 0 or count < 1:
        raise ValueError(f"cannot form {count} clusters of {len(features)} features")
    points = np.ascontiguousarray(features, np.float64)
    shift = points.mean(axis=0)
    points = points - shift  # smaller numbers: the distances below are differences of squares
    squares = np.einsum("nd,nd->n", points, points)
    rng = np.random.default_rng(seed)
    best: tuple[float, NDArray[np.int64]] | None = None
    for _ in range(RESTARTS):
        spread, labels = _lloyd(points, squares, _seeds(points, squares, count, rng))
        if best is None or spread < best[0] * (1 - 1e-9):
            best = spread, labels
    assert best is not None
    labels = _renumbered(best[1])
    centres = np.stack([points[labels == k].mean(axis=0) for k in range(int(labels.max()) + 1)]) + shift
    return Clusters(labels, centres.astype(np.float32))


def _squared_distances(
    points: NDArray[np.float64], squares: NDArray[np.float64], centres: NDArray[np.float64]
) -> NDArray[np.float64]:
    norms = np.einsum("kd,kd->k", centres, centres)
    return np.asarray(np.maximum(squares[:, None] - 2 * (points @ centres.T) + norms, 0))


def _seeds(
    points: NDArray[np.float64], squares: NDArray[np.float64], count: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """k-means++: each further centre is drawn by its squared distance to those there are; stops when none is apart."""
    chosen = [int(rng.integers(len(points)))]
    nearest = _squared_distances(points, squares, points[chosen])[:, 0]
    noise = 1e-12 * max(float(squares.max()), 1e-30)
    while len(chosen) < count:
        nearest[nearest <= noise] = 0
        total = float(nearest.sum())
        if total <= 0:
            break
        place = int(np.searchsorted(np.cumsum(nearest), rng.random() * total, side="right"))
        chosen.append(min(place, len(points) - 1))
        nearest = np.minimum(nearest, _squared_distances(points, squares, points[chosen[-1:]])[:, 0])
    return points[chosen].copy()


def _lloyd(
    points: NDArray[np.float64], squares: NDArray[np.float64], centres: NDArray[np.float64]
) -> tuple[float, NDArray[np.int64]]:
    tolerance = TOLERANCE**2 * max(float(squares.mean()), 1e-30)
    labels = np.zeros(len(points), np.int64)
    for _ in range(ITERATIONS):
        distances = _squared_distances(points, squares, centres)
        labels = distances.argmin(axis=1)
        moved = centres.copy()
        for k in range(len(centres)):
            members = labels == k
            if members.any():  # an emptied cluster keeps its centre; it may win members back
                moved[k] = points[members].mean(axis=0)
        step = float(np.square(moved - centres).sum(axis=1).max())
        centres = moved
        if step <= tolerance:
            break
    distances = _squared_distances(points, squares, centres)
    labels = distances.argmin(axis=1)
    return float(distances[np.arange(len(points)), labels].sum()), labels


def _renumbered(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Labels numbered by first appearance, emptied clusters left out."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[inverse.ravel()], np.int64)


RATIO = 2.0


def cluster_motion(motion: NDArray[np.float32], labels: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """``ams`` of Eq. 4: the mean motion value of each cluster's proposals, ``float64[K]``."""
    members = np.bincount(labels, minlength=count)
    totals = np.bincount(labels, weights=motion, minlength=count)
    return np.asarray(totals / np.maximum(members, 1))


def salient_clusters(means: NDArray[np.float64], rule: SalientRule = "gradient") -> NDArray[np.int64]:
    """The salient clusters, the one of the highest mean motion value first: ``int64[ν]``.

    ``gradient`` is the paper's: sort the means in descending order (Eq. 3); ν is the place after which they fall most
    (Eq. 2), with ν < ⌊K / 2⌋; of equal falls the first counts. ``ratio`` is the script's: go down while a mean is more
    than half of the one before; zeros are skipped and nothing caps ν. ``steepest`` is ours: the steepest fall of all
    places counts, and ν is capped afterwards. (Where one object makes five alike clusters, the paper's rule cuts at
    the largest of the chance differences between the first three.)

    Defined beyond the paper: a cluster without motion is never salient, so all-zero motion gives none; fewer than four
    clusters leave ν < ⌊K / 2⌋ no place, then the first cluster alone is salient.
    """
    order = np.argsort(-means, kind="stable")
    descending = means[order]
    moving = int((descending > 0).sum())
    if moving == 0:
        return np.zeros(0, np.int64)
    if rule == "ratio":
        kept = 1
        while kept < moving and descending[kept - 1] / descending[kept] < RATIO:
            kept += 1
        return order[:kept]
    most = max(len(means) // 2 - 1, 1)
    falls = np.diff(descending)  # ∇: falls[i - 1] is what follows the i-th place
    if rule == "gradient":
        falls = falls[:most]
    count = int(falls.argmin()) + 1 if len(falls) else 1
    return order[: min(count, most, moving)]
