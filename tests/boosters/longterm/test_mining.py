"""Mining from easy to hard, Sec. III-F of LIMVSOD, by hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.clustering import Clusters
from vsodboost.boosters.longterm.mining import MiningRules, Partition, agreed, mine


class Scripted:
    """A classifier that answers what was written down for it, one answer an update, and notes what it was trained
    on."""

    def __init__(self, *answers: list[float]) -> None:
        self.answers = [np.array(a, np.float32) for a in answers]
        self.trained_on: list[tuple[list[int], list[bool]]] = []

    def update(self, rows: NDArray[np.int64], salient: NDArray[np.bool_]) -> None:
        self.trained_on.append((rows.tolist(), salient.tolist()))

    def probabilities(self) -> NDArray[np.float32]:
        return self.answers[min(len(self.trained_on), len(self.answers)) - 1]


def ten() -> Partition:
    """A salient cluster (rows 0 to 4) and another (5 to 9), of which 0, 1, 5 and 6 are trusted from the start.

    Distances to the mean 0 1 2 3 9 in both; the step after the fourth place (alpha = 4) leaves row 4 (9) out. By motion
    rows 2, 3 (7, 8) are the least trustworthy, beyond the greatest step after the third place (beta = 3).
    """
    distance = np.array([0, 1, 2, 3, 9] * 2, np.float32)
    motion = np.array([0.9, 0.89, 0.2, 0.1, 0.88, 0.1, 0.11, 0.7, 0.8, 0.12], np.float32)
    labels = np.repeat([0, 1], 5)
    clusters = Clusters(labels, np.zeros((2, 1), np.float32))
    return Partition(distance[:, None], clusters, distance, motion, labels == 0)


def test_agreed_proposals_and_gamma() -> None:
    known = ten()
    settled = np.zeros(10, bool)
    settled[[0, 5]] = True
    probability = np.array([0.1, 0.9, 0.9, 0.2, 0.9, 0.9, 0.1, 0.9, 0.1, 0.1], np.float32)
    # Salient cluster, predicted salient and open: 1, 2, 4 at distances 1, 2, 9; 60 % of three is 1.8, so two: 1, 2.
    # Other cluster, predicted otherwise and open: 6, 8, 9 at 1, 3, 9: 6, 8.
    positive, negative = agreed(known, settled, probability, 0.6)
    assert np.flatnonzero(positive).tolist() == [1, 2]
    assert np.flatnonzero(negative).tolist() == [6, 8]


def test_gamma_of_all_and_of_none() -> None:
    known, open_ones = ten(), np.zeros(10, bool)
    positive, negative = agreed(known, open_ones, np.full(10, 0.9, np.float32), 1.0)
    assert np.flatnonzero(positive).tolist() == [0, 1, 2, 3, 4]
    assert not negative.any()
    positive, _ = agreed(known, open_ones, np.full(10, 0.9, np.float32), 0.0)
    assert not positive.any()


def test_three_iterations_grow_both_sets_and_update_the_classifier_each_time() -> None:
    sure = [0.9] * 5 + [0.1] * 5
    doubting = [0.9, 0.9, 0.9, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1]
    classifier = Scripted(doubting, sure, sure, sure)
    labels = mine(ten(), classifier, MiningRules())
    # Start: Pos 0 1, Neg 5 6. First: agreed 2 (of one, one); 7 8 9 -> 7 8. Then 3 4 -> 3 4 (60 % of two is 1.2: two),
    # and 9. Third: nothing is left.
    assert labels.growth == ((2, 2), (3, 4), (5, 5), (5, 5))
    assert labels.iteration.tolist() == [0, 0, 1, 2, 2, 0, 0, 1, 1, 2]
    assert labels.label.tolist() == [1] * 5 + [0] * 5
    assert [len(rows) for rows, _ in classifier.trained_on] == [4, 7, 10, 10]
    assert classifier.trained_on[0] == ([0, 1, 5, 6], [True, True, False, False])


def test_where_cluster_and_prediction_differ_a_proposal_stays_undecided() -> None:
    classifier = Scripted([0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9])
    labels = mine(ten(), classifier, MiningRules())
    assert labels.label.tolist() == [1, 1, -1, -1, -1, 0, 0, -1, -1, -1]
    assert labels.iteration.tolist() == [0, 0, -1, -1, -1, 0, 0, -1, -1, -1]


def test_the_scripts_growth_goes_by_the_prediction_alone() -> None:
    # Predicted salient: 0 1 7 8. Motion mean (.9 + .89 + .7 + .8) / 4 = .8225: 0 and 1 stay, both as far from their
    # mean (.5) as the mean square allows. Predicted otherwise: 2 3 4 5 6 9, motion mean .235: all but 4; features
    # 2 3 0 1 9, mean 3, squares 1 0 9 4 36, mean 10: all but 9.
    classifier = Scripted([0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.9, 0.9, 0.1])
    labels = mine(ten(), classifier, MiningRules(growth="predicted", rounds=1))
    assert labels.label.tolist() == [1, 1, 0, 0, -1, 0, 0, -1, -1, -1]


def test_without_a_background_no_classifier_is_trained() -> None:
    labels = np.zeros(4, np.int64)
    clusters = Clusters(labels, np.zeros((1, 1), np.float32))
    level = np.zeros(4, np.float32)
    one_cluster = Partition(level[:, None], clusters, level, level + 0.5, np.ones(4, bool))
    classifier = Scripted([0.0] * 4)
    labels = mine(one_cluster, classifier, MiningRules())
    assert labels.label.tolist() == [1, 1, 1, 1]
    assert labels.probability.tolist() == [0.5] * 4
    assert classifier.trained_on == []


def test_without_a_salient_cluster_nothing_is_salient() -> None:
    known = ten()
    nothing = Partition(known.features, known.clusters, known.distance, known.motion * 0, known.salient & False)
    classifier = Scripted([0.0] * 10)
    labels = mine(nothing, classifier, MiningRules())
    assert (labels.label != 1).all()
    assert classifier.trained_on == []


def test_no_rounds_is_the_trusted_start() -> None:
    classifier = Scripted([0.0] * 10)
    labels = mine(ten(), classifier, MiningRules(rounds=0))
    assert labels.growth == ((2, 2),)
    assert classifier.trained_on == []
