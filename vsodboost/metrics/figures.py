"""The figures of a block of frames, and of the sequence that its blocks make up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError
from vsodboost.io.proportions import check_proportions
from vsodboost.metrics.boundary_f import boundary_f
from vsodboost.metrics.curves import Counts, CurveMean, threshold_counts
from vsodboost.metrics.e_measure import e_of
from vsodboost.metrics.f_measure import f_of
from vsodboost.metrics.frame_pair import stretched
from vsodboost.metrics.grey_files import Readings, TruthMask, read_map
from vsodboost.metrics.jaccard import jaccard
from vsodboost.metrics.levels import Levels
from vsodboost.metrics.mae import mae
from vsodboost.metrics.precision_recall import precision_recall_of
from vsodboost.metrics.protocols import Protocol
from vsodboost.metrics.s_measure import s_measure
from vsodboost.metrics.sequences import Pair
from vsodboost.metrics.truth import truth_mask
from vsodboost.metrics.weighted_f import weighted_f


@dataclass(frozen=True)
class Figure:
    """One column of a report."""

    key: str
    meaning: str
    higher_is_better: bool = True


FIGURES = (
    Figure("maxF", "F-measure (beta² = .3), maximum of the mean curve over 256 thresholds"),
    Figure("meanF", "F-measure, mean of that curve"),
    Figure("adpF", "F-measure at twice each map's mean"),
    Figure("S", "S-measure (alpha = .5)"),
    Figure("maxE", "E-measure, maximum of the mean curve"),
    Figure("meanE", "E-measure, mean of that curve"),
    Figure("adpE", "E-measure at twice each map's mean"),
    Figure("wF", "weighted F-measure"),
    Figure("MAE", "mean absolute error", higher_is_better=False),
    Figure("J", "region similarity (IoU) at .5"),
    Figure("F", "contour accuracy at .5, within .8 % of the diagonal"),
    Figure("J&F", "mean of J and F"),
)
Figures = Mapping[str, float]
"""A value for the key of every one of FIGURES."""


class BlockScore:
    """Sums over scored frames, from which figures follow; blocks of one sequence are merged in order."""

    def __init__(self) -> None:
        self.f = CurveMean()
        self.e = CurveMean()
        self.precision = CurveMean()
        self.recall = CurveMean()
        self.empty_truths = 0
        """Frames in whose truth nothing is salient."""
        self.flat_maps = 0
        """Frames whose map has one value throughout."""
        self._sums = dict.fromkeys(("S", "wF", "MAE", "J", "F"), 0.0)

    @property
    def frames(self) -> int:
        """Number of frames seen."""
        return self.f.count

    def add(self, pair: Pair, protocol: Protocol, readings: Readings | None = None) -> None:
        """Read and score one frame, as the other files of its sequence are read.

        Raises:
            InputError: one of its files cannot be read, or one is upright and the other is not.
        """
        truth = truth_mask(pair.truth, None if readings is None else readings.truth)
        saliency = read_map(pair.prediction, None if readings is None else readings.maps)
        height, width = truth.mask.shape
        check_proportions((saliency.shape[0], saliency.shape[1]), (height, width), f"the map {pair.prediction}")
        self.empty_truths += not truth.mask.any()
        self.flat_maps += bool(saliency.min() == saliency.max())
        if truth.void is not None and truth.void.all():
            raise InputError("a truth mask is void everywhere, so there is nothing to score; leave the frame out")
        if saliency.dtype == np.uint8:
            self._score_levels(protocol.resized(saliency, (height, width)), truth, protocol)
        else:
            self._score(*protocol.prepared(saliency, (height, width)), truth)

    def _score_levels(self, saliency: NDArray[np.uint8], truth: TruthMask, protocol: Protocol) -> None:
        """As ``_score``, which takes several times as long."""
        levels = Levels(saliency, truth.mask, truth.void, stretch_masks=protocol.stretch_masks)
        self._add_curves(levels.counts)
        self._sums["S"] += levels.s_measure
        self._sums["wF"] += levels.weighted_f
        self._sums["MAE"] += levels.mae
        self._sums["J"] += levels.jaccard
        self._sums["F"] += levels.boundary_f

    def _score(self, grey: NDArray[np.float64], written: NDArray[np.float64], truth: TruthMask) -> None:
        """Pixels of void are left out where a figure asks each pixel alone; where it looks at regions and contours,
        they are background of both (``davis2017-evaluation`` does the same)."""
        mask, void = truth.mask, truth.void
        one, one_written, one_mask = grey, written, mask
        if void is not None:
            same = written is grey
            grey = stretched(np.where(void, grey[~void].min(), grey))  # by what is scored
            written = np.where(void, 0, grey if same else written)
            one, one_written, one_mask = grey[~void][None], written[~void][None], mask[~void][None]
        self._add_curves(threshold_counts(one, one_mask))
        self._sums["S"] += s_measure(grey, mask)
        self._sums["wF"] += weighted_f(grey, mask)
        self._sums["MAE"] += mae(one, one_mask)
        self._sums["J"] += jaccard(one_written, one_mask)
        self._sums["F"] += boundary_f(written, mask)

    def _add_curves(self, counts: Counts) -> None:
        precision, recall = precision_recall_of(counts)
        self.f.add(f_of(counts))
        self.e.add(e_of(counts))
        self.precision.add(precision)
        self.recall.add(recall)

    def merge(self, other: BlockScore) -> None:
        """Take in every frame another block has seen."""
        self.f.merge(other.f)
        self.e.merge(other.e)
        self.precision.merge(other.precision)
        self.recall.merge(other.recall)
        self.empty_truths += other.empty_truths
        self.flat_maps += other.flat_maps
        for key, value in other._sums.items():
            self._sums[key] += value

    def figures(self) -> dict[str, float]:
        """Every figure of the frames seen."""
        means = {key: value / self.frames for key, value in self._sums.items()}
        values = {
            "maxF": self.f.max,
            "meanF": self.f.mean,
            "adpF": self.f.adaptive,
            "maxE": self.e.max,
            "meanE": self.e.mean,
            "adpE": self.e.adaptive,
            "J&F": (means["J"] + means["F"]) / 2,
            **means,
        }
        return {figure.key: values[figure.key] for figure in FIGURES}


def score_block(pairs: Iterable[Pair], protocol: Protocol, readings: Readings | None = None) -> BlockScore:
    """Score frames one after another; one frame is in memory at a time. ``readings`` are those of their sequence.

    Raises:
        InputError: a file cannot be read.
    """
    block = BlockScore()
    for pair in pairs:
        block.add(pair, protocol, readings)
    return block
