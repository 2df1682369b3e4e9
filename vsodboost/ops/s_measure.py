"""S-measure (Fan et al., "Structure-measure: A New Way to Evaluate Foreground Maps", ICCV 2017), the one formula.

``structure`` works on NumPy arrays and on torch tensors alike. ``s_measure`` is its form for batches of tensors: motion
quality is the S-measure of a motion saliency map against a reference, and the filter compares the maps of whole windows
of frames at once. ``vsodboost.metrics.s_measure`` is its form for scoring, a frame at a time and without torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

EPSILON = 2.0**-52
"""Matlab's ``eps``, which the reference implementation adds to its denominators."""
ROUNDING = 1e-12
"""A sum of squared deviations below this share of the sum of squares is rounding noise: the quadrant is constant."""
CHUNK_PIXELS = 1 << 22
"""Pixels worked on at once; bounds the memory of the float64 copies to about 0.3 GB whatever N is."""


def s_measure(prediction: Tensor, truth: Tensor, *, soft: bool = False, alpha: float = 0.5) -> Tensor:
    """S-measure of each map against its truth (eq. 1).

    Args:
        prediction: ``float[N, H, W]`` in [0, 1], taken as it is (no min-max).
        truth: ``float[N, H, W]`` in [0, 1] (or bool), binarised with ``> .5`` unless ``soft``.
        soft: keep the truth's grey values: object terms become weighted means, the rest of the formulas stands. For a
            binary truth the two agree. (LIMVSOD's script selects the pixels that are exactly 1 instead: binarise with
            ``truth >= 1`` to have that.)
        alpha: weight of the object term, .5 in the paper.

    Returns:
        ``float32[N]`` in [0, 1] on the device of ``prediction``. An empty truth scores ``1 - mean(prediction)``, a full
        one ``mean(prediction)``. A quadrant without pixels weighs nothing, and one in which both maps are constant
        scores 1.

    Raises:
        ValueError: the two are not of one shape [N, H, W].
    """
    import torch  # here: scoring does without

    if prediction.ndim != 3 or prediction.shape != truth.shape:
        raise ValueError(f"need two [N, H, W] tensors of one shape, got {list(prediction.shape)}, {list(truth.shape)}")
    count, height, width = prediction.shape
    if count == 0 or height * width == 0:
        return prediction.new_zeros(count, dtype=torch.float32)
    step = max(1, CHUNK_PIXELS // (height * width))
    exact = torch.float32 if prediction.device.type == "mps" else torch.float64  # Apple's GPUs have no float64
    with torch.no_grad():
        parts = []
        for start in range(0, count, step):
            reference = truth[start : start + step].to(prediction.device)
            weights = reference.to(exact) if soft else (reference > 0.5).to(exact)
            parts.append(structure(torch, prediction[start : start + step].to(exact), weights, alpha))
        scores: Tensor = torch.cat(parts).to(torch.float32)
        return scores


def structure(xp: Any, x: Any, g: Any, alpha: float = 0.5) -> Any:
    """Eq. 1 as the authors' Matlab code has it: ``alpha`` object-aware plus ``1 - alpha`` region-aware similarity.

    Args:
        xp: ``numpy`` or ``torch``, whichever the arrays are of.
        x: maps, floats ``[N, H, W]`` in [0, 1].
        g: truth of the same type, 0 and 1, or grey values as weights.
        alpha: .5 in the paper.

    Returns:
        Scores ``[N]`` in [0, 1].
    """
    # One pass: everything follows from these sums over the quadrants around the truth's centroid.
    vertical = halves(xp, g.sum(axis=2))  # [N, 2, H]
    horizontal = halves(xp, g.sum(axis=1)).swapaxes(1, 2)  # [N, W, 2]
    pixels = vertical.sum(axis=2)[:, :, None] * horizontal.sum(axis=1)[:, None, :]  # [N, 2, 2]
    product, square = x * g, x * x
    sums = [_quadrants(values, vertical, horizontal) for values in (x, g, square, product, g * g)]
    product *= x
    return score_of_sums(xp, pixels, sums, product.sum(axis=(1, 2)), alpha)


def score_of_sums(xp: Any, pixels: Any, sums: Sequence[Any], all_xxg: Any, alpha: float = 0.5) -> Any:
    """Return the scores ``[N]`` of maps x and truths g of which only sums are known.

    Args:
        xp: ``numpy`` or ``torch``, whichever the arrays are of.
        pixels: of each quadrant around the truth's centroid (``halves``), ``[N, 2, 2]``.
        sums: of x, g, x², xg and g² over each quadrant, ``[N, 2, 2]`` each.
        all_xxg: sums of x²g over all, ``[N]``.
        alpha: .5 in the paper.
    """
    total = pixels.sum(axis=(1, 2))
    all_x, all_g, all_xx, all_xg = (part.sum(axis=(1, 2)) for part in sums[:4])
    foreground = all_g / total
    inside = _likeness(xp, all_g, all_xg, all_xxg)
    outside = _likeness(
        xp, total - all_g, total - all_x - all_g + all_xg, total - 2 * all_x + all_xx - all_g + 2 * all_xg - all_xxg
    )
    objects = foreground * inside + (1 - foreground) * outside
    region = (_similarity(xp, pixels, *sums) * pixels).sum(axis=(1, 2)) / total  # eq. 6
    score = (alpha * objects + (1 - alpha) * region).clip(min=0)
    score = xp.where(all_g == 0, 1 - all_x / total, score)
    return xp.where(all_g == total, all_x / total, score)


def _likeness(xp: Any, count: Any, total: Any, squares: Any) -> Any:
    """2m / (m² + 1 + s), the released form of eq. 4, whose s has Matlab's n - 1: of ``count`` values with that sum and
    sum of squares."""
    mean = total / count.clip(min=EPSILON)
    deviation = _without_rounding(xp, squares - count * mean**2, squares)
    spread = xp.where(count > 1, xp.sqrt(deviation / (count - 1).clip(min=EPSILON)), xp.zeros_like(mean))
    return 2 * mean / (mean**2 + 1 + spread + EPSILON)


def _similarity(xp: Any, pixels: Any, x: Any, g: Any, xx: Any, xg: Any, gg: Any) -> Any:
    """Eq. 7 and 8: the SSIM-like score of quadrants of ``pixels`` pixels with these sums."""
    n = pixels.clip(min=1)
    mx, mg, freedom = x / n, g / n, n - 1 + EPSILON
    var_x = _without_rounding(xp, xx - n * mx**2, xx) / freedom
    var_g = _without_rounding(xp, gg - n * mg**2, gg) / freedom
    covariance = (xg - n * mx * mg) / freedom
    covariance = xp.where((var_x == 0) | (var_g == 0), xp.zeros_like(covariance), covariance)
    above = 4 * mx * mg * covariance
    below = (mx**2 + mg**2) * (var_x + var_g)
    return xp.where((above == 0) & (below == 0), xp.ones_like(above), above / (below + EPSILON))


def _quadrants(values: Any, vertical: Any, horizontal: Any) -> Any:
    """Sums ``[N, 2, 2]`` of ``values`` over the quadrants; for so few rows BLAS takes ten times as long as sums."""
    if not isinstance(values, np.ndarray):
        return vertical @ values @ horizontal
    sums = np.empty((len(values), 2, 2), values.dtype)
    for out, image, rows, columns in zip(sums, values, vertical, horizontal, strict=True):
        row, column = int(rows[0].sum()), int(columns[:, 0].sum())
        for half, part in zip(out, (image[:row].sum(axis=0), image[row:].sum(axis=0)), strict=True):
            half[:] = part[:column].sum(), part[column:].sum()
    return sums


def halves(xp: Any, counts: Any) -> Any:
    """Which of the places belong to the part before the centroid and which to the other, 0 and 1, ``[N, 2, L]`` from
    the foreground ``[N, L]`` at each place."""
    ones = xp.ones_like(counts)
    places = xp.cumsum(ones, 1) - 1
    centre = (counts * places).sum(axis=1) / counts.sum(axis=1).clip(min=EPSILON)
    # Matlab counts from 1 and its ranges include the end: the centroid's own row and column go to the first part.
    first = xp.where(places < xp.round(centre)[:, None] + 1, ones, xp.zeros_like(ones))
    return xp.stack([first, 1 - first], 1)


def _without_rounding(xp: Any, deviation: Any, squares: Any) -> Any:
    return xp.where(deviation <= ROUNDING * squares, xp.zeros_like(deviation), deviation)
