"""Keyframes: of each batch of B frames the one whose FS and motion saliency agree best (paper 000, Sec. IV-B)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from vsodboost.boosters.longterm.rules import TruthRule
from vsodboost.data.types import Maps, PerFrame
from vsodboost.ops.s_measure import s_measure


def agreement(saliency: Maps, motion: Maps, truth: TruthRule = "binary") -> PerFrame:
    """S-measure ``float32[T]`` in [0, 1] of FS against the motion saliency MS, both ``float32[T, h, w]`` in [0, 1].

    The measure wants a binary truth: ``binary`` takes MS > ½, and so does ``predictions`` of the map given in place of MS;
    ``brightest`` is what the released script amounts to, whose comparison with 1 leaves only the pixels at the very top
    of MS.
    """
    reference = motion >= 1 if truth == "brightest" else motion > 0.5
    return np.asarray(s_measure(torch.from_numpy(saliency), torch.from_numpy(reference)).clamp(0, 1).numpy())


def batch_winners(
    score: PerFrame,
    eligible: NDArray[np.bool_],
    shots: tuple[tuple[int, int], ...],
    length: int,
    *,
    keep_last: bool = True,
) -> NDArray[np.int64]:
    """Of each batch of ``length`` consecutive frames of a shot, the eligible one of the highest score; int64[<= T / B].

    Of equal scores the first counts; a batch without an eligible frame gives none. ``keep_last`` is False for the
    script's habit of dropping the batch that the end of a shot closes, a full one too.
    """
    winners = []
    for start, stop in shots:
        last = start + (stop - start - 1) // length * length
        for first in range(start, stop, length):
            if first == last and not keep_last:
                break
            frames = np.arange(first, min(first + length, stop))
            frames = frames[eligible[frames]]
            if len(frames):
                winners.append(int(frames[np.argmax(score[frames])]))
    return np.array(winners, np.int64)


def random_frames(
    eligible: NDArray[np.bool_], shots: tuple[tuple[int, int], ...], length: int, seed: int
) -> NDArray[np.int64]:
    """Of each batch an eligible frame at random: Table II's online learning without keyframe selection."""
    score = np.random.default_rng(seed).random(len(eligible)).astype(np.float32)
    return batch_winners(score, eligible, shots, length)


def otsu(saliency: NDArray[np.float32]) -> NDArray[np.float32]:
    """A map ``float32[h, w]`` in [0, 1] cut at Otsu's threshold (256 grey levels): 0 or 1; a constant map is empty."""
    levels = np.clip(np.rint(saliency * 255), 0, 255).astype(np.int64)
    counts = np.bincount(levels.ravel(), minlength=256).astype(np.float64)
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * np.arange(256))
    parted = (below > 0) & (above > 0)
    if not parted.any():
        return np.zeros_like(saliency)
    apart = sums / np.maximum(below, 1) - (sums[-1] - sums) / np.maximum(above, 1)
    variance = np.where(parted, below * above * apart**2, -1)
    return (levels > int(variance.argmax())).astype(np.float32)
