"""A convolutional GRU cell (Ballas et al. 2016) that resets the state before the convolution, as RCRNet's code does."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConvGRUCell(nn.Module):
    """h' = (1 - z) tanh(out([x, r h])) + z h, with gates z and r from [x, h]; 3x3 convolutions with bias."""

    def __init__(self, channels: int, hidden: int, kernel: int = 3) -> None:
        super().__init__()
        for gate in ("reset_gate", "update_gate", "output_gate"):
            layer = nn.Conv2d(channels + hidden, hidden, kernel, padding=kernel // 2)
            nn.init.orthogonal_(layer.weight)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
            self.add_module(gate, layer)

    def forward(self, x: Tensor, state: Tensor) -> Tensor:
        """Input [N, channels, h, w] and state [N, hidden, h, w] -> the next state."""
        both = torch.cat([x, state], dim=1)
        update = torch.sigmoid(self.get_submodule("update_gate")(both))
        reset = torch.sigmoid(self.get_submodule("reset_gate")(both))
        new = torch.tanh(self.get_submodule("output_gate")(torch.cat([x, reset * state], dim=1)))
        return (1 - update) * new + update * state
