"""Non-local block over space and time (Wang et al., CVPR 2018), dot-product form without softmax."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class NonLocalBlock3d(nn.Module):
    """z = W y + x with y_i = 1/P sum_j (theta_i . phi_j) g_j over all P = T*h*w positions.

    Without a softmax the sum is a product of three matrices, and (phi g) is taken first: memory grows with P, not P^2.
    """

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.g = nn.Conv3d(channels, inner, 1)
        self.theta = nn.Conv3d(channels, inner, 1)
        self.phi = nn.Conv3d(channels, inner, 1)
        self.W = nn.Conv3d(inner, channels, 1)
        nn.init.zeros_(self.W.weight)  # the block starts as the identity, so it can join a pretrained network
        nn.init.zeros_(self.W.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, T, h, w] -> the same shape."""
        g, theta, phi = (layer(x).flatten(2) for layer in (self.g, self.theta, self.phi))
        summary = torch.bmm(phi / g.shape[-1], g.transpose(1, 2))  # [N, inner, inner]
        y = torch.bmm(summary.transpose(1, 2), theta)
        return self.W(y.reshape(y.shape[0], -1, *x.shape[2:])) + x  # type: ignore[no-any-return]
