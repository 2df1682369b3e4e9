"""Networks with random weights that give varied maps, and official-looking files of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def images(seed: int, *shape: int) -> Tensor:
    """Normal noise of a shape, the same for the same seed."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def settled(network: nn.Module, gain: float = 1.2) -> nn.Module:
    """``network`` with random weights everywhere, also in its batch statistics, in eval mode."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if name.endswith("gaussian_kernel") or not value.is_floating_point():
                continue
            if value.dim() > 1:
                value.copy_(torch.randn(value.shape, generator=generator) * gain / value[0].numel() ** 0.5)
            elif name.endswith(("running_var", "weight")):
                value.copy_(torch.rand(value.shape, generator=generator) * 0.4 + 0.8)
            else:
                value.copy_(torch.randn(value.shape, generator=generator) * 0.05)
    return network.eval()
