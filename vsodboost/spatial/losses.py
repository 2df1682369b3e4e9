"""Losses of the light networks."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def structure_loss(logits: Tensor, truth: Tensor, weight: Tensor | None = None) -> Tensor:
    """Edge-weighted BCE plus edge-weighted IoU (Wei et al., "F3Net", AAAI 2020, Eq. 7-10), a mean over the batch.

    ``logits`` and ``truth`` are ``[N, 1, h, w]`` (truth in [0, 1]); ``weight`` is ``[N]`` or ``[N, 1, h, w]``, >= 0.
    """
    edges = 1 + 5 * (_surroundings(truth) - truth).abs()
    per_frame = weight if weight is not None and weight.ndim == 1 else None
    if weight is not None and weight.ndim == 4:
        edges = edges * weight
    bce = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    area = edges.sum((1, 2, 3)).clamp(min=1e-6)
    bce = (edges * bce).sum((1, 2, 3)) / area
    probability = torch.sigmoid(logits)
    shared = (edges * probability * truth).sum((1, 2, 3))
    either = (edges * (probability + truth)).sum((1, 2, 3)) - shared
    losses = bce + 1 - (shared + 1) / (either + 1)
    if per_frame is None:
        return losses.mean()
    return (losses * per_frame).sum() / per_frame.sum().clamp(min=1e-6)


def euclidean_loss(maps: Tensor, truth: Tensor) -> Tensor:
    """Squared distance summed over pixels, halved, the mean over the N frames of a batch (Li et al., plug-and-play,
    2021, Eq. 8).

    ``maps`` and ``truth`` are ``[N, 1, h, w]`` in [0, 1].
    """
    return (maps - truth).square().sum() / (2 * len(maps))


def _surroundings(truth: Tensor) -> Tensor:
    """Mean of about 31 x 31 px around each pixel, at a quarter of the size: the exact one costs a third of a step."""
    coarse = F.avg_pool2d(truth, 4, ceil_mode=True, count_include_pad=False)
    coarse = F.avg_pool2d(coarse, 7, stride=1, padding=3, count_include_pad=False)
    return F.interpolate(coarse, size=truth.shape[-2:], mode="bilinear", align_corners=False)
