"""Consistency of two saliency maps: the S-measure, batched on tensors.

Motion quality is the S-measure of a motion saliency map against a reference, and the filter compares the maps of whole
windows of frames at once; ``vsodboost.metrics.s_measure`` computes the same figure for scoring, frame by frame.
"""

from __future__ import annotations

import torch
from torch import Tensor

EPSILON = 2.0**-52
"""Matlab's ``eps``, which the reference implementation adds to its denominators."""
ROUNDING = 1e-12
"""A sum of squared deviations below this share of the sum of squares is rounding noise: the quadrant is constant."""
CHUNK_PIXELS = 1 << 22
"""Pixels worked on at once; bounds the memory of the float64 copies to about 0.3 GB whatever N is."""


def s_measure(prediction: Tensor, truth: Tensor, *, soft: bool = False, alpha: float = 0.5) -> Tensor:
    """S-measure of each map against its truth (Fan et al., "Structure-measure", ICCV 2017, eq. 1).

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
    if prediction.ndim != 3 or prediction.shape != truth.shape:
        raise ValueError(f"need two [N, H, W] tensors of one shape, got {list(prediction.shape)}, {list(truth.shape)}")
    count, height, width = prediction.shape
    if count == 0 or height * width == 0:
        return prediction.new_zeros(count, dtype=torch.float32)
    step = max(1, CHUNK_PIXELS // (height * width))
    # The variances are differences of large sums; Apple's GPUs have no float64.
    exact = torch.float32 if prediction.device.type == "mps" else torch.float64
    with torch.no_grad():
        parts = []
        for start in range(0, count, step):
            reference = truth[start : start + step].to(prediction.device)
            weights = reference.to(exact) if soft else (reference > 0.5).to(exact)
            parts.append(_s_measure(prediction[start : start + step].to(exact), weights, alpha))
        return torch.cat(parts).to(torch.float32)


def _s_measure(x: Tensor, g: Tensor, alpha: float) -> Tensor:
    foreground = g.mean(dim=(1, 2))
    score = (alpha * _object_term(x, g, foreground) + (1 - alpha) * _region_term(x, g)).clamp(min=0)
    mean = x.mean(dim=(1, 2))
    score = torch.where(foreground == 0, 1 - mean, score)
    return torch.where(foreground == 1, mean, score)


def _object_term(x: Tensor, g: Tensor, foreground: Tensor) -> Tensor:
    """Eq. 3 to 5 in the released form: 2m / (m² + 1 + s), over the foreground and, inverted, over the background."""
    return foreground * _likeness(x, g) + (1 - foreground) * _likeness(1 - x, 1 - g)


def _likeness(x: Tensor, weights: Tensor) -> Tensor:
    total = weights.sum(dim=(1, 2))
    weighted = x * weights
    mean = weighted.sum(dim=(1, 2)) / total.clamp(min=EPSILON)
    squares = (weighted * x).sum(dim=(1, 2))
    deviation = _without_rounding(squares - total * mean**2, squares)
    std = torch.where(total > 1, (deviation / (total - 1).clamp(min=EPSILON)).sqrt(), torch.zeros_like(mean))
    return 2 * mean / (mean**2 + 1 + std + EPSILON)


def _region_term(x: Tensor, g: Tensor) -> Tensor:
    """Eq. 6 to 8: the SSIM-like score of the four quadrants around the truth's centroid, weighted by their area."""
    height, width = g.shape[1:]
    rows, columns = (torch.arange(n, dtype=g.dtype, device=g.device) for n in (height, width))
    total = g.sum(dim=(1, 2)).clamp(min=EPSILON)
    # Matlab counts from 1 and its ranges include the end: the centroid's own row and column go to the first part.
    split_row = ((g.sum(dim=2) @ rows) / total).round() + 1
    split_column = ((g.sum(dim=1) @ columns) / total).round() + 1
    above = (rows < split_row[:, None]).to(g.dtype)
    left = (columns < split_column[:, None]).to(g.dtype)
    vertical = torch.stack([above, 1 - above], dim=1)  # [N, 2, H]
    horizontal = torch.stack([left, 1 - left], dim=2)  # [N, W, 2]
    pixels = vertical.sum(dim=2)[:, :, None] * horizontal.sum(dim=1)[:, None, :]  # [N, 2, 2]
    n = pixels.clamp(min=1)

    def quadrants(values: Tensor) -> Tensor:
        return vertical @ values @ horizontal

    xx, gg = quadrants(x * x), quadrants(g * g)
    mx, mg = quadrants(x) / n, quadrants(g) / n
    freedom = n - 1 + EPSILON
    var_x = _without_rounding(xx - n * mx**2, xx) / freedom
    var_g = _without_rounding(gg - n * mg**2, gg) / freedom
    covariance = (quadrants(x * g) - n * mx * mg) / freedom
    covariance = torch.where((var_x == 0) | (var_g == 0), torch.zeros_like(covariance), covariance)
    above_line = 4 * mx * mg * covariance
    below_line = (mx**2 + mg**2) * (var_x + var_g)
    score = above_line / (below_line + EPSILON)
    score = torch.where((above_line == 0) & (below_line == 0), torch.ones_like(score), score)
    return (score * pixels / (height * width)).sum(dim=(1, 2))


def _without_rounding(deviation: Tensor, squares: Tensor) -> Tensor:
    return torch.where(deviation <= ROUNDING * squares, torch.zeros_like(deviation), deviation)
