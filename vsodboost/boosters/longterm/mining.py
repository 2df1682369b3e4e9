"""Mining salient proposals from easy to hard: Sec. III-F of paper 000."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.rules import GrowthRule, TrustRule
from vsodboost.boosters.longterm.trusted import Partition, trusted, trusted_by_means

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
