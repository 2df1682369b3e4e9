"""Low-level saliency, and how far the two maps it is made of disagree (Li et al., plug-and-play, 2021, Sec. IV-D and
V-A).

Li et al., "A Plug-and-Play Scheme to Adapt Image Saliency Deep Model for Video Data", IEEE TCSVT 2021.
"""

from __future__ import annotations

import numpy as np

from vsodboost.data.types import Maps, PerFrame

HARD_THRESHOLD = 0.1
"""T of Eq. 7: smaller values become 0."""
SMALL = 0.001
"""C of Eq. 7: against division by zero."""


def low_level_saliency(motion: Maps, colour: Maps) -> Maps:
    """Eq. 6: motion saliency times colour saliency, pixel by pixel; all ``float32[T, h, w]`` in [0, 1]."""
    return (motion * colour).astype(np.float32)


def hard_threshold(maps: Maps) -> Maps:
    """T of Eq. 7: ``maps`` with what is below .1 set to 0."""
    return np.where(maps < HARD_THRESHOLD, np.float32(0), maps)


def non_overlap(motion: Maps, colour: Maps) -> PerFrame:
    """Eq. 7: the non-overlapping ratio NR of motion and colour saliency ``float32[T, h, w]``, ``float32[T]`` in [0, 1].

    0 where both agree, near 1 where they have nothing in common. The sum over pixels is divided by the number of those
    that the two call salient together (the size-invariant factor). Two empty maps, which the paper leaves undefined,
    have a ratio of 1: there is nothing to learn from.
    """
    m, c = hard_threshold(motion), hard_threshold(colour)
    apart = (np.abs(m - c) / (m + c + SMALL)).sum(axis=(1, 2), dtype=np.float64)
    salient = np.count_nonzero(hard_threshold(motion + colour), axis=(1, 2))
    return np.where(salient == 0, 1.0, apart / np.maximum(salient, 1)).astype(np.float32)
