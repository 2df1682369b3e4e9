"""From the pool to what is salient."""

from __future__ import annotations

import numpy as np

from vsodboost.boosters.longterm.mining import MinedProposals, learn_about
from vsodboost.boosters.longterm.proposals import ProposalPool
from vsodboost.boosters.longterm.settings import LongtermSettings


def test_what_moves_is_salient_after_three_rounds(mined: MinedProposals) -> None:
    assert mined.salient.tolist() == [0]
    salient = mined.labels.label == 1
    moving = np.arange(len(mined.pool)) % 2 == 0
    assert (moving[salient]).all()
    assert salient.sum() >= 18
    assert not (mined.labels.label[~moving] == 1).any()
    assert len(mined.labels.growth) == 4
    assert (mined.labels.probability[moving] > 0.5).all()


def test_without_classifier_only_the_trusted_are_salient(pool: ProposalPool) -> None:
    found = learn_about(pool, LongtermSettings(clusters=2, classifier="none"))
    assert len(found.labels.growth) == 1
    assert set(found.labels.iteration.tolist()) <= {0, -1}
