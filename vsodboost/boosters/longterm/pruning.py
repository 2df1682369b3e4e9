"""From what a detector proposes to what is mined: the ten best (paper 000, Sec. III-A), or the script's stages."""

from __future__ import annotations

import numpy as np

from vsodboost.data.types import Proposals
from vsodboost.ops.boxes import iou, non_maximum_suppression

MOST = 10
MOST_OF_FLOW = 3
SCRIPT_OVERLAP = 0.8
SCRIPT_LEAST = 4
SCRIPT_SHARE = 0.2


def best(proposals: Proposals, most: int = MOST) -> Proposals:
    """The ``most`` proposals of the highest scores, best first; of equal scores the earlier counts."""
    return _taken(proposals, np.argsort(-proposals.scores, kind="stable")[:most])


def staged(frame: Proposals, flow: Proposals) -> Proposals:
    """The released script's pruning of one frame: the ten best on the frame and the three best on its flow image.

    Fewer than four in all: none (the script skips the frame). Else boxes that overlap a better one by more than .8 go;
    then those that touch the best box go unless their score is over a fifth of its; where more than two are left the
    same is done with the second.
    """
    top, top_of_flow = best(frame, MOST), best(flow, MOST_OF_FLOW)
    together = Proposals(
        np.concatenate([top.boxes, top_of_flow.boxes]), np.concatenate([top.scores, top_of_flow.scores])
    )
    if len(together) < SCRIPT_LEAST:
        return _taken(together, np.zeros(0, np.int64))
    kept = non_maximum_suppression(together.boxes, together.scores, SCRIPT_OVERLAP)
    remaining = _beside(_taken(together, kept), 0)
    return _beside(remaining, 1) if len(remaining) > 2 else remaining


def _beside(proposals: Proposals, leader: int) -> Proposals:
    """Without those that overlap the ``leader``-th and score at most a fifth of it; better ones than it stay."""
    overlaps = iou(proposals.boxes[leader : leader + 1], proposals.boxes)[0]
    kept = (overlaps <= 0) | (proposals.scores > SCRIPT_SHARE * proposals.scores[leader])
    kept[: leader + 1] = True
    return _taken(proposals, np.flatnonzero(kept))


def _taken(proposals: Proposals, rows: np.ndarray) -> Proposals:
    return Proposals(proposals.boxes[rows], proposals.scores[rows])
