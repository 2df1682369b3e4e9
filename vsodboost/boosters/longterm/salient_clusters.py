"""Which clusters are salient: Eq. 2 to 4 of paper 000, and the released script's rule."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.rules import SalientRule

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
