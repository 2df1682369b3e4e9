"""Warping, correlation and channel norm in plain PyTorch, shared by every flow network.

The published networks bring these as CUDA kernels of their own; here they run on any device and have gradients.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Border = Literal["zeros", "edge"]


def sampling_grid(flow: Tensor) -> Tensor:
    """Where each pixel looks: ``float[N, H, W, 2]`` px (x, y) of ``flow float[N, 2, H, W]`` px (dx, dy)."""
    height, width = flow.shape[-2:]
    rows = torch.arange(height, device=flow.device, dtype=flow.dtype)
    columns = torch.arange(width, device=flow.device, dtype=flow.dtype)
    return torch.stack((flow[:, 0] + columns, flow[:, 1] + rows[:, None]), dim=-1)


def warp(image: Tensor, flow: Tensor, border: Border = "zeros") -> Tensor:
    """``image`` as seen along ``flow``: bilinear samples at x + flow(x).

    Args:
        image: ``float[N, C, H, W]``.
        flow: ``float[N, 2, H, W]`` in px of that size, (dx, dy).
        border: "zeros": the picture is zero outside (the half pixel around it fades); "edge": its edge goes on forever,
            which is FlowNet2's index clamping.

    Returns:
        ``float[N, C, H, W]``.
    """
    height, width = image.shape[-2:]
    # Pixel centres at (2x + 1)/W - 1: the same samples as align_corners=True gives, and defined for a side of 1 px too.
    size = torch.tensor((width, height), device=flow.device, dtype=flow.dtype)
    grid = (2 * sampling_grid(flow) + 1) / size - 1
    mode = "border" if border == "edge" else "zeros"
    return F.grid_sample(image, grid, mode="bilinear", padding_mode=mode, align_corners=False)


def inside(flow: Tensor, least: float = 0.9999) -> Tensor:
    """1 where x + flow(x) lies within the picture, else 0: ``float[N, 1, H, W]`` of ``flow float[N, 2, H, W]`` px.

    A sample counts when at least ``least`` of its bilinear weight falls on pixels (PWC-Net's mask). No gradient.
    """
    height, width = flow.shape[-2:]
    limit = torch.tensor((width - 1, height - 1), device=flow.device, dtype=flow.dtype)
    position = sampling_grid(flow.detach())
    outside = torch.maximum(-position, position - limit).clamp(0, 1)
    weight = (1 - outside).prod(dim=-1)
    return (weight >= least).to(flow.dtype)[:, None]


def correlation(first: Tensor, second: Tensor, radius: int, *, step: int = 1, stride: int = 1) -> Tensor:
    """Cost volume: mean over channels of first(x) · second(x + d), zero where x + d lies outside.

    Args:
        first: ``float[N, C, H, W]``.
        second: the same shape.
        radius: displacements d run over ``step`` times -radius … radius in both directions.
        step: px between displacements.
        stride: px between the positions x that are evaluated.

    Returns:
        ``float[N, (2·radius + 1)², ceil(H/stride), ceil(W/stride)]``; dy is the outer, dx the inner loop over channels.
    """
    height, width = first.shape[-2:]
    reach = radius * step
    anchors = first[..., ::stride, ::stride]
    padded = F.pad(second, (reach, reach, reach, reach))
    costs = []
    for dy in range(0, 2 * reach + 1, step):
        rows = padded[..., dy : dy + height : stride, :]
        for dx in range(0, 2 * reach + 1, step):
            costs.append((anchors * rows[..., dx : dx + width : stride]).mean(dim=1))
    return torch.stack(costs, dim=1)


def channel_norm(values: Tensor) -> Tensor:
    """Euclidean length over channels, ``float[N, 1, H, W]`` of ``float[N, C, H, W]``; its gradient at zero is zero."""
    norm: Tensor = torch.linalg.vector_norm(values, dim=1, keepdim=True)
    return norm


def resized(values: Tensor, size: tuple[int, int]) -> Tensor:
    """``float[N, C, h, w]`` at ``size`` (H, W), bilinear between pixel centres."""
    if tuple(values.shape[-2:]) == size:
        return values
    return F.interpolate(values, size, mode="bilinear", align_corners=False)
